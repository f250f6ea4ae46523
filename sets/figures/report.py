"""The funder's report: what took place in a period, whom it reached, on one page, with small groups protected.

Counted are sessions that took place and began in the period, and the places that people had in them. Someone who had a
place in two sessions is two participations and one person. Plain data in the language being spoken: a page shows it
(`report_views`), a layout sets it (`report_pdf`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import format_decimal
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import language_words, training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..dates import local
from ..languages import LANGUAGES, current_language
from ..registration.codes import organisation_kind_words
from ..registration.countries import country_words
from ..registration.freezing import PERSON
from ..registration.frozen_models import FrozenCount
from ..registration.models import Learner, Registration, Status
from ..registration.outcomes import came, held_sessions, is_kept, noted_sessions
from .counting import count_in_sessions
from .months import month_words, period_words
from .protecting import (
    LEAST,
    Cell,
    Protected,
    gives_away,
    is_shown,
    is_split_shown,
    protect,
    protect_both,
    sums,
)
from .rates import percent
from .scope import Scope, this_month

# Groups of a table without the others; more would need a second page.
MOST_ROWS = 10
UNKNOWN = "?"


@dataclass(frozen=True)
class Table:
    """One table of the report: every cell is a text."""

    heading: str
    heads: list[str]
    rows: list[list[str]]
    note: str = ""


@dataclass(frozen=True)
class Report:
    """The whole page: big numbers as (label, value), tables, and what is to be known to read them."""

    period: str
    made: str
    facts: list[tuple[str, str]]
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing took place."""
        return not self.tables


@dataclass(frozen=True)
class _Counts:
    """What was counted, before anything is protected."""

    sessions: list[TrainingSession]
    participations: Mapping[int, int]
    expected: Mapping[int, int]
    came: Mapping[int, int]
    countries: Counter[str]
    kinds: Counter[str]
    people: int

    def cells(self, numbers: Mapping[int, int]) -> dict[Cell, int]:
        """Return the numbers of the sessions by training and language."""
        found: dict[Cell, int] = {}
        for session in self.sessions:
            cell = _cell_of(session)
            found[cell] = found.get(cell, 0) + numbers.get(session.id, 0)
        return found


@dataclass(frozen=True)
class _Shown:
    """What a table of sessions may tell: by the first or second part of a cell, which numbers, and attendance."""

    place: int
    numbers: Protected
    has_attendance: bool


def read_report(scope: Scope) -> Report:
    """Return the report of the period of a scope, in the language being spoken."""
    counts = _count(scope)
    made = local(now(), scope.zone)
    period = period_words(scope.begin, scope.end or max(this_month(), scope.begin))
    if not counts.sessions:
        return Report(period, month_words(f"{made:%Y-%m}"), [])
    by_training, by_language = _protected(counts)
    tables = [
        _of_sessions(counts, _("By training"), _("Training"), by_training, _training_words()),
        _of_sessions(counts, _("By language of the session"), _("Language"), by_language, _language),
        _of_people(_("By country"), _("Country"), counts.countries, _said(country_words)),
        _of_people(
            _("By kind of organisation"),
            _("Kind of organisation"),
            counts.kinds,
            _said(organisation_kind_words),
        ),
    ]
    return Report(period, month_words(f"{made:%Y-%m}"), _facts(counts), tables, _notes(counts))


def hours_words(hours: float) -> str:
    """Return a number of hours as the language writes it, halves and quarters too."""
    return format_decimal(hours, "#,##0.##", locale=LANGUAGES[current_language()].locale)


# ------------------------------------------------------------------------------------------------- what is counted


def _count(scope: Scope) -> _Counts:
    sessions = [
        session
        for session in db.session.scalars(
            select(TrainingSession)
            .where(TrainingSession.id.in_(held_sessions()), TrainingSession.practice.is_(False))
            .options(selectinload(TrainingSession.meetings))
        )
        if session.first_meeting
        and scope.holds(f"{local(session.first_meeting.starts_at, scope.zone):%Y-%m}")
    ]
    ids = [session.id for session in sessions]
    placed = (is_kept(), Registration.status == Status.CONFIRMED, Registration.training_session_id.in_(ids))
    participations = {
        session_id: states[Status.CONFIRMED] for session_id, states in count_in_sessions(ids).items()
    }
    # What `was_expected` says, without asking it of everybody.
    noted = set(db.session.scalars(noted_sessions())) & set(ids)
    countries, kinds, erased = _of_learners(placed)
    gone = _gone(ids)
    for found, name in ((countries, "country"), (kinds, "kind")):
        found.update(gone.get(name, {}))
        if (unknown := erased - sum(gone.get(name, {}).values())) > 0:
            found[UNKNOWN] += unknown
    return _Counts(
        sessions=sessions,
        participations=participations,
        expected={session_id: participations[session_id] for session_id in noted},
        came=_by(Registration.training_session_id, came(), Registration.training_session_id.in_(noted)),
        countries=countries,
        kinds=kinds,
        people=_number(func.count(Registration.learner_id.distinct()), *placed)
        + _people_gone(scope, gone, erased),
    )


