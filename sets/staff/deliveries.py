"""The outbox as the team sees it: what waits, what failed and why; send again, decide about the doubtful, release.

Nobody reads an account's mails here: they carry links that set passwords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from .. import clock
from ..database import db, transaction
from ..dates import local
from ..mailing import hold, kinds, outbox, rendering
from ..mailing.kinds import Posted
from ..mailing.models import Delivery, DeliveryStatus
from .activity import record_activity

PER_PAGE = 50
# Counts stop here: "more than 1,000" says enough and costs little.
MOST = 1000
# A mail that waits longer than this although it could leave: nobody sends.
LATE = timedelta(minutes=5)
PENDING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.RETRY)
# What the filter offers: a name, and the states it stands for.
FILTERS: dict[str, tuple[DeliveryStatus, ...]] = {
    "waiting": PENDING,
    "failed": (DeliveryStatus.FAILED,),
    "unknown": (DeliveryStatus.UNKNOWN,),
    "sent": (DeliveryStatus.SENT,),
    "returned": (DeliveryStatus.SENT,),
    "cancelled": (DeliveryStatus.CANCELLED,),
}


@dataclass(frozen=True)
class DeliveryFilter:
    """What the address of the list asks for; anything unknown asks for nothing."""

    state: str = ""
    kind: str = ""
    to: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        return {
            name: value
            for name, value in (("state", self.state), ("kind", self.kind), ("to", self.to))
            if value
        }


@dataclass(frozen=True)
class DeliveryPage:
    """One page of the list."""

    rows: list[Delivery]
    page: int
    has_next: bool

    @property
    def first(self) -> int:
        """The number of the first row in the whole list."""
        return (self.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        """The number of the last row in the whole list; 0 when there is none."""
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True)
class OutboxState:
    """The counts on top of the list; each stops at MOST + 1."""

    sent_today: int
    waiting: int
    failed: int
    unknown: int
    oldest_waiting_at: datetime | None
    last_sent_at: datetime | None


def list_page(chosen: DeliveryFilter, page: int) -> DeliveryPage:
    """Return one page of the mails that the filter shows, the newest first."""
    statement = select(Delivery).order_by(Delivery.id.desc())
    if chosen.state in FILTERS:
        statement = statement.where(Delivery.status.in_(FILTERS[chosen.state]))
    if chosen.state == "returned":
        statement = statement.where(Delivery.bounced_at.is_not(None))
    if chosen.kind:
        statement = statement.where(Delivery.kind == chosen.kind)
    if chosen.to:
        statement = statement.where(func.lower(Delivery.to_address) == chosen.to.strip().lower())
    rows = list(db.session.scalars(statement.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)))
    return DeliveryPage(rows[:PER_PAGE], page, len(rows) > PER_PAGE)


def outbox_state(since: datetime) -> OutboxState:
    """Return how the outbox stands; `since` is when today began for the reader."""
    return OutboxState(
        sent_today=_count(Delivery.sent_at >= since),
        waiting=_count(Delivery.status.in_(PENDING)),
        failed=_count(Delivery.status == DeliveryStatus.FAILED),
        unknown=_count(Delivery.status == DeliveryStatus.UNKNOWN),
        oldest_waiting_at=oldest_waiting_at(),
        last_sent_at=db.session.scalar(select(func.max(Delivery.sent_at))),
    )


def today_began(zone: str) -> datetime:
    """Return midnight, on the clocks of that zone."""
    return local(clock.now(), zone).replace(hour=0, minute=0, second=0, microsecond=0)


def oldest_waiting_at() -> datetime | None:
    """Return since when the oldest waiting mail waits."""
    oldest = [
        db.session.scalar(select(func.min(Delivery.posted_at)).where(Delivery.status == state))
        for state in PENDING
    ]
    return min((moment for moment in oldest if moment), default=None)


def is_late() -> bool:
    """Tell whether a mail that could leave has waited too long."""
    due = select(Delivery.id).where(
        Delivery.status == DeliveryStatus.QUEUED,
        Delivery.posted_at < clock.now() - LATE,
        Delivery.next_at < clock.now() - LATE,
    )
    return db.session.execute(due.limit(1)).first() is not None


def delivery_of(public_id: str) -> Delivery | None:
    """Return the mail with that id."""
    return db.session.scalar(select(Delivery).where(Delivery.public_id == public_id))


def titles(public_ids: Iterable[str]) -> dict[str, str]:
    """Return what each of these mails is called: its subject where it is kept."""
    rows = db.session.execute(
        select(Delivery.public_id, Delivery.subject, Delivery.kind).where(
            Delivery.public_id.in_(list(public_ids))
        )
    )
    return {row.public_id: row.subject or kind_words(row.kind) for row in rows}


def readable_text(delivery: Delivery) -> tuple[str, str, bool] | None:
    """Return subject, text and whether they were sent so; None where nobody may read it or nothing is left.

    A mail that has not left is shown as it would leave now. Links are masked in both.
    """
    try:
        kind = kinds.find(delivery.kind)
    except LookupError:
        kind = None
    if kind is not None and not kind.keeps_text:
        return None
    if delivery.text:
        return delivery.subject or "", delivery.text, True
    if kind is None or delivery.status not in (*PENDING, DeliveryStatus.FAILED) or not delivery.to_address:
        return None
    try:
        subject, text, _html = rendering.preview(_posted(delivery))
    except kinds.NotWanted:
        return None
    return subject, text, False


def send_again(public_id: str | None = None) -> int:
    """Queue a failed or doubtful mail once more, or every failed one; return how many."""
    with transaction():
        count = outbox.requeue(None if public_id is None else [public_id], doubtful=public_id is not None)
        if count:
            record_activity("mail_sent_again", subject_type="delivery", subject_id=public_id, rows=count)
    return count


def note_arrived(public_id: str) -> bool:
    """Note that a doubtful mail did arrive, as a person found out; tell whether there was one."""
    statement = (
        update(Delivery)
        .where(Delivery.public_id == public_id, Delivery.status == DeliveryStatus.UNKNOWN)
        .values(
            status=DeliveryStatus.SENT, reason="arrived", sent_at=clock.now(), lease_by=None, lease_until=None
        )
        .execution_options(synchronize_session=False)
    )
    with transaction() as session:
        found = bool(session.execute(statement).rowcount)
        if found:
            record_activity("mail_noted_arrived", subject_type="delivery", subject_id=public_id)
    return found


def release_mail() -> None:
    """Let mail leave again after a hold."""
    waiting = sum(one.count for one in hold.waiting())
    hold.release()
    with transaction():
        record_activity("mail_released", rows=waiting)


def kind_words(kind: str) -> str:
    """Return what staff call a kind of mail."""
    try:
        return str(kinds.find(kind).title) or kind.replace("_", " ")
    except LookupError:
        return kind.replace("_", " ")


def reason_words(reason: str | None) -> str:
    """Return why a mail did not leave, or is doubtful, in plain words."""
    words = _REASONS.get(reason or "")
    return words() if words else ""


def hold_words(reason: str) -> str:
    """Return why all mail is on hold."""
    words = {
        hold.MISSING: _("The installation’s own record is missing, as after a restored backup."),
        hold.DIFFERENT: _("The database is another one than before."),
        hold.BEHIND: _("The database is older than what was sent, as after a restored backup."),
        hold.COPIED: _("This installation looks like a copy of another one."),
    }
    return words.get(reason, _("Somebody put it on hold."))


_REASONS: dict[str, Callable[[], str]] = {
    "refused": lambda: _("Refused for good by the receiver’s server. There was no other try."),
    "gave_up": lambda: _("Put off by the receiver’s server for three days. There is no other try."),
    "put_off": lambda: _("Put off by the receiver’s server. It is tried again by itself."),
    "not_composed": lambda: _("The site could not write this message. It is tried again by itself."),
    "no_answer": lambda: _("The connection broke before the server’s answer: it may have arrived."),
    "interrupted": lambda: _("The sender stopped in the middle: it may have arrived."),
    "superseded": lambda: _("A later message says more, so this one was not sent."),
    "account_gone": lambda: _("The account no longer exists, or is disabled."),
    "link_expired": lambda: _("It waited too long: its link would no longer work."),
    "person_gone": lambda: _("The person is no longer registered here."),
    "outdated": lambda: _("What it would have said is no longer true, so it was not sent."),
    "bad_address": lambda: _("No message can be sent to this address."),
    "unknown_kind": lambda: _("This site no longer knows this kind of message."),
    "arrived": lambda: _("Somebody of the team noted that it arrived."),
    "erased": lambda: _("The person was erased."),
    "stopped": lambda: _("The campaign was stopped before it left."),
    "unsubscribed": lambda: _("The person wants no news any more."),
    "no_longer_fits": lambda: _("The person was no longer among those whom it is for."),
    "no_text": lambda: _("There was no text in this person’s language."),
    "returned": lambda: _("It came back: the receiver’s server did not deliver it."),
    "returned_mailbox": lambda: _("It came back: there is no such mailbox."),
    "returned_domain": lambda: _("It came back: the part after the @ does not exist, or takes no mail."),
    "returned_full": lambda: _("It came back: the mailbox is full."),
    "returned_size": lambda: _("It came back: it is too large for the mailbox."),
    "returned_away": lambda: _("It came back: the receiver’s server could not be reached."),
    "returned_policy": lambda: _("It came back: the receiver’s server does not want it."),
}


def _count(condition: Any) -> int:
    some = select(Delivery.id).where(condition).limit(MOST + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _posted(delivery: Delivery) -> Posted:
    about = outbox.registrations_of([delivery.id])
    return Posted(
        id=delivery.id,
        public_id=delivery.public_id,
        kind=delivery.kind,
        priority=delivery.priority,
        to_address=delivery.to_address or "",
        language=delivery.language,
        learner_id=delivery.learner_id,
        campaign_id=delivery.campaign_id,
        context_id=delivery.context_id,
        facts=delivery.facts,
        posted_at=delivery.posted_at,
        attempts=delivery.attempts,
        registration_ids=about.get(delivery.id, ()),
    )
