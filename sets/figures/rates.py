"""How sessions filled, and what became of the places: capacity, waiting, cancelled places, people who did not come.

A rate is a part of a whole, both counted by the predicates of the list (`registration.outcomes`), so that each number
leads to those people.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from ..catalogue.models import SessionState, Training, TrainingSession, first_start
from ..database import db
from ..registration.models import HOLDING, Registration, Status
from ..registration.outcomes import OUTCOMES, noted_sessions
from .counting import count_in_sessions
from .scope import ANY_DATE, Scope

# The newest sessions that one page tells of.
MOST = 200


@dataclass(frozen=True)
class Rates:
    """One session's figures, or the sum of several."""

    session: TrainingSession | None
    capacity: int | None
    numbers: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        """Return a number: taken, waiting, had_place, lost_place, expected or missed."""
        return self.numbers.get(name, 0)


def percent(part: int, whole: int | None) -> int | None:
    """Return a part in whole percent, nothing of nothing. What is not all is never 100, what is not none never 0."""
    if not whole:
        return None
    if 0 < part < whole:
        return min(99, max(1, round(100 * part / whole)))
    return round(100 * part / whole)


def read_rates(scope: Scope) -> list[Rates]:
    """Return the sessions that begin in the period, the first one first; those without a date where it has no end."""
    sessions = _sessions(scope)
    ids = [session.id for session in sessions]
    noted = set(db.session.scalars(noted_sessions())) & set(ids)
    numbers: dict[int, dict[str, int]] = {}
    for session_id, states in count_in_sessions(ids).items():
        numbers[session_id] = {
            "taken": sum(states[state] for state in HOLDING),
            "waiting": states[Status.WAITING],
            # What `was_expected` says, without asking it of everybody.
            "expected": states[Status.CONFIRMED] if session_id in noted else 0,
        }
    for name, among in (("had_place", ids), ("lost_place", ids), ("missed", sorted(noted))):
        for session_id, number in _grouped(among, OUTCOMES[name][0]()):
            numbers[session_id][name] = number
    return [Rates(session, session.capacity, numbers[session.id]) for session in sessions]


def summed(rates: Iterable[Rates]) -> Rates:
    """Return the sum; what is taken counts where places are limited."""
    rows = list(rates)
    names = {name for row in rows for name in row.numbers}
    numbers = {name: sum(row[name] for row in rows) for name in names}
    limited = [row for row in rows if row.capacity is not None]
    numbers["taken"] = sum(row["taken"] for row in limited)
    return Rates(None, sum(row.capacity or 0 for row in limited) if limited else None, numbers)


def _sessions(scope: Scope) -> list[TrainingSession]:
    if scope.session == ANY_DATE:
        return []
    begins: Any = first_start()
    statement = select(TrainingSession).where(TrainingSession.state != SessionState.DRAFT)
    if scope.training:
        statement = statement.join(Training).where(Training.slug == scope.training)
    if scope.session:
        statement = statement.where(TrainingSession.public_id == scope.session)
    begins_at: datetime | None = scope.begins_at
    if begins_at:
        statement = statement.where(
            or_(begins >= begins_at, begins.is_(None) if not scope.ends_at else begins >= begins_at)
        )
    if scope.ends_at:
        statement = statement.where(begins < scope.ends_at)
    statement = statement.options(selectinload(TrainingSession.meetings)).order_by(
        begins.is_(None).desc(), begins.desc(), TrainingSession.id.desc()
    )
    return list(reversed(list(db.session.scalars(statement.limit(MOST)))))


def _grouped(ids: list[int], criterion: Any) -> Iterable[Any]:
    if not ids:
        return ()
    session_id = Registration.training_session_id
    return db.session.execute(
        select(session_id, func.count()).where(session_id.in_(ids), criterion).group_by(session_id)
    )
