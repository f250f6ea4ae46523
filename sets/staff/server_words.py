"""What a mail server's refusal means, in plain words: by its enhanced status code (RFC 3463), else by its answer's."""

from __future__ import annotations

import re

from flask_babel import gettext as _

_ENHANCED = re.compile(r"\b[45]\.(\d{1,3})\.(\d{1,3})\b")


def server_words(code: int | None, text: str | None) -> str:
    """Return what the server's answer means for whoever reads a list; empty when it says nothing known."""
    found = _ENHANCED.search(text or "")
    subject, detail = (int(found[1]), int(found[2])) if found else (0, 0)
    if subject == 7:
        return _("The receiver’s server takes it for unwanted mail, or does not trust ours.")
    if (subject, detail) in ((1, 2), (4, 1), (4, 4)):
        return _("What stands after the “@” takes no mail. Check the address.")
    if subject == 1 or (not subject and code in (550, 551, 553)):
        return _("There is no such address, says its server. Check it.")
    if (subject, detail) == (2, 2) or (not subject and code in (452, 552)):
        return _("The mailbox is full.")
    if (subject, detail) == (2, 1):
        return _("The mailbox is closed.")
    if (subject, detail) in ((2, 3), (3, 4)):
        return _("The message is too large for this mailbox.")
    if code in (421, 450, 451, 454):
        return _("The receiver’s server is busy, or asks for another try later.")
    return ""
