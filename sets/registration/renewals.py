"""Waits for any date: asked after six months whether they still stand, ended after twelve without an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import case, exists, select, update
from sqlalchemy.orm import aliased

from ..catalogue import places
from ..clock import now
from ..database import db, transaction
from ..mailing.models import Delivery, DeliveryRegistration
from ..privacy import MONTH, period
from ..statements import insert_row
from . import reminder_messages, steps
from .applying import CLOCK, LEARNER
from .models import HOLDING, Learner, Registration, RegistrationEvent, Status
from .transitions import RegistrationRefused

BATCH = 100
ASKED_AFTER = 6 * MONTH
# Nobody's wait ends before they had so long to answer.
TIME_TO_ANSWER = timedelta(days=30)

# Since when somebody waits, or last said that they do.
_since = case(
    (Registration.renewed_at > Registration.status_at, Registration.renewed_at), else_=Registration.status_at
)
_WAITS = (Registration.status == Status.WAITING) & Registration.training_session_id.is_(None)


def ask_and_end() -> int:
    """Ask those who wait for long, end the waits that nobody renewed; return how many of both."""
    return _ask() + _end()


def renew(registration_public_id: str) -> None:
    """Note that the person still waits for a date; raises RegistrationRefused when they do not wait any more."""
    with transaction():
        row = _locked(Registration.public_id == registration_public_id)
        if row is None or row.status != Status.WAITING or row.training_session_id is not None:
            raise RegistrationRefused("no_transition")
        db.session.execute(
            update(Registration)
            .where(Registration.id == row.id)
            .values(renewed_at=now())
            .execution_options(synchronize_session=False)
        )
        insert_row(
            RegistrationEvent,
            {
                "registration_id": row.id,
                "at": now(),
                "verb": "renew",
                "from_status": row.status,
                "to_status": row.status,
                "actor_kind": LEARNER.kind,
                "mailed": False,
            },
        )
        steps.prove(row.learner_id)


def _has_better() -> Any:
    """Return the predicate "has a place, or the offer of one, for that training meanwhile"."""
    other = aliased(Registration)
    return exists().where(
        other.learner_id == Registration.learner_id,
        other.training_id == Registration.training_id,
        other.status.in_(HOLDING),
        other.ended_at.is_(None),
    )


def _ask() -> int:
    statement = (
        select(
            Registration.id, Registration.learner_id, Learner.email, Learner.language, _since.label("since")
        )
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            _WAITS,
            Registration.silent.is_(False),
            _since <= now() - ASKED_AFTER,
            ~_was_asked(),
            ~_has_better(),
        )
        .order_by(Registration.id)
        .limit(BATCH)
    )
    if db.session.execute(statement.limit(1)).first() is None:
        return 0
    with transaction():
        people, ended_after = db.session.execute(statement).all(), period("waits")
        for person in people:
            reminder_messages.still_interested(
                to=person.email,
                language=person.language,
                learner_id=person.learner_id,
                registration_id=person.id,
                once_key=f"interested:{person.id}:{int(person.since.timestamp())}",
                ends_at=max(person.since + ended_after, now() + TIME_TO_ANSWER),
            )
    return len(people)


def _end() -> int:
    due = db.session.scalars(
        select(Registration.id)
        .where(
            _WAITS,
            Registration.silent.is_(False),
            _since <= now() - period("waits"),
            _was_asked(Delivery.posted_at <= now() - TIME_TO_ANSWER),
        )
        .order_by(Registration.id)
        .limit(BATCH)
    ).all()
    return sum(_end_one(registration_id) for registration_id in due)


def _end_one(registration_id: int) -> bool:
    with transaction():
        row = _locked(Registration.id == registration_id)
        # They may have answered, or been offered a place, while we came to the lock.
        if row is None or db.session.scalar(_still_due(registration_id)) is None:
            return False
        steps.step(row, "expire", Status.EXPIRED, actor=CLOCK)
        reminder_messages.interest_ended(**steps.addressee(row), registration_id=row.id)
        return True


def _still_due(registration_id: int) -> Any:
    return select(Registration.id).where(
        Registration.id == registration_id, _WAITS, _since <= now() - period("waits")
    )


def _was_asked(*criteria: Any) -> Any:
    """Return the predicate "was asked since they last said that they wait"."""
    return exists().where(
        DeliveryRegistration.registration_id == Registration.id,
        Delivery.id == DeliveryRegistration.delivery_id,
        Delivery.kind == "still_interested",
        Delivery.posted_at > _since,
        *criteria,
    )


def _locked(criterion: Any) -> Any:
    """Lock the training of that registration, then return the row as it stands; None when there is none."""
    training_id = db.session.scalar(select(Registration.training_id).where(criterion))
    if training_id is None:
        return None
    places.lock([training_id], [])
    return steps.read(criterion)
