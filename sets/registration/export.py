"""The export of what a filter shows: its columns, and its rows read in batches, so that memory stays flat.

A column is one line of COLUMNS; the questions' columns follow, by id. Headings are in the organiser's language, keys
never change. What becomes of them in a file is in `export_files.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text, case, cast, literal, select, type_coerce
from sqlalchemy.orm import selectinload

from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..languages import LANGUAGES, current_language, localised
from ..questionnaires.answers import AnswerReader
from . import codes
from .listing import SORTS, Filter, matching
from .models import Consent, Learner, Registration
from .wording import origin_words, status_words

# Rows read at once.
BATCH = 1000
# Values of a column whose words are remembered.
MOST_REMEMBERED = 5000

TEXT, MOMENT = "text", "moment"


@dataclass(frozen=True)
class Column:
    """One column: its key for ever, its heading, what is read, and how a value becomes a cell."""

    key: str
    heading: Any
    source: Any
    words: Callable[[Context], Callable[[Any], Any] | None] = lambda _context: None
    kind: str = TEXT
    width: int = 16


class Context:
    """What cells need besides their value, read once per export: names, zones, languages."""

    def __init__(self, zone: str) -> None:
        self.language = current_language()
        self.locale = Locale.parse(LANGUAGES[self.language].locale)
        self.answers = AnswerReader(self.language)
        self.trainings = {training.id: self._title(training) for training in _trainings()}
        self.sessions = {session.id: session for session in _sessions()}
        self._offsets = _Remembered(_Offset(ZoneInfo(zone)))
        self._zone = ZoneInfo(zone)

    def moment(self, value: Any) -> datetime | None:
        """Return a stored moment as the hour of the organiser's clock, without a zone, as spreadsheets know it."""
        if value is None:
            return None
        if isinstance(value, str):
            utc = datetime.fromisoformat(value[:16])
        else:
            utc = value.astimezone(UTC).replace(tzinfo=None, second=0, microsecond=0)
        offset = self._offsets[utc.toordinal()]
        if offset is None:
            return utc.replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)
        return utc + offset

    def first_meeting(self, session_id: int | None) -> datetime | None:
        """Return when the session begins, on the organiser's clock."""
        session = self.sessions.get(session_id or 0)
        meeting = session.first_meeting if session else None
        return self.moment(meeting.starts_at) if meeting else None

    def language_name(self, code: str | None) -> str:
        """Return the language's name in the organiser's language."""
        return self.locale.languages.get(code or "", code or "")

    def session_language(self, session_id: int | None) -> str:
        """Return the name of the language that the session is held in."""
        session = self.sessions.get(session_id or 0)
        return self.language_name(session.language) if session else ""

    def country(self, code: str | None) -> str:
        """Return the country's name in the organiser's language."""
        return self.locale.territories.get(code or "", code or "")

    def _title(self, training: Training) -> str:
        _code, text = localised(training.texts, self.language)
        return text.fields.get("short_title", text.title) if text else training.slug


def _coded(table: dict[str, Any]) -> Callable[[Context], Callable[[Any], str]]:
    def words(_context: Context) -> Callable[[Any], str]:
        names = {code: str(label) for code, label in table.items()}
        return lambda code: names.get(code, code or "")

    return words


def _yes_no(_context: Context) -> Callable[[Any], str]:
    names = {1: _("Yes"), 0: _("No")}
    return lambda value: names.get(value, "")


# Nothing is said of people who were erased.
_NEWS = case((Learner.id.is_(None), None), (Consent.id.is_(None), literal(0)), else_=literal(1))

