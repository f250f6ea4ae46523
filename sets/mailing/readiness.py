"""Can we send? The mail server, the sender's domain and the way back, looked at once, in words. Stores nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parseaddr

from flask import Flask
from flask_babel import gettext as _

from ..database import db
from . import bounces, lookups
from .domain_checks import ADVICE, FINE, MISSING, UNKNOWN, Finding, Sender, check_domain
from .letterhead import sender as site_sender
from .lookups import Ask, CannotTell
from .mime import AddressRefused, wire_address
from .transport import look, mode

# Seconds for the mail server, and for everything.
SERVER_LIMIT, LIMIT = 4.0, 10.0
# Names that mean something on this machine only (RFC 2606, 6762).
_LOCAL = ("localhost", "local", "test", "invalid", "example", "internal")


def check(app: Flask, selector: str = "", ask: Ask | None = None) -> list[Finding]:
    """Look at everything that decides whether mails arrive; takes ten seconds at most. No mail is sent.

    `selector` names the DKIM key below the sender's own domain. `ask` answers in place of the DNS.
    """
    until = time.monotonic() + LIMIT
    sender, way_back = _sender(app), _way_back()
    # Nobody waits for a database connection while others are asked.
    db.session.rollback()
    server = _server(app)
    public = "." in sender.domain and sender.domain.rpartition(".")[2] not in _LOCAL
    asked = (ask or lookups.resolver(until)) if public else _nobody
    return [server, *check_domain(sender, asked, selector), way_back]


def sender_address(app: Flask) -> str:
    """Return the address that every mail comes from."""
    return _sender(app).address


def _sender(app: Flask) -> Sender:
    address = parseaddr(site_sender())[1]
    try:
        address = wire_address(address)
    except AddressRefused:
        address = ""
    return Sender(address, address.rpartition("@")[2].lower(), app.config["MAIL_SERVER"])


def _nobody(name: str, _kind: str) -> list[str]:
    raise CannotTell(name)


def _server(app: Flask) -> Finding:
    topic = _("The mail server")
    if mode(app) != "smtp":
        return Finding(
            topic,
            MISSING,
            _("No mail server is set."),
            _("The operator sets SETS_MAIL_SERVER and restarts the site."),
        )
    seen, config = look(app, SERVER_LIMIT), app.config
    place = f"{config['MAIL_SERVER']}:{config['MAIL_PORT']}"
    if seen.stage != "ready":
        level, says, todo = _TROUBLES[seen.stage]()
        said = " ".join(filter(None, (str(seen.code or ""), seen.text)))
        words = says % {"place": place} + (f" ({said})" if said else "")
        return Finding(topic, level, words, todo)
    parts = [_("%(place)s answers.", place=place)]
    parts.append(_("The connection is encrypted, its certificate was verified.") if seen.is_encrypted else "")
    parts.append(_("The account was accepted.") if seen.is_signed_in else "")
    if not seen.is_encrypted:
        return Finding(
            topic,
            ADVICE,
            " ".join(filter(None, [*parts, _("The connection is not encrypted.")])),
            _("Fine on this machine itself; anywhere else the operator sets SETS_MAIL_USE_TLS."),
        )
    return Finding(topic, FINE, " ".join(filter(None, parts)))


def _way_back() -> Finding:
    topic = _("Messages that come back")
    if not bounces.is_configured():
        return Finding(
            topic,
            ADVICE,
            _("The site does not read the mailbox to which messages come back: somebody has to."),
            _("The operator can set SETS_BOUNCE_IMAP_SERVER."),
        )
    visit = bounces.last_visit()
    if visit is None:
        return Finding(topic, UNKNOWN, _("The mailbox was not read yet: it is, every five minutes."))
    if visit[1]:
        return Finding(
            topic,
            MISSING,
            _("The mailbox could not be read the last time (%(kind)s).", kind=visit[1]),
            _("The operator looks at the settings SETS_BOUNCE_IMAP_… and at the log."),
        )
    return Finding(topic, FINE, _("The mailbox to which messages come back is read every five minutes."))


_TROUBLES: dict[str, Callable[[], tuple[str, str, str]]] = {
    "unreachable": lambda: (
        UNKNOWN,
        _("%(place)s could not be reached: no network from here, a wrong name, or a port that is blocked."),
        _("Look at this machine’s network and at SETS_MAIL_SERVER and SETS_MAIL_PORT."),
    ),
    "closed": lambda: (
        MISSING,
        _("%(place)s refuses the connection: nobody listens there."),
        _("Compare SETS_MAIL_SERVER and SETS_MAIL_PORT with what your provider says."),
    ),
    "certificate": lambda: (
        MISSING,
        _("%(place)s does not prove who it is: the encrypted connection failed."),
        _(
            "Use the name that stands in its certificate, or set SETS_MAIL_CA_FILE for an authority of your own."
        ),
    ),
    "no_tls": lambda: (
        MISSING,
        _("%(place)s does not offer encryption (STARTTLS)."),
        _("Try port 465 with SETS_MAIL_USE_SSL, or ask your provider."),
    ),
    "sign_in": lambda: (
        MISSING,
        _("%(place)s does not accept the account."),
        _(
            "Set SETS_MAIL_USERNAME and SETS_MAIL_PASSWORD again; some providers want a password for programs."
        ),
    ),
    "refused": lambda: (
        MISSING,
        _("%(place)s answers, but takes no mail from here."),
        _("Its own words say why; ask your provider."),
    ),
}
