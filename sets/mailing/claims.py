"""Who may send which mail: leases on rows of the outbox, and what became of them. Every statement names its owner.

A claim is a lease on a waiting row; `sending` is stored just before the dialogue and its result right after it. A row
found in `sending` whose owner is gone is `unknown`: only a person can know whether it arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, Text, and_, bindparam, exists, or_, select, text, update
from sqlalchemy.sql import ColumnElement

from .. import clock
from ..database import UTCDateTime, db, transaction
from ..installation import Installation
from . import hold
from .kinds import Posted
from .models import Delivery, DeliveryStatus, MailPause
from .outbox import WAITING, registrations_of
from .rendering import Ready
from .transport import Outcome, Result

# Longer than a whole batch (sending.BATCH dialogues, each but the last below sending.SLOW) and one dialogue at its
# worst (transport.DEADLINE): it is not renewed on the way.
LEASE = timedelta(minutes=3)
# Temporary refusals: after so many minutes each, then failed. Three days in all.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, *[240] * 18))

_table: Any = Delivery.__table__
_row: Any = _table.c
_FREE = {"lease_by": None, "lease_until": None}
_ON_HOLD = select(Installation.id).where(Installation.mail_hold_at.is_not(None)).exists()
# As the partial index says it: with bound values neither database would use it.
_IS_WAITING = text("delivery.status IN ('queued','retry')")


# The two statements of every mail that leaves, written out: built from objects they cost as much as the dialogue.
_BEGIN = text("""
    UPDATE delivery SET status = 'sending', attempts = attempts + 1, subject = :subject, text = :text
    WHERE id = :id AND lease_by = :owner AND status IN ('queued', 'retry') AND to_address = :to_address
        AND NOT EXISTS (SELECT 1 FROM installation WHERE mail_hold_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM mail_pause WHERE mail_pause.campaign_id = delivery.campaign_id)
    """)
# A result that comes late still counts, as long as nobody decided otherwise meanwhile (which takes the lease away).
_END = text("""
    UPDATE delivery SET status = :status, reason = :reason, smtp_code = :smtp_code, smtp_text = :smtp_text,
        sent_at = :sent_at, next_at = COALESCE(:next_at, next_at), attempts = COALESCE(:attempts, attempts),
        lease_by = NULL, lease_until = NULL
    WHERE id = :id AND lease_by = :owner AND status IN ('queued', 'retry', 'sending', 'unknown')
    """).bindparams(
    bindparam("sent_at", type_=UTCDateTime),
    bindparam("next_at", type_=UTCDateTime),
    bindparam("attempts", type_=Integer),
    bindparam("smtp_code", type_=Integer),
    bindparam("smtp_text", type_=Text),
    bindparam("reason", type_=String),
)


@dataclass(frozen=True)
class End:
    """What is to be recorded about one mail; None leaves `next_at` and `attempts` as they are."""

    id: int
    status: DeliveryStatus
    reason: str | None = None
    smtp_code: int | None = None
    smtp_text: str | None = None
    sent_at: datetime | None = None
    next_at: datetime | None = None
    attempts: int | None = None


def is_due(highest: int | None = None) -> bool:
    """Tell whether there is a mail to claim; only reads."""
    found = db.session.execute(_due(clock.now(), highest).limit(1)).first() is not None
    db.session.rollback()
    return found


def claim(owner: str, limit: int, highest: int | None = None) -> list[Posted]:
    """Lease up to `limit` due mails to `owner` (none above the priority `highest`), the most urgent first.

    Counts the claim in the database and in instance/, so that a restored database is known as one (`hold`).
    """
    moment = clock.now()
    chosen = _due(moment, highest).limit(limit).with_for_update(skip_locked=True)
    statement = (
        update(_table)
        .where(_row.id.in_(chosen))
        .values(lease_by=owner, lease_until=moment + LEASE)
        .returning(*_table.c)
    )
    with transaction() as session:
        rows = session.execute(statement).all()
        about = registrations_of([row.id for row in rows])
        counted = session.execute(
            update(Installation)
            .values(high_water=Installation.high_water + 1)
            .returning(Installation.identity, Installation.high_water)
        ).one()
    hold.note(*counted)
    rows.sort(key=lambda row: (row.priority, row.next_at, row.id))
    return [_posted(row, about.get(row.id, ())) for row in rows]


def turn(owner: str, end: End | None, ready: Ready | None) -> bool:
    """Record the end of one mail and the beginning of the next, in one transaction; tell whether the next may leave.

    It may not when the site's mail is on hold, the row was cancelled, its person erased or its lease lost.
    """
    with transaction() as session:
        # The connection itself: the session would look for objects to refresh, which takes longer than the statement.
        connection = session.connection()
        if end is not None:
            connection.execute(_END, vars(end) | {"owner": owner})
        if ready is None:
            return False
        begun: Any = connection.execute(
            _BEGIN,
            {
                "id": ready.posted.id,
                "owner": owner,
                "to_address": ready.posted.to_address,
                "subject": ready.subject,
                "text": ready.text,
            },
        )
        return begun.rowcount == 1


def ended(posted: Posted, outcome: Outcome) -> End:
    """Return what to record after a dialogue."""
    said = {"smtp_code": outcome.code, "smtp_text": outcome.text}
    if outcome.result is Result.SENT:
        return End(posted.id, DeliveryStatus.SENT, sent_at=clock.now(), **said)
    if outcome.result is Result.PERMANENT:
        return End(posted.id, DeliveryStatus.FAILED, "refused", **said)
    if outcome.result is Result.UNKNOWN:
        return End(posted.id, DeliveryStatus.UNKNOWN, "no_answer", **said)
    return _later(posted, "put_off", said)


def not_sent(posted: Posted, status: DeliveryStatus, reason: str) -> End:
    """Return what to record about a mail that is not to be sent."""
    return End(posted.id, status, reason)


def not_composed(posted: Posted, reason: str = "not_composed") -> End:
    """Return what to record when our own code failed: tried again, for a new version may do better."""
    return _later(posted, reason, {"attempts": posted.attempts + 1})


def not_tried(posted: Posted) -> End:
    """Return what to record when the server was gone before it heard of this mail: as if nothing had been tried."""
    return End(posted.id, DeliveryStatus.QUEUED, attempts=posted.attempts)


def give_back(owners: Iterable[str]) -> int:
    """Free what these owners leased and did not begin; return how many."""
    theirs = (_row.lease_until.is_not(None), _row.lease_by.in_(list(owners)), _row.status.in_(WAITING))
    found = db.session.execute(select(_row.id).where(*theirs).limit(1)).first()
    db.session.rollback()
    if found is None:
        return 0
    with transaction() as session:
        return session.execute(update(_table).where(*theirs).values(_FREE)).rowcount


def abandon(owner_prefix: str) -> int:
    """Free what a worker that is gone had leased; what it was sending becomes unknown. Return how many are unknown."""
    theirs = and_(_row.lease_until.is_not(None), _row.lease_by.startswith(owner_prefix, autoescape=True))
    with transaction() as session:
        session.execute(update(_table).where(theirs, _row.status.in_(WAITING)).values(_FREE))
        return session.execute(_to_unknown(theirs)).rowcount


def expire() -> int:
    """Make unknown what was being sent when its lease ended (a worker of another machine is gone); return how many."""
    late = _row.lease_until < clock.now()
    found = select(_row.id).where(_row.status == DeliveryStatus.SENDING, late).limit(1)
    if db.session.execute(found).first() is None:
        db.session.rollback()
        return 0
    with transaction() as session:
        # The owner stays named: its result, should it still come, is the truth.
        return session.execute(_to_unknown(late, lease_until=None)).rowcount


def _to_unknown(condition: ColumnElement[bool], **values: Any) -> Any:
    return (
        update(_table)
        .where(_row.status == DeliveryStatus.SENDING, condition)
        .values(status=DeliveryStatus.UNKNOWN, reason="interrupted", **(values or _FREE))
    )


def _due(moment: datetime, highest: int | None) -> Any:
    statement = (
        select(_row.id)
        .where(
            _IS_WAITING,
            _row.next_at <= moment,
            or_(_row.lease_until.is_(None), _row.lease_until < moment),
            ~_ON_HOLD,
            ~exists().where(MailPause.campaign_id == _row.campaign_id),
        )
        .order_by(_row.priority, _row.next_at, _row.id)
    )
    return statement if highest is None else statement.where(_row.priority <= highest)


def _later(posted: Posted, reason: str, said: dict[str, Any]) -> End:
    if posted.attempts >= len(DELAYS):
        return End(posted.id, DeliveryStatus.FAILED, "gave_up" if reason == "put_off" else reason, **said)
    return End(posted.id, DeliveryStatus.RETRY, reason, next_at=clock.now() + DELAYS[posted.attempts], **said)


def _posted(row: Any, registration_ids: tuple[int, ...]) -> Posted:
    return Posted(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        priority=row.priority,
        to_address=row.to_address or "",
        language=row.language,
        learner_id=row.learner_id,
        campaign_id=row.campaign_id,
        context_id=row.context_id,
        facts=row.facts,
        posted_at=row.posted_at,
        attempts=row.attempts,
        registration_ids=registration_ids,
    )
