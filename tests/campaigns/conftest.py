"""What the tests of campaigns share: sending for real, to a mail server on loopback."""

from __future__ import annotations

import pytest

from sets.mailing.sending import Sender


@pytest.fixture
def drain(app, mail):
    """Send to the mail server what is due, as a worker does."""
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=mail.port, MAIL_USE_TLS=False)
    sender = Sender(app, "one/1")
    yield sender.drain
    if sender._transport:
        sender._transport.close()
