"""Signed-in browsers as rows: begun at sign-in, ended at sign-out, by time, or by a new password.

The cookie (cookies.py) carries a random id; only its hash is stored, so that neither a copied cookie after a sign-out
nor a stolen database opens anything.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from .. import clock
from ..database import db, transaction
from .activity import record_activity
from .models import Account, Activity, StaffSession

log = structlog.get_logger()

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=7)
# How often "seen" is written: the one thing that a GET stores (docs/decisions).
SEEN_EVERY = timedelta(minutes=5)
KEPT = timedelta(days=30)

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    (r"iPhone|iPad", "iOS"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS", "macOS"),
    (r"Linux", "Linux"),
)


def new_session_id() -> str:
    """Return a random id for the cookie: 256 bits."""
    return secrets.token_urlsafe(32)


def session_hash(session_id: str) -> str:
    """Return what is stored of a session's id. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(session_id.encode()).hexdigest()


def account_signed_in(session_id: str | None) -> tuple[Account, StaffSession] | None:
    """Return the account and the session that a cookie's id belongs to, while both are alive."""
    if not session_id:
        return None
    found = db.session.execute(
        select(Account, StaffSession)
        .join(StaffSession, StaffSession.account_id == Account.id)
        .where(StaffSession.id_hash == session_hash(session_id), Account.active.is_(True))
    ).first()
    if found is None or not is_alive(found[1]):
        return None
    return found[0], found[1]


def is_alive(staff_session: StaffSession) -> bool:
    """Tell whether a session still counts: not ended, seen in the last 8 hours, at most 7 days old."""
    now = clock.now()
    return (
        staff_session.ended_at is None
        and now - staff_session.seen_at < IDLE
        and now - staff_session.created_at < ABSOLUTE
    )


def open_sessions(account: Account) -> list[StaffSession]:
    """Return the sessions of an account that are alive, the last seen first."""
    rows = db.session.scalars(
        select(StaffSession)
        .where(StaffSession.account_id == account.id, StaffSession.ended_at.is_(None))
        .order_by(StaffSession.seen_at.desc())
    )
    return [row for row in rows if is_alive(row)]


def has_signed_in(account_id: int) -> bool:
    """Tell whether an account ever signed in, as far as the log is kept (sessions are forgotten sooner)."""
    found = select(Activity.id).where(Activity.actor_id == account_id, Activity.verb == "signed_in").limit(1)
    return db.session.execute(found).first() is not None


def note_seen(staff_session: StaffSession) -> None:
    """Move the idle limit, at most once in a few minutes; a busy database is no reason to refuse the page."""
    if clock.now() - staff_session.seen_at < SEEN_EVERY:
        return
    id_hash, account_id = staff_session.id_hash, staff_session.account_id
    try:
        with transaction() as session:
            session.execute(
                update(StaffSession).where(StaffSession.id_hash == id_hash).values(seen_at=clock.now())
            )
            session.execute(update(Account).where(Account.id == account_id).values(seen_at=clock.now()))
    except OperationalError:
        log.warning("session_not_noted")


def end_session(account_id: int, id_hash: str) -> bool:
    """End one session of an account; tell whether there was one to end."""
    with transaction():
        ended = _end_sessions(account_id, only=id_hash)
        if ended:
            record_activity(
                "session_ended", subject_type="account", subject_id=account_id, account_id=account_id
            )
    return bool(ended)


def end_every_session(account_id: int, keep: str | None = None) -> int:
    """End the sessions of an account, but the one whose hash is `keep`; return how many were ended."""
    with transaction():
        ended = _end_sessions(account_id, keep=keep)
        record_activity("sessions_ended", subject_type="account", subject_id=account_id, rows=ended)
    return ended


def forget_old_sessions() -> int:
    """Delete the sessions that began more than 30 days ago, alive or not; return how many."""
    with transaction() as session:
        old = delete(StaffSession).where(StaffSession.created_at < clock.now() - KEPT)
        return session.execute(old).rowcount


def browser_words(agent: str) -> str:
    """Return "Firefox, Linux" for a browser's long description, which is not kept."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, agent)), "")
    return ", ".join(part for part in (browser, system) if part)


def _start_session(account_id: int, session_id: str, *, agent: str, factors: int) -> None:
    """Add the row of a new sign-in to the open transaction."""
    now = clock.now()
    db.session.add(
        StaffSession(
            id_hash=session_hash(session_id),
            account_id=account_id,
            created_at=now,
            seen_at=now,
            agent=agent or None,
            factors=factors,
        )
    )
    db.session.execute(update(Account).where(Account.id == account_id).values(seen_at=now))


def _end_sessions(account_id: int, *, only: str | None = None, keep: str | None = None) -> int:
    """End sessions of an account in the open transaction."""
    statement = update(StaffSession).where(
        StaffSession.account_id == account_id, StaffSession.ended_at.is_(None)
    )
    if only is not None:
        statement = statement.where(StaffSession.id_hash == only)
    if keep is not None:
        statement = statement.where(StaffSession.id_hash != keep)
    return db.session.execute(statement.values(ended_at=clock.now())).rowcount  # type: ignore[attr-defined]
