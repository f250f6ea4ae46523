"""Who waits for what, in one strict order, and why the next person was or was not offered a place.

"Waits for session S" has one definition here: in S's queue, or waiting for any date of the training in S's language;
without a live offer for the training; and, when waiting for any date, without having had S already.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, Text, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from ..database import db
from ..statements import kept
from .models import Registration, Status


def waits_for(session_id: Any, training_id: Any, language: Any) -> ColumnElement[bool]:
    """Return the predicate "this registration waits for that session" (see the module's first lines).

    Each argument is a value, or a `bindparam` of a statement that is kept.
    """
    other = aliased(Registration)
    same_person = and_(other.learner_id == Registration.learner_id, other.training_id == training_id)
    return and_(
        Registration.training_id == training_id,
        Registration.status == Status.WAITING,
        or_(
            Registration.training_session_id == session_id,
            and_(
                Registration.training_session_id.is_(None),
                wants(language),
                ~exists().where(same_person, other.training_session_id == session_id),
                # Somebody who has a place in another session of the training waits for no date any more.
                ~exists().where(
                    same_person,
                    other.status.in_((Status.CONFIRMED, Status.PENDING)),
                    other.ended_at.is_(None),
                ),
            ),
        ),
        ~exists().where(same_person, other.status == Status.OFFERED),
    )


def wants(language: Any) -> ColumnElement[bool]:
    """Return the predicate "asks for that language"; the list is JSON, and a code is a word in quotes in it."""
    return cast(Registration.wants, Text).like('%"' + language + '"%')


def next_waiting(session_id: int, training_id: int, language: str) -> Any:
    """Return the first registration that waits for that session (id, learner_id, training_session_id), or None."""
    return _next_waiting(session_id=session_id, training_id=training_id, language=language).first()


def everyone_waiting(session_id: int, training_id: int, language: str) -> list[Any]:
    """Return all who wait for that session in strict order, each once.

    Columns: id, public_id, learner_id, training_session_id, queue_number, status, status_at.
    """
    statement = (
        select(
            Registration.id, Registration.public_id, Registration.learner_id, Registration.training_session_id,
            Registration.queue_number, Registration.status, Registration.status_at,
        )
        .where(waits_for(session_id, training_id, language))
        .order_by(Registration.queue_number, Registration.id)
    )  # fmt: skip
    # Who waits for this session and for any date stands once, at the better of the two ranks.
    found: dict[int, Any] = {}
    for row in db.session.execute(statement):
        found.setdefault(row.learner_id, row)
    return list(found.values())


def waits_of(learner_id: int, training_id: int, *, but: int | None = None) -> list[Any]:
    """Return a person's waits for a training (id, status), but for one of them."""
    return list(_waits_of(learner_id=learner_id, training_id=training_id, but=but or 0))


def is_anyone_waiting(session_id: int, training_id: int, language: str) -> bool:
    """Tell whether a newcomer would jump the queue."""
    return next_waiting(session_id, training_id, language) is not None


def rank_of(registration: Any) -> int | None:
    """Return the 1-based rank of a waiting registration for its session; None for any-date waits and other states."""
    if registration.status != Status.WAITING or registration.training_session_id is None:
        return None
    language = registration.session.language
    return rank_at(
        registration.training_session_id, registration.training_id, language, registration.queue_number
    )


def rank_at(session_id: int, training_id: int, language: str, number: int) -> int:
    """Return the rank that a queue number has for that session."""
    values = {"session_id": session_id, "training_id": training_id, "language": language, "number": number}
    return int(_rank_at.run(values).scalar_one())


def count_waiting(session_id: int, training_id: int, language: str) -> int:
    """Return how many people wait for that session."""
    statement = select(func.count(func.distinct(Registration.learner_id))).where(
        waits_for(session_id, training_id, language)
    )
    return int(db.session.execute(statement).scalar_one())


@kept
def _next_waiting() -> Any:
    columns = (
        Registration.id, Registration.learner_id, Registration.training_session_id, Registration.status,
    )  # fmt: skip
    return select(*columns).where(_waits()).order_by(Registration.queue_number, Registration.id).limit(1)


@kept
def _rank_at() -> Any:
    people = func.count(func.distinct(Registration.learner_id))
    return select(people).where(_waits(), Registration.queue_number <= bindparam("number"))


def _waits() -> ColumnElement[bool]:
    return waits_for(
        bindparam("session_id", type_=Integer),
        bindparam("training_id", type_=Integer),
        bindparam("language", type_=String),
    )


@kept
def _waits_of() -> Any:
    return select(Registration.id, Registration.status).where(
        Registration.learner_id == bindparam("learner_id"),
        Registration.training_id == bindparam("training_id"),
        Registration.status == Status.WAITING,
        Registration.id != bindparam("but"),
    )


def count_served(waiting: int, capacity: int | None, taken: int) -> int:
    """Return how many of those who wait find a place among these."""
    return waiting if capacity is None else min(waiting, max(0, capacity - taken))