def _by(column: Any, *criteria: Any) -> dict[Any, int]:
    rows = db.session.execute(select(column, func.count()).where(*criteria).group_by(column))
    return {row[0]: row[1] for row in rows}


def _number(counted: Any, *criteria: Any) -> int:
    return int(db.session.scalar(select(counted).select_from(Registration).where(*criteria)) or 0)


def _of_learners(criteria: Iterable[Any]) -> tuple[Counter[str], Counter[str], int]:
    """Return the participations of people who are there by country and by kind, and how many are of people gone."""
    columns = (Registration.learner_id.is_(None), Learner.country, Learner.organisation_kind)
    statement = (
        select(*columns, func.count())
        .select_from(Registration)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(*criteria)
        .group_by(*columns)
    )
    countries, kinds, erased = Counter[str](), Counter[str](), 0
    for is_gone, country, kind, number in db.session.execute(statement):
        if is_gone:
            erased += number
        else:
            countries[country or ""] += number
            kinds[kind or ""] += number
    return countries, kinds, erased


def _gone(ids: list[int]) -> dict[str, Counter[str]]:
    """Return what is kept of people who had a place in these sessions and are gone."""
    columns = (FrozenCount.dimension, FrozenCount.value)
    statement = (
        select(*columns, func.sum(FrozenCount.n))
        .where(
            FrozenCount.session_id.in_(ids),
            FrozenCount.status == str(Status.CONFIRMED),
            FrozenCount.dimension.in_(("country", "kind", PERSON)),
        )
        .group_by(*columns)
    )
    found: dict[str, Counter[str]] = {}
    for dimension, value, number in db.session.execute(statement):
        found.setdefault(dimension, Counter())[value] += int(number)
    return found


def _people_gone(scope: Scope, gone: Mapping[str, Counter[str]], erased: int) -> int:
    """Return how many different people are gone: those whose session before was not of this period.

    Of those who went before such counts were kept, each place counts as a person.
    """
    kept = gone.get(PERSON, Counter())
    first = sum(number for before, number in kept.items() if not before or not scope.holds(before))
    return first + max(0, erased - kept.total())


# ------------------------------------------------------------------------------------------------- what is shown


def _facts(counts: _Counts) -> list[tuple[str, str]]:
    hours = sum(_hours(session) for session in counts.sessions)
    participations = sum(counts.participations.values())
    return [
        (_("Sessions held"), str(len(counts.sessions))),
        (_("Hours of live training"), hours_words(hours)),
        (_("Participations"), _size(participations)),
        (_("Different people"), _size(counts.people)),
        (_("Attendance"), _attendance(sum(counts.came.values()), sum(counts.expected.values()))),
    ]


def _notes(counts: _Counts) -> list[str]:
    found = [
        _(
            "A participation is one person’s confirmed place in one session that took place. Sessions "
            "count by their first meeting."
        ),
        _(
            "Attendance: of the participations in sessions whose attendance was noted, how many came "
            "to one meeting at least."
        ),
        _(
            "Groups of fewer than %(number)s people are put together with others, so that nobody can "
            "be recognised.",
            number=LEAST,
        ),
    ]
    return found if sum(counts.expected.values()) else [found[0], found[2]]


def _protected(counts: _Counts) -> tuple[_Shown, _Shown]:
    """Return what may be shown by training and by language, so that neither tells what the other does not."""
    numbers = protect_both(counts.cells(counts.participations))
    expected, arrived = counts.cells(counts.expected), counts.cells(counts.came)
    absent = {cell: number - arrived[cell] for cell, number in expected.items()}
    is_told = [
        any(expected.values())
        and all(
            is_split_shown(sums(arrived, place)[group], whole)
            for group, whole in sums(expected, place).items()
        )
        for place in (0, 1)
    ]
    tables = [Protected(sums(arrived, place) if is_told[place] else {}) for place in (0, 1)]
    if any(gives_away(cells, tables[0], tables[1]) for cells in (arrived, absent)):
        is_told[1] = False
    return _Shown(0, numbers[0], is_told[0]), _Shown(1, numbers[1], is_told[1])