COLUMNS: tuple[Column, ...] = (
    Column("received_at", _l("Received"), Registration.created_at, lambda c: c.moment, MOMENT, 17),
    Column("training", _l("Training"), Registration.training_id, lambda c: c.trainings.get, width=26),
    Column("session_language", _l("Session in"), Registration.training_session_id, lambda c: c.session_language),
    Column("session_starts_at", _l("First meeting"), Registration.training_session_id, lambda c: c.first_meeting,
           MOMENT, 17),
    Column("status", _l("State"), Registration.status, lambda _c: status_words, width=18),
    Column("status_at", _l("Since"), Registration.status_at, lambda c: c.moment, MOMENT, 17),
    Column("last_name", _l("Last name"), Learner.last_name, width=20),
    Column("first_name", _l("First name"), Learner.first_name, width=18),
    Column("email", _l("E-mail"), Learner.email, width=32),
    Column("organisation", _l("Organisation"), Learner.organisation, width=28),
    Column("organisation_kind", _l("Kind of organisation"), Learner.organisation_kind,
           _coded(codes.ORGANISATION_KINDS), width=22),
    Column("role", _l("Role"), Learner.role, width=22),
    Column("country", _l("Country"), Learner.country, lambda c: c.country),
    Column("mail_language", _l("Language of mails"), Learner.language, lambda c: c.language_name),
    Column("source", _l("Heard of it through"), Learner.source, _coded(codes.SOURCES), width=22),
    Column("news", _l("Wants news"), _NEWS, _yes_no),
    Column("origin", _l("Registered by"), Registration.origin, lambda _c: origin_words),
    Column("reference", _l("Reference"), Registration.public_id, width=38),
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A prepared export: keys and headings of its columns, and its rows, a batch at a time, each batch by columns."""

    keys: list[str]
    headings: list[str]
    kinds: list[str]
    widths: list[int]
    batches: Iterator[list[Sequence[Any]]]


def prepare(wanted: Filter, zone: str) -> Sheet:
    """Return the export of what the filter shows, in its order, in the language being spoken.

    `zone` is the organiser's: moments are on their clock. Rows are read while they are written.
    """
    context = Context(zone)
    questions = context.answers.columns()
    return Sheet(
        keys=[column.key for column in COLUMNS] + [f"q_{question.key}" for question in questions],
        headings=[str(column.heading) for column in COLUMNS]
        + [question.words(context.language) for question in questions],
        kinds=[column.kind for column in COLUMNS] + [TEXT] * len(questions),
        widths=[column.width for column in COLUMNS] + [30] * len(questions),
        batches=_batches(wanted, context),
    )


# ------------------------------------------------------------------------------------------------- shared steps


def _batches(wanted: Filter, context: Context) -> Iterator[list[Sequence[Any]]]:
    """Yield batches of cells, by columns: what repeats is looked up column by column, which costs least."""
    words = [
        _Remembered(found) if (found := column.words(context)) is not None else None for column in COLUMNS
    ]
    readers = [(str(question.id), _cells_of(question, context)) for question in context.answers.columns()]
    result = db.session.connection().execute(
        _statement(wanted), execution_options={"yield_per": BATCH, "stream_results": True}
    )
    for rows in result.partitions():
        *plain, special, general = zip(*rows, strict=True)
        batch: list[Sequence[Any]] = [
            column if known is None else list(map(known.__getitem__, column))
            for known, column in zip(words, plain, strict=True)
        ]
        stores = list(map(_merged, _loaded(special), _loaded(general)))
        batch += [cells([store.get(key) for store in stores]) for key, cells in readers]
        yield batch


def _statement(wanted: Filter) -> Any:
    # Moments and JSON are read raw: turning them into objects one by one would cost most.
    sources = [_raw(column.source) for column in COLUMNS]
    answers = [_raw_answers(Registration.answers), _raw_answers(Learner.answers)]
    named = [source.label(f"c{index}") for index, source in enumerate([*sources, *answers])]
    return (
        matching(wanted, *named, with_learner=True)
        .outerjoin(
            Consent,
            (Consent.learner_id == Registration.learner_id)
            & (Consent.kind == "news")
            & Consent.withdrawn_at.is_(None),
        )
        .order_by(*SORTS[wanted.sort])
    )


class _Remembered(dict[Any, Any]):
    """Words by value, each worked out once."""

    def __init__(self, words: Callable[[Any], Any]) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, value: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        words = self[value] = self._words(value)
        return words


class _Offset:
    """How far a zone's clock is from UTC on a day of UTC; None where it changes within the day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, day: int) -> timedelta | None:
        begin, end = self._at(day), self._at(day + 1)
        return begin if begin == end else None

    def _at(self, day: int) -> timedelta | None:
        return datetime.fromordinal(day).replace(tzinfo=UTC).astimezone(self._zone).utcoffset()


def _cells_of(question: Any, context: Context) -> Callable[[list[Any]], list[Any]]:
    words = _Remembered(lambda value: question.kind.cell(question, value, context.language))
    lists = _Remembered(lambda value: question.kind.cell(question, list(value), context.language))

    def cell(value: Any) -> Any:
        return lists[tuple(value)] if isinstance(value, list) else words[value]

    return lambda values: [None if value is None else cell(value) for value in values]


def _loaded(raw: Sequence[str | None]) -> list[dict[str, Any]]:
    return json.loads(f"[{','.join(text or '{}' for text in raw)}]")


def _merged(special: dict[str, Any], general: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of a registration and of its learner; the registration's count first."""
    return special if not general else general | special


def _raw(column: Any) -> Any:
    if db.engine.dialect.name == "sqlite" and column in (Registration.created_at, Registration.status_at):
        return type_coerce(column, String)
    return column


def _raw_answers(column: Any) -> Any:
    return type_coerce(column, String) if db.engine.dialect.name == "sqlite" else cast(column, Text)


def _trainings() -> list[Training]:
    return list(db.session.scalars(select(Training).options(selectinload(Training.texts))))


def _sessions() -> list[TrainingSession]:
    return list(db.session.scalars(select(TrainingSession).options(selectinload(TrainingSession.meetings))))
