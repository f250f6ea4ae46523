"""Two people who are one: what of each stays, and where a place that was held twice goes. It cannot be undone.

Nothing is lost: registrations, history, mails, answers, consents, notes and tags go to the person who is kept; the
other's address stays on the record, and the links in messages to it open the kept person's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from ..catalogue import places
from ..clock import now
from ..database import db, transaction
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from ..staff.activity import record_activity
from . import seating, steps
from .applying import Actor
from .desk_models import DismissedPair, MergedPerson
from .models import HOLDING, Consent, Learner, LearnerNeed, LearnerWord, Registration, Status
from .people import index_words
from .repointing import hand_on

# The better state of two registrations for the same session stays.
BETTER = (Status.CONFIRMED, Status.PENDING, Status.OFFERED, Status.WAITING)
FILLED_IN = ("organisation", "organisation_kind", "role", "country", "source", "time_zone")
UNSENT = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY)


class MergeRefused(Exception):  # noqa: N818 - it is a refusal, not an error
    """The two cannot become one: "not_found", or "same"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Plan:
    """What becomes of the registrations of two people. `absorbed`: (it, the one for the same session that stays)."""

    absorbed: list[tuple[Any, Any]] = field(default_factory=list)
    # Places and offers that the person would have twice in a training, in another session; they are given up.
    given_up: list[Any] = field(default_factory=list)
    staying: list[Any] = field(default_factory=list)

    @property
    def freed(self) -> list[Any]:
        """The registrations whose places become free."""
        return [
            row for row in (*(lost for lost, _kept in self.absorbed), *self.given_up) if row.status in HOLDING
        ]


def plan_merge(rows: Sequence[Any]) -> Plan:
    """Return what would become of these registrations, were they of one person."""
    plan = Plan()
    by_session: dict[tuple[int, int | None], list[Any]] = {}
    for row in rows:
        by_session.setdefault((row.training_id, row.training_session_id), []).append(row)
    for same in by_session.values():
        best, *others = sorted(same, key=_worth)
        plan.absorbed += [(other, best) for other in others]
        plan.staying.append(best)
    held: dict[tuple[int, str], list[Any]] = {}
    for row in plan.staying:
        if row.status in (Status.CONFIRMED, Status.PENDING) and row.ended_at is None:
            held.setdefault((row.training_id, "place"), []).append(row)
        elif row.status == Status.OFFERED:
            held.setdefault((row.training_id, "offer"), []).append(row)
    for several in held.values():
        plan.given_up += sorted(several, key=_worth)[1:]
    return plan


