"""Fixtures of journeys: a mail server, and a site with its worker whose mails it receives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import LiveSite, running_site
from tests.journeys.walking import ORGANISER, add_account
from tests.mailserver import MailServer, mail_server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A real SMTP server, for a whole module."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def site(mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A site with its examples and an organiser, whose worker speaks to the mail server; one for each module."""
    settings = {
        "SETS_MAIL_SERVER": mail.host,
        "SETS_MAIL_PORT": str(mail.port),
        "SETS_MAIL_USE_TLS": "false",
    }
    with running_site(tmp_path_factory.mktemp("journey"), settings) as running:
        add_account(running, ORGANISER, name="Claire Morel")
        yield running
