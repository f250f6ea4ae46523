"""The steps that the workflow's verbs are made of: one row and its history, inside the caller's transaction and lock.

No place is taken or given back here: that is `workflow`'s.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, exists, func, select, update
from sqlalchemy.orm import aliased

from ..catalogue.models import Meeting, Training
from ..clock import now
from ..database import db
from ..staff.activity import record_activity
from ..statements import insert_row, kept
from . import queue
from .applying import CLOCK, Actor
from .models import Learner, Registration, RegistrationEvent, Status
from .transitions import check_transition


def step(
    row: Any, verb: str, after: Status, *, actor: Actor, reason: str = "", mailed: bool = True,
    offer_ends_at: datetime | None = None, is_one_of_many: bool = False,
) -> None:  # fmt: skip
    """Take one step of the table: the row and its history. What staff do is logged, unless it is `is_one_of_many`."""
    check_transition(verb, row.status, after)
    moment = now()
    values: dict[str, Any] = {"status": after, "status_at": moment, "offer_ends_at": offer_ends_at}
    if after == Status.CONFIRMED:
        values["confirmed_at"] = moment
    if reason:
        values["reason"] = reason
    db.session.execute(
        update(Registration)
        .where(Registration.id == row.id)
        .values(**values, revision=Registration.revision + 1)
        .execution_options(synchronize_session=False)
    )
    note(row.id, verb, row.status, after, actor=actor, reason=reason, mailed=mailed)
    if actor.kind == "staff" and not is_one_of_many:
        log_step(row.id, verb, actor)


def store(
    registration_id: int | None, values: dict[str, Any], status: Status, number: int | None, *, actor: Actor,
    verb: str = "register", reason: str = "", mailed: bool = True, at: datetime | None = None,
) -> int:  # fmt: skip
    """Insert a registration, or revive the one that was cancelled, refused or expired, with its history.

    `at` is since when it stands like this, where that is not now.
    """
    moment = at or now()
    facts = values | {
        "status": status,
        "status_at": moment,
        "queue_number": number,
        "confirmed_at": moment if status == Status.CONFIRMED else None,
    }
    facts.setdefault("offer_ends_at", None)
    before = None
    if registration_id is None:
        check_transition(verb, None, status)
        fresh = {
            "public_id": str(uuid.uuid4()),
            "created_at": moment,
            "wants": [],
            "answers": {},
            "revision": 1,
        }
        fresh |= {"origin": "public", "silent": False}
        registration_id = insert_row(Registration, fresh | facts)
    else:
        before = db.session.scalar(select(Registration.status).where(Registration.id == registration_id))
        check_transition(verb, before, status)
        db.session.execute(
            update(Registration)
            .where(Registration.id == registration_id)
            .values(**facts, reason=None, moved_to_id=None, revision=Registration.revision + 1)
            .execution_options(synchronize_session=False)
        )
    note(registration_id, verb, before, status, actor=actor, reason=reason, mailed=mailed)
    if actor.kind == "staff":
        log_step(registration_id, verb, actor)
    return registration_id


def read(criterion: Any) -> Any:
    """Return what the verbs go by of the one registration that matches."""
    statement = select(
        Registration.id, Registration.public_id, Registration.learner_id, Registration.training_id,
        Registration.training_session_id, Registration.status, Registration.offer_ends_at, Registration.silent,
    ).where(criterion)  # fmt: skip
    return db.session.execute(statement).one()


def next_number(training_id: int) -> int:
    """Return the next number in the training's queue."""
    return int(_count_on(training_id=training_id).scalar_one())


@kept
def _count_on() -> Any:
    trainings: Any = Training.__table__
    following = trainings.c.queue_counter + 1
    counted = (
        update(trainings).where(trainings.c.id == bindparam("training_id")).values(queue_counter=following)
    )
    return counted.returning(trainings.c.queue_counter)


def withdraw_waits(learner_id: int, training_id: int, *, but: int | None = None) -> None:
    """End a person's other waits for a training in which they now have a place."""
    for row in queue.waits_of(learner_id, training_id, but=but):
        step(row, "withdraw", Status.CANCELLED, actor=CLOCK, mailed=False)


def prove(learner_id: int) -> None:
    """Note that the person acted here: the address is their own, and what is kept of them is kept anew from today."""
    moment = now()
    db.session.execute(
        update(Learner)
        .where(Learner.id == learner_id)
        .values(
            proven_at=func.coalesce(Learner.proven_at, moment),
            acted_at=moment,
            changed_at=Learner.changed_at,
        )
        .execution_options(synchronize_session=False)
    )


def addressee(row: Any) -> dict[str, Any]:
    """Return to whom, and in which language, a mail about the registration goes."""
    learner = db.session.execute(
        select(Learner.email, Learner.language).where(Learner.id == row.learner_id)
    ).one()
    return {"learner_id": row.learner_id, "to": learner.email, "language": learner.language}


def end_past(learner_id: int) -> None:
    """Note which of a person's sessions are over: they may take those trainings again. The clock does so for all."""
    _end(Registration.learner_id == learner_id)


def end_past_of_all() -> int:
    """Note which registrations' sessions are over; return how many."""
    return _end()


def has_past() -> bool:
    """Tell whether a registration's session is over that is not noted yet."""
    return db.session.scalar(select(Registration.id).where(*_is_past()).limit(1)) is not None


def begin_again(session_id: int) -> None:
    """Take back that a session is over, which was put later; not for who has another place in the training by now."""
    other = aliased(Registration)
    elsewhere = exists().where(
        other.learner_id == Registration.learner_id,
        other.training_id == Registration.training_id,
        other.id != Registration.id,
        other.status.in_((Status.PENDING, Status.CONFIRMED)),
        other.ended_at.is_(None),
    )
    db.session.execute(
        update(Registration)
        .where(Registration.training_session_id == session_id, Registration.ended_at.is_not(None), ~elsewhere)
        .values(ended_at=None)
        .execution_options(synchronize_session=False)
    )


def _end(*criteria: Any) -> int:
    ended = db.session.execute(
        update(Registration)
        .where(*_is_past(), *criteria)
        .values(ended_at=now())
        .execution_options(synchronize_session=False)
    )
    return int(cast("CursorResult[Any]", ended).rowcount)


def _is_past() -> tuple[Any, ...]:
    over = (
        select(Meeting.training_session_id)
        .where(Meeting.cancelled_at.is_(None))
        .group_by(Meeting.training_session_id)
        .having(func.max(Meeting.ends_at) <= now())
    )
    return (
        Registration.training_session_id.in_(over),
        Registration.status.in_((Status.PENDING, Status.CONFIRMED)),
        Registration.ended_at.is_(None),
    )


def log_step(registration_id: int, verb: str, actor: Actor) -> None:
    """Put what a member of staff did to a registration into the activity log."""
    record_activity(
        f"registration_{verb}", subject_type="registration", subject_id=registration_id, account_id=actor.id
    )


def note(
    registration_id: int, verb: str, before: str | None, after: str, *, actor: Actor, reason: str = "",
    mailed: bool = True,
) -> None:  # fmt: skip
    """Add one line to a registration's history."""
    event = {"registration_id": registration_id, "at": now(), "verb": verb, "mailed": mailed}
    event |= {"from_status": before, "to_status": after, "reason": reason or None}
    insert_row(RegistrationEvent, event | {"actor_kind": actor.kind, "actor_id": actor.id})