def _of_sessions(
    counts: _Counts, heading: str, head: str, shown: _Shown, words: Callable[[str], str]
) -> Table:
    """Return a table of what the sessions have: how many, hours, participations, attendance where all may be told."""
    place, protected, has_attendance = shown.place, shown.numbers, shown.has_attendance
    sessions, hours = Counter[str](), dict[str, float]()
    for session in counts.sessions:
        group = _cell_of(session)[place]
        sessions[group] += 1
        hours[group] = hours.get(group, 0) + _hours(session)
    expected, arrived = (sums(counts.cells(numbers), place) for numbers in (counts.expected, counts.came))
    rows = []
    for group in sorted(sessions, key=words):
        row = [words(group), str(sessions[group]), hours_words(hours[group]), _cell(protected, group)]
        rate = percent(arrived[group], expected[group])
        rows.append(row + ([_percent(rate)] if has_attendance else []))
    note = ""
    if protected.together and protected.sum_together is not None:
        note = _("* together: %(number)s.", number=protected.sum_together)
    elif protected.together:
        note = _("Too few participations to tell them apart.")
    heads = [head, _("Sessions"), _("Hours"), _("Participations")]
    return Table(heading, heads + ([_("Attendance")] if has_attendance else []), rows, note)


def _of_people(heading: str, head: str, numbers: Counter[str], words: Callable[[str], str]) -> Table:
    """Return a table of what people said: the largest groups, and the others together."""
    protected = protect(numbers)
    if protected.together and protected.sum_together is None:
        return Table(heading, [], [], _("Too few participations to tell them apart."))
    largest = sorted(protected.shown.items(), key=lambda one: (-one[1], words(one[0])))
    # A group alone would not be "others"; what is left over joins those that must not be shown.
    most = len(largest) if len(largest) <= MOST_ROWS + 1 and not protected.together else MOST_ROWS
    others = (protected.sum_together or 0) + sum(number for _group, number in largest[most:])
    rows = [[words(group), str(number)] for group, number in largest[:most]]
    if others:
        rows.append([_("Others"), str(others)])
    return Table(heading, [head, _("Participations")], rows)


def _cell(protected: Protected, group: str) -> str:
    if group in protected.shown:
        return str(protected.shown[group])
    return "*" if protected.sum_together is not None else "–"


def _size(number: int) -> str:
    return str(number) if is_shown(number) else _("fewer than %(number)s", number=LEAST)


def _attendance(came_: int, expected: int) -> str:
    if not expected:
        return _("not noted")
    if is_split_shown(came_, expected):
        return _percent(percent(came_, expected))
    if not is_shown(expected):
        return _("fewer than %(number)s people", number=LEAST)
    if not is_shown(expected - came_):
        return _("all but fewer than %(number)s", number=LEAST)
    return _("fewer than %(number)s people", number=LEAST)


def _percent(rate: int | None) -> str:
    return "–" if rate is None else _("%(percent)s %%", percent=rate)


def _cell_of(session: TrainingSession) -> Cell:
    return str(session.training_id), session.language


def _hours(session: TrainingSession) -> float:
    return sum((one.ends_at - one.starts_at).total_seconds() for one in session.standing_meetings) / 3600


def _training_words() -> Callable[[str], str]:
    labels = training_labels()
    return lambda identifier: labels[int(identifier)].short_title


def _language(code: str) -> str:
    return language_words(code).capitalize()


def _said(words: Callable[[str], str]) -> Callable[[str], str]:
    return lambda code: _("Not known any more") if code == UNKNOWN else words(code) if code else _("Not said")


def programme_words() -> list[str]:
    """Return who runs and who pays, a line each."""
    programme = current_programme()
    name = (
        programme.full_name
        if programme.name in programme.full_name
        else f"{programme.name}, {programme.full_name}"
    )
    lines = [f"{name}."]
    if programme.grant:
        lines.append(_("Grant: %(grant)s.", grant=programme.grant))
    return [*lines, _("This site is run by %(operator)s.", operator=programme.operator)]
