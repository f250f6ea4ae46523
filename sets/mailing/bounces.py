"""The mailbox to which mails come back, read over IMAP: each message is looked at once, none is ever deleted.

A report that was taken is marked as seen; everything else is left as it is. No database connection is held meanwhile.
"""

from __future__ import annotations

import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import structlog
from flask import current_app

from .. import clock
from ..database import db, transaction
from ..installation import Setting
from .returns import Returned, may_be_report, read_report

log = structlog.get_logger()

KEY = "bounce_mailbox"
# Seconds that the server may take for one answer, and for one whole visit.
ANSWER_LIMIT, VISIT_LIMIT = 10.0, 60.0
# So many messages are looked at in one visit; the next one goes on from there.
MOST = 100
# The first visit looks back so far.
FIRST_LOOK = timedelta(days=14)
# A report is small; of a longer one the beginning is enough, or it is none.
MOST_BYTES = 262_144
TROUBLES = (OSError, imaplib.IMAP4.error, ValueError)


def is_configured() -> bool:
    """Tell whether there is a mailbox to read."""
    return bool(current_app.config["BOUNCE_IMAP_SERVER"])


def last_visit() -> tuple[datetime, str] | None:
    """Return when the mailbox was last read and what went wrong then ("" when nothing did), None if never."""
    row = db.session.get(Setting, KEY)
    return (row.changed_at, str(row.value.get("trouble", ""))) if row else None


def read_mailbox(note: Callable[[Returned], bool], connect: Callable[[], Any] | None = None) -> int:
    """Look at what came since the last visit and tell `note` of each mail that came back; return how many were noted.

    `note` says whether it knew the mail. A server in trouble is tried again at the next visit; no exception leaves.
    """
    if not is_configured():
        return 0
    before = _remembered()
    state = dict(before, trouble="")
    noted = 0
    try:
        mailbox = (connect or _connect)()
        try:
            for taken in _visit(mailbox, state, note):
                noted += taken
        finally:
            _leave(mailbox)
    except TROUBLES as trouble:
        # The server's words may hold an address: only the kind of the trouble is kept.
        state["trouble"] = type(trouble).__name__
        log.warning("bounce_mailbox_trouble", kind=type(trouble).__name__)
    _remember(state)
    return noted


def _connect() -> Any:
    """Return a connection whose certificate was verified, signed in."""
    config = current_app.config
    mailbox = imaplib.IMAP4_SSL(
        config["BOUNCE_IMAP_SERVER"],
        config["BOUNCE_IMAP_PORT"],
        ssl_context=ssl.create_default_context(),
        timeout=ANSWER_LIMIT,
    )
    try:
        mailbox.login(config["BOUNCE_IMAP_USERNAME"], config["BOUNCE_IMAP_PASSWORD"])
    except BaseException:
        _leave(mailbox)
        raise
    return mailbox


def _visit(mailbox: Any, state: dict[str, Any], note: Callable[[Returned], bool]) -> Iterator[bool]:
    """Go through what is new, the oldest first; `state` remembers how far, also when something breaks on the way."""
    until = time.monotonic() + VISIT_LIMIT
    _answer(mailbox.select("INBOX"))
    validity = str(_number(mailbox.response("UIDVALIDITY")[1]))
    if state.get("validity") != validity:
        # The server counts anew: numbers of before mean other messages now.
        state.update(validity=validity, last=0)
    for uid in _new_ones(mailbox, state["last"])[:MOST]:
        if time.monotonic() > until:
            return
        report = _report(mailbox, uid)
        taken = report is not None and note(report)
        if taken:
            _answer(mailbox.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)"))
        state["last"] = uid
        yield taken


def _new_ones(mailbox: Any, last: int) -> list[int]:
    since = clock.now() - FIRST_LOOK
    # Months in English, whatever this machine speaks: as in the date of a mail, "Mon, 02 Mar 2026 …".
    day = "-".join(format_datetime(since).split()[1:4])
    found = _answer(mailbox.uid("SEARCH", "UID", f"{last + 1}:*", "SINCE", day))
    # "7:*" also finds the last message when it has a lower number.
    return sorted(uid for line in found if line for uid in map(int, line.split()) if uid > last)


def _report(mailbox: Any, uid: int) -> Returned | None:
    head = _part(mailbox, uid, "BODY.PEEK[HEADER]")
    return read_report(_part(mailbox, uid, f"BODY.PEEK[]<0.{MOST_BYTES}>")) if may_be_report(head) else None


def _part(mailbox: Any, uid: int, what: str) -> bytes:
    found = _answer(mailbox.uid("FETCH", str(uid), f"({what})"))
    return next((item[1] for item in found if isinstance(item, tuple)), b"")


def _answer(answered: tuple[str, Any]) -> Any:
    kind, found = answered
    if kind != "OK":
        raise imaplib.IMAP4.error("the server refused")
    return found or []


def _number(found: Any) -> int:
    return int(found[0]) if found and found[0] else 0


def _leave(mailbox: Any) -> None:
    try:
        mailbox.logout()
    except TROUBLES:
        log.info("bounce_mailbox_left_without_goodbye")


def _remembered() -> dict[str, Any]:
    row = db.session.get(Setting, KEY)
    state = dict(row.value) if row else {}
    db.session.rollback()
    return {"validity": state.get("validity", ""), "last": state.get("last", 0)}


def _remember(state: dict[str, Any]) -> None:
    with transaction() as session:
        row = session.get(Setting, KEY)
        if row is None:
            row = Setting(key=KEY)
            session.add(row)
        row.value, row.changed_at = state, clock.now()
