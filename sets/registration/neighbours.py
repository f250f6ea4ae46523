"""Who stands before and after a registration in the list that somebody came from, and at which place. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, tuple_

from ..database import db
from .listing import COUNTED, SORTS, Filter, count_up_to, matching
from .models import Learner, Registration


@dataclass(frozen=True)
class Neighbours:
    """Public ids of the one before and the one after; the place counted from 1, where it is known, and of how many."""

    before: str = ""
    after: str = ""
    place: int = 0
    total: int = 0


def neighbours_of(registration: Registration, wanted: Filter) -> Neighbours:
    """Return what stands around a registration in the filter's order.

    One that the filter does not show any more keeps its neighbours, so that a list can be worked off, and has no place.
    """
    key = _key(registration, wanted)
    if key is None:
        return Neighbours()
    columns, values, is_falling = key
    mine = tuple_(*(literal(value, column.type) for column, value in zip(columns, values, strict=True)))
    higher, lower = tuple_(*columns) > mine, tuple_(*columns) < mine
    after, before = (lower, higher) if is_falling else (higher, lower)
    total, counts = count_up_to(wanted)
    place = 0
    if counts and _is_shown(registration, wanted):
        place = _count(_around(wanted, before)) + 1
    order = SORTS[wanted.sort]
    return Neighbours(
        before=_first(_around(wanted, before), [_turned(one) for one in order]),
        after=_first(_around(wanted, after), list(order)),
        place=place,
        total=total,
    )


def _key(registration: Registration, wanted: Filter) -> tuple[tuple[Any, ...], tuple[Any, ...], bool] | None:
    is_falling = wanted.sort.startswith("-")
    if "name" not in wanted.sort:
        columns = Registration.created_at, Registration.id
        return columns, (registration.created_at, registration.id), is_falling
    learner = registration.learner
    if learner is None:
        return None
    columns = Learner.last_name, Learner.first_name, Registration.id
    return columns, (learner.last_name, learner.first_name, registration.id), is_falling


def _around(wanted: Filter, criterion: Any) -> Any:
    by_name = "name" in wanted.sort
    statement = matching(wanted, Registration.public_id, with_learner=by_name, few=True).where(criterion)
    # Only who has a name has a place among names; it also lets the database walk their index.
    return statement.where(Registration.learner_id == Learner.id) if by_name else statement


def _turned(order: Any) -> Any:
    """Return an order the other way round."""
    modifier = getattr(order, "modifier", None)
    return order.element if modifier is not None else order.desc()


def _first(statement: Any, order: list[Any]) -> str:
    return db.session.scalar(statement.order_by(*order).limit(1)) or ""


def _count(statement: Any) -> int:
    found = statement.limit(COUNTED + 1).subquery()
    return int(db.session.scalar(select(func.count()).select_from(found)) or 0)


def _is_shown(registration: Registration, wanted: Filter) -> bool:
    statement = matching(wanted, Registration.id).where(Registration.id == registration.id)
    return db.session.scalar(statement) is not None
