"""The export of what a filter shows: its columns, and its rows read in batches, so that memory stays flat.

A column is one line of COLUMNS; the questions' columns follow, by id (`export_answers.py`). Headings are in the
organiser's language, keys never change. Who may have which columns is in `export_kinds.py`, what becomes of them in a
file in `export_files.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text, case, cast, func, literal, or_, select, type_coerce
from sqlalchemy.orm import selectinload

from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..languages import LANGUAGES, current_language, localised
from ..questionnaires.types import AskedQuestion
from . import codes
from .export_answers import Answers, Flags
from .export_cells import DATE, MOMENT, NUMBER, TEXT, Offset, Remembered
from .listing import SORTS, Filter, matching
from .models import Consent, Learner, Registration
from .wording import origin_words, status_words

__all__ = [
    "BATCH",
    "COLUMNS",
    "DATE",
    "MOMENT",
    "NUMBER",
    "TEXT",
    "Column",
    "Context",
    "Shape",
    "Sheet",
    "prepare",
]

# Rows read at once.
BATCH = 1000


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

    def __init__(self, zone: str, pseudonym: Callable[[str], str] | None = None) -> None:
        self.language = current_language()
        self.locale = Locale.parse(LANGUAGES[self.language].locale)
        self.pseudonym = pseudonym
        self.trainings = {training.id: self._title(training) for training in _trainings()}
        self.sessions = {session.id: session for session in _sessions()}
        self._offsets = Remembered(Offset(ZoneInfo(zone)))
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

    def month(self, value: Any) -> str | None:
        """Return the month of a stored moment on the organiser's clock: "2026-03"."""
        moment = self.moment(value)
        return f"{moment:%Y-%m}" if moment else None

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


# Whether a row is new, or was there and changed, is told beside the last export's moment.
NOVELTY = "novelty"


@dataclass(frozen=True)
class Shape:
    """What an export shows of each registration: its columns, and which questions it asks."""

    columns: tuple[Column, ...] = COLUMNS
    asks: Callable[[AskedQuestion], bool] = lambda _question: True
    # Whether what people wrote beside "other" has its column.
    tells_other: bool = True
    # The column by whose cells the second sheet names a registration.
    named_by: str = "reference"


FULL = Shape()


@dataclass(frozen=True)
class Sheet:
    """A prepared export: keys and headings of its columns, and its rows, a batch at a time, each batch by columns.

    `flags` are the lines of the second sheet, filled anew by each batch for whoever wants them.
    """

    keys: list[str]
    headings: list[str]
    kinds: list[str]
    widths: list[int]
    batches: Iterator[list[Sequence[Any]]]
    flags: Flags | None = None


def prepare(
    wanted: Filter,
    zone: str,
    shape: Shape = FULL,
    *,
    since: datetime | None = None,
    only: Sequence[str] | None = None,
    pseudonym: Callable[[str], str] | None = None,
) -> Sheet:
    """Return the export of what the filter shows, in its order, in the language being spoken.

    `zone` is the organiser's: moments are on their clock. With `since`, only what is new or changed after it. `only`
    keeps the columns of these keys. Rows are read while they are written.
    """
    context = Context(zone, pseudonym)
    columns = shape.columns if since is None else (*shape.columns, _novelty(since))
    columns = tuple(column for column in columns if only is None or column.key in (*only, NOVELTY))
    answers = Answers(
        context.language, lambda one: shape.asks(one) and (only is None or f"q_{one.key}" in only),
        tells_other=shape.tells_other,
    )  # fmt: skip
    name = next((at for at, column in enumerate(columns) if column.key == shape.named_by), None)
    flags = answers.flags(str(columns[name].heading)) if name is not None else None
    return Sheet(
        keys=[column.key for column in columns] + answers.keys,
        headings=[str(column.heading) for column in columns] + answers.headings,
        kinds=[column.kind for column in columns] + answers.kinds,
        widths=[column.width for column in columns] + [30] * len(answers.keys),
        batches=_batches(_statement(wanted, columns, since), columns, context, answers, (flags, name)),
        flags=flags,
    )


def count_rows(wanted: Filter, since: datetime | None = None, most: int | None = None) -> int:
    """Return how many rows an export has, counting no further than `most`."""
    found = matching(wanted, Registration.id, with_learner=since is not None)
    if since is not None:
        found = found.where(_is_changed_since(since))
    if most is not None:
        found = found.limit(most)
    return int(db.session.scalar(select(func.count()).select_from(found.subquery())) or 0)


# ------------------------------------------------------------------------------------------------- shared steps


def _batches(
    statement: Any,
    columns: Sequence[Column],
    context: Context,
    answers: Answers,
    second: tuple[Flags | None, int | None],
) -> Iterator[list[Sequence[Any]]]:
    """Yield batches of cells, by columns: what repeats is looked up column by column, which costs least."""
    flags, name = second
    words = [
        Remembered(found) if (found := column.words(context)) is not None else None for column in columns
    ]
    result = db.session.connection().execute(
        statement, execution_options={"yield_per": BATCH, "stream_results": True}
    )
    for rows in result.partitions():
        *plain, special, general = zip(*rows, strict=True)
        batch: list[Sequence[Any]] = [
            column if known is None else list(map(known.__getitem__, column))
            for known, column in zip(words, plain, strict=True)
        ]
        stores = answers.read(special, general)
        batch += answers.cells(stores)
        if flags is not None and flags.is_wanted and name is not None:
            flags.fill(batch[name], stores)
        yield batch


def _statement(wanted: Filter, columns: Sequence[Column], since: datetime | None) -> Any:
    # Moments and JSON are read raw: turning them into objects one by one would cost most.
    sources = [_raw(column.source) for column in columns]
    answers = [_raw_answers(Registration.answers), _raw_answers(Learner.answers)]
    named = [source.label(f"c{index}") for index, source in enumerate([*sources, *answers])]
    statement = matching(wanted, *named, with_learner=True).outerjoin(
        Consent,
        (Consent.learner_id == Registration.learner_id)
        & (Consent.kind == "news")
        & Consent.withdrawn_at.is_(None),
    )
    if since is not None:
        statement = statement.where(_is_changed_since(since))
    return statement.order_by(*SORTS[wanted.sort])


def _is_changed_since(moment: datetime) -> Any:
    """Return the predicate "came or changed after the moment": the registration, its person, or their wish for news."""
    news = select(Consent.learner_id).where(
        Consent.kind == "news", or_(Consent.given_at > moment, Consent.withdrawn_at > moment)
    )
    return or_(
        Registration.created_at > moment,
        Registration.changed_at > moment,
        Learner.changed_at > moment,
        Registration.learner_id.in_(news),
    )


def _novelty(since: datetime) -> Column:
    def words(_context: Context) -> Callable[[Any], str]:
        names = {1: _("New"), 0: _("Changed")}
        return lambda value: names[value]

    source = case((Registration.created_at > since, literal(1)), else_=literal(0))
    return Column(NOVELTY, _l("New or changed"), source, words)


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