def registrations_of(*learner_ids: int) -> list[Any]:
    """Return the registrations of people as `plan_merge` takes them, in the order in which they came."""
    statement = (
        select(Registration)
        .where(Registration.learner_id.in_(learner_ids))
        .order_by(Registration.created_at, Registration.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(statement))


def merge_people(kept_public_id: str, other_public_id: str, *, actor: Actor) -> None:
    """Make two people one; nobody is written to but those who are offered a place that becomes free.

    Raises MergeRefused.
    """
    with transaction():
        kept, other = _ids(kept_public_id, other_public_id)
        rows = registrations_of(kept, other)
        sessions = places.lock(
            {row.training_id for row in rows},
            {row.training_session_id for row in rows if row.training_session_id},
        )
        # Read again under the lock.
        plan = plan_merge(registrations_of(kept, other))
        freed = [steps.read(Registration.id == row.id) for row in plan.freed]
        for row in plan.given_up:
            reason = _("Two people became one, and had two places.")
            stored = steps.read(Registration.id == row.id)
            steps.step(stored, "cancel", Status.CANCELLED, actor=actor, reason=reason, mailed=False)
        for lost, best in plan.absorbed:
            _absorb(lost.id, best.id, actor)
        db.session.expire_all()
        _make_one(kept, other)
        for row in plan.staying:
            status = db.session.scalar(select(Registration.status).where(Registration.id == row.id))
            steps.note(row.id, "merge", status, str(status), actor=actor, mailed=False)
        subject = plan.staying[0].id if plan.staying else None
        record_activity("people_merged", subject_type="registration", subject_id=subject, rows=len(rows))
        for row in freed:
            seating.free(row, sessions.get(row.training_session_id))


def dismiss_pair(one_public_id: str, other_public_id: str) -> None:
    """Remember that two people are not the same. Raises MergeRefused."""
    with transaction() as session:
        first, second = sorted(_ids(one_public_id, other_public_id))
        if session.get(DismissedPair, (first, second)) is None:
            session.add(DismissedPair(learner_id=first, other_id=second))
            record_activity("pair_dismissed", rows=2)


def _ids(*public_ids: str) -> tuple[int, int]:
    rows = db.session.execute(select(Learner.public_id, Learner.id).where(Learner.public_id.in_(public_ids)))
    found = {row.public_id: row.id for row in rows}
    if len(set(public_ids)) < 2:
        raise MergeRefused("same")
    if len(found) < 2:
        raise MergeRefused("not_found")
    return found[public_ids[0]], found[public_ids[1]]


def _worth(row: Any) -> tuple[int, datetime, int]:
    """Return what the better of two registrations is found by: its state, then which is older."""
    if row.status in BETTER:
        return BETTER.index(Status(row.status)), row.created_at, row.id
    return len(BETTER) + (row.ended_at is None), row.created_at, row.id


def _absorb(lost: int, best: int, actor: Actor) -> None:
    """Give a registration's history, mails, calendar and attendance to the one that stays, and remove it."""
    about = select(DeliveryRegistration.delivery_id).where(DeliveryRegistration.registration_id == lost)
    _set(
        update(Delivery)
        .where(Delivery.id.in_(about), Delivery.status.in_(UNSENT))
        .values(status=DeliveryStatus.CANCELLED, reason="merged")
    )
    stored = {
        row.id: row
        for row in db.session.execute(
            select(
                Registration.id, Registration.answers, Registration.created_at, Registration.queue_number,
                Registration.wants,
            ).where(Registration.id.in_((lost, best)))
        )
    }  # fmt: skip
    theirs, mine = stored[lost], stored[best]
    values: dict[str, Any] = {
        "answers": (theirs.answers or {}) | (mine.answers or {}),
        "created_at": min(theirs.created_at, mine.created_at),
        "wants": list(dict.fromkeys([*(mine.wants or []), *(theirs.wants or [])])),
    }
    numbers = [one for one in (theirs.queue_number, mine.queue_number) if one is not None]
    if mine.queue_number is not None:
        values["queue_number"] = min(numbers)
    _set(update(Registration).where(Registration.id == best).values(**values))
    for column in (Registration.offered_from_id, Registration.moved_to_id):
        _set(update(Registration).where(column == lost, Registration.id == best).values({column: None}))
        _set(update(Registration).where(column == lost).values({column: best}))
    hand_on("registration_id", lost, best)
    _set(delete(Registration).where(Registration.id == lost))


def _make_one(kept: int, other: int) -> None:
    """Give everything of the other person to the one who is kept, then remove the other."""
    person, gone = db.session.get_one(Learner, kept), db.session.get_one(Learner, other)
    _join_consents(kept, other)
    _join_needs(kept, other)
    _readdress_mails(person, gone)
    hand_on("learner_id", other, kept, but=(LearnerWord.__table__, DismissedPair.__table__))
    for name in FILLED_IN:
        setattr(person, name, getattr(person, name) or getattr(gone, name))
    person.answers = (gone.answers or {}) | (person.answers or {})
    person.created_at = min(person.created_at, gone.created_at)
    person.acted_at = max((one for one in (person.acted_at, gone.acted_at) if one), default=None)
    if gone.keep_until and (person.keep_until is None or gone.keep_until > person.keep_until):
        person.keep_until, person.keep_reason = gone.keep_until, gone.keep_reason
    db.session.add(
        MergedPerson(
            public_id=gone.public_id, learner_id=kept, email=gone.email, email_key=gone.email_key,
            link_version=gone.link_version, feed_version=gone.feed_version, merged_at=now(),
        )
    )  # fmt: skip
    db.session.flush()
    index_words(kept, person)
    db.session.flush()
    _set(delete(Learner).where(Learner.id == other))
    db.session.expire_all()


def _join_consents(kept: int, other: int) -> None:
    """Let one consent of each kind stand: the kept person's; the other's is history."""
    standing = select(Consent.kind).where(Consent.learner_id == kept, Consent.withdrawn_at.is_(None))
    _set(
        update(Consent)
        .where(Consent.learner_id == other, Consent.withdrawn_at.is_(None), Consent.kind.in_(standing))
        .values(withdrawn_at=now())
    )


def _join_needs(kept: int, other: int) -> None:
    mine, theirs = db.session.get(LearnerNeed, kept), db.session.get(LearnerNeed, other)
    if theirs is None or mine is None:
        return
    if theirs.text.strip() != mine.text.strip():
        mine.text = f"{mine.text}\n\n{theirs.text}"
        mine.answered_at = mine.answered_at if theirs.answered_at else None
    mine.consent_at = max(mine.consent_at, theirs.consent_at)
    # By a statement: the person who goes would take what the session knows of theirs along.
    _set(delete(LearnerNeed).where(LearnerNeed.learner_id == other))
    db.session.flush()


def _readdress_mails(person: Learner, gone: Learner) -> None:
    """Send what is still to be sent to the kept address, and count what the other got as theirs."""
    _set(
        update(Delivery)
        .where(Delivery.learner_id == gone.id, Delivery.status.in_(UNSENT))
        .values(to_address=person.email)
    )
    keys = db.session.execute(
        select(Delivery.id, Delivery.once_key).where(
            Delivery.learner_id == gone.id, Delivery.once_key.like(f"camp:%:l{gone.id}")
        )
    ).all()
    for delivery_id, key in keys:
        mine = f"{key.rpartition(':')[0]}:l{person.id}"
        if db.session.scalar(select(func.count()).where(Delivery.once_key == mine)) == 0:
            _set(update(Delivery).where(Delivery.id == delivery_id).values(once_key=mine))


def _set(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
