"""Counts of registrations, grouped by the database, with those of people who were erased beside them.

One that was moved to another session is counted where it went.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from ..database import db
from ..dates import local
from ..registration.freezing import ABOUT, ANSWERED, choices_of
from ..registration.frozen_models import FrozenCount
from ..registration.models import Learner, Registration
from ..registration.outcomes import is_kept
from .scope import Scope, midnight, month_after, month_begins, months_between

# A period of up to so many months is shown by weeks.
BY_WEEKS = 4


@dataclass
class Counted:
    """How many registrations have each value: of people who are there, and of people who are gone.

    `unknown` counts those of people who went before such counts were kept; `answered` those that have a value at all,
    where one may have several.
    """

    living: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    answered: int | None = None

    @property
    def total(self) -> int:
        """How many registrations there are."""
        if self.answered is not None:
            return self.answered
        return self.living.total() + self.gone.total() + self.unknown


@dataclass(frozen=True)
class Span:
    """A week or a month of the time line, with its days (both included) and its number."""

    begins: date
    ends: date
    number: int
    is_week: bool


def count_states(scope: Scope) -> dict[int, Counter[str]]:
    """Return how many registrations of each training, by its id, have each state."""
    columns = (Registration.training_id, Registration.status)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    # All of them are counted by an index alone, then those that were moved, which are few, are taken off.
    for criteria, sign in (((), 1), ((~is_kept(),), -1)):
        statement = select(*columns, func.count()).where(*criteria, *scope.criteria()).group_by(*columns)
        for training_id, status, number in db.session.execute(statement):
            found[training_id][status] += sign * number
    return dict(found)


def count_in_sessions(ids: Iterable[int]) -> dict[int, Counter[str]]:
    """Return how many registrations of each of these sessions have each state."""
    columns = (Registration.training_session_id, Registration.status)
    found: dict[int, Counter[str]] = {identifier: Counter() for identifier in ids}
    for criteria, sign in (((), 1), ((~is_kept(),), -1)):
        statement = select(*columns, func.count()).where(
            Registration.training_session_id.in_(list(found)), *criteria
        )
        for session_id, status, number in db.session.execute(statement.group_by(*columns)):
            found[session_id][status] += sign * number
    return found


def count_over_time(scope: Scope, begin: str, end: str) -> list[Span]:
    """Return how many registrations came in each week or month from one month to another, none left out."""
    months = months_between(begin, end)
    is_week = len(months) <= BY_WEEKS
    days: list[date] = []
    if is_week:
        day = month_begins(begin)
        while day < month_begins(month_after(end)):
            days.append(day)
            day += timedelta(days=7 - day.weekday())
    else:
        days = [month_begins(month) for month in months]
    days.append(month_begins(month_after(end)))
    # Each is a range of the index; what was moved, which is little, is taken off.
    counts = _count_ranges(scope, days)
    return [
        Span(first, after - timedelta(days=1), number, is_week)
        for (first, after), number in zip(pairwise(days), counts, strict=True)
    ]


def count_about(scope: Scope) -> dict[str, Counted]:
    """Return how many registrations there are of people of each language, country, kind of organisation and source."""
    columns = list(ABOUT.values())
    statement = (
        select(*columns, Registration.learner_id.is_(None), func.count())
        .select_from(Registration)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(is_kept(), *scope.criteria())
        .group_by(*columns, Registration.learner_id.is_(None))
    )
    found = {name: Counted() for name in ABOUT}
    erased = 0
    for *values, is_gone, number in db.session.execute(statement):
        erased += number if is_gone else 0
        for name, value in zip(ABOUT, values, strict=True):
            if not is_gone:
                found[name].living[value or ""] += number
    for name, values in frozen_counts(scope, ABOUT).items():
        found[name].gone = values
    for counted in found.values():
        counted.unknown = max(0, erased - counted.gone.total())
    return found


def count_answers(scope: Scope, question_id: int) -> Counted:
    """Return how many registrations chose each answer to a question; several choices count each."""
    own, general = (_answer(column, question_id) for column in (Registration.answers, Learner.answers))
    answer = func.coalesce(own, general)
    statement = (
        select(answer, func.count())
        .select_from(Registration)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(is_kept(), Registration.learner_id.is_not(None), *scope.criteria())
        .group_by(answer)
    )
    found = Counted(answered=0)
    for text, number in db.session.execute(statement):
        value = None if text is None else json.loads(text)
        if value is None:
            continue
        found.answered = (found.answered or 0) + number
        for choice in choices_of(value):
            found.living[choice] += number
    found.gone = frozen_counts(scope, [f"q{question_id}"])[f"q{question_id}"]
    found.answered = (found.answered or 0) + found.gone.pop(ANSWERED, 0)
    return found


def frozen_counts(scope: Scope, dimensions: Iterable[str], *criteria: Any) -> dict[str, Counter[str]]:
    """Return what is kept of people who are gone, by dimension and value."""
    wanted = list(dimensions)
    columns = (FrozenCount.dimension, FrozenCount.value)
    statement = (
        select(*columns, func.sum(FrozenCount.n))
        .where(FrozenCount.dimension.in_(wanted), *scope.frozen_criteria(), *criteria)
        .group_by(*columns)
    )
    found: dict[str, Counter[str]] = {name: Counter() for name in wanted}
    for dimension, value, number in db.session.execute(statement):
        found[dimension][value] += int(number)
    return found


def span_of_time(scope: Scope, first: str, last: str) -> tuple[str, str]:
    """Return the months that a time line of the period shows, of those from which anything can be known."""
    begin = max(scope.begin, first) if scope.begin else first
    return min(begin, last), max(min(scope.end, last) if scope.end else last, min(begin, last))


def _count_ranges(scope: Scope, days: list[date]) -> list[int]:
    moments = [midnight(day, scope.zone) for day in days]
    criteria = scope.criteria()
    ranges = [
        select(func.count())
        .select_from(Registration)
        .where(Registration.created_at >= begin, Registration.created_at < end, *criteria)
        .scalar_subquery()
        for begin, end in pairwise(moments)
    ]
    counts = list(db.session.execute(select(*ranges)).one())
    gone = db.session.scalars(select(Registration.created_at).where(~is_kept(), *criteria))
    for moment in gone:
        day = local(moment, scope.zone).date()
        for index, (first, after) in enumerate(pairwise(days)):
            if first <= day < after:
                counts[index] -= 1
    return counts


def _answer(column: Any, question_id: int) -> Any:
    """Return one answer as the text of its JSON; nothing where there is none."""
    if db.engine.dialect.name == "postgresql":
        return func.nullif(cast(cast(column, JSONB)[str(question_id)], Text), "null")
    return column.op("->", return_type=Text())(f'$."{question_id}"')
