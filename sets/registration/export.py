"""The export of what a filter shows: its columns, as a spreadsheet or as CSV, row by row with flat memory.

A column is one line of COLUMNS; the questions' columns follow, by id. Headings are in the organiser's language, keys
never change: they name the columns of the spreadsheet and stand on its second sheet.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter
from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text, cast, select, type_coerce
from sqlalchemy.orm import selectinload

from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..languages import LANGUAGES, current_language, localised
from ..questionnaires.answers import AnswerReader
from . import codes
from .listing import SORTS, Filter, matching
from .models import Consent, Learner, Registration
from .wording import origin_words, status_words

# Rows fetched at once.
BATCH = 1000
# What a spreadsheet reads as a formula, also in full width and after blanks (OWASP, CSV injection).
FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
FIRST_SIGNS = frozenset("=+-@\t\r\n \u00a0\u3000\uff1d\uff0b\uff0d\uff20")
SHEET_LIMIT = 32_767

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
        self.zone = ZoneInfo(zone)
        self.language = current_language()
        self.locale = Locale.parse(LANGUAGES[self.language].locale)
        self.answers = AnswerReader(self.language)
        self.trainings = {training.id: self._title(training) for training in _trainings()}
        self.sessions = {session.id: session for session in _sessions()}

    def moment(self, value: Any) -> datetime | None:
        """Return a stored moment as the hour of the organiser's clock, without a zone, as spreadsheets know it."""
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value[:16]).replace(tzinfo=UTC)
        return value.astimezone(self.zone).replace(tzinfo=None, second=0, microsecond=0)

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
    Column("news", _l("Wants news"), Consent.id, lambda _c: _yes_no()),
    Column("origin", _l("Registered by"), Registration.origin, lambda _c: origin_words),
    Column("reference", _l("Reference"), Registration.public_id, width=38),
)  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """A prepared export: keys and headings of its columns, and its rows as lists of cells."""

    keys: list[str]
    headings: list[str]
    kinds: list[str]
    widths: list[int]
    rows: Iterator[list[Any]]


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
        rows=_rows(wanted, context),
    )


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """Yield the export as CSV: UTF-8 with BOM, semicolons, no cell that a spreadsheet takes for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([inert(heading) for heading in sheet.headings])
    moments = [index for index, kind in enumerate(sheet.kinds) if kind == MOMENT]
    texts = [index for index, kind in enumerate(sheet.kinds) if kind != MOMENT]
    for count, row in enumerate(sheet.rows, start=1):
        for index in moments:
            if row[index] is not None:
                row[index] = row[index].isoformat(" ", "minutes")
        for index in texts:
            cell = row[index]
            if cell and cell[0] in FIRST_SIGNS:
                row[index] = inert(cell)
        writer.writerow(row)
        if count % BATCH == 0:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_xlsx(sheet: Sheet, path: Path, *, about: Iterable[tuple[str, str]] = ()) -> int:
    """Write the export as a spreadsheet and return how many rows it has; `about` are lines of the second sheet."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    book = xlsxwriter.Workbook(str(path), options)
    head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
    page = book.add_worksheet(_("Registrations")[:31])
    page.freeze_panes(1, 0)
    for index, (heading, width, kind) in enumerate(
        zip(sheet.headings, sheet.widths, sheet.kinds, strict=True)
    ):
        page.set_column(index, index, width, moment if kind == MOMENT else None)
        page.write_string(0, index, heading, head)
    count = _write_rows(page, sheet, moment)
    page.autofilter(0, 0, count, len(sheet.keys) - 1)
    for index, key in enumerate(sheet.keys):
        column = xlsxwriter.utility.xl_col_to_name(index)
        book.define_name(f"col_{key}".replace("-", "_"), f"='{page.name}'!${column}:${column}")
    _write_about(book, sheet, head, about)
    book.close()
    return count


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


# ------------------------------------------------------------------------------------------------- shared steps


def _write_rows(page: Any, sheet: Sheet, moment: Any) -> int:
    write_string, write_datetime = page.write_string, page.write_datetime
    is_moment = [kind == MOMENT for kind in sheet.kinds]
    count = 0
    for count, row in enumerate(sheet.rows, start=1):
        for index, cell in enumerate(row):
            if not cell:
                continue
            if is_moment[index]:
                write_datetime(count, index, cell, moment)
            else:
                write_string(count, index, cell[:SHEET_LIMIT])
    return count


def _write_about(book: Any, sheet: Sheet, head: Any, about: Iterable[tuple[str, str]]) -> None:
    page = book.add_worksheet(_("Columns")[:31])
    page.set_column(0, 1, 34)
    line = 0
    for line, (term, value) in enumerate(about):
        page.write_string(line, 0, term, head)
        page.write_string(line, 1, value)
    line += 2
    page.write_string(line, 0, _("Key"), head)
    page.write_string(line, 1, _("Column"), head)
    for number, (key, heading) in enumerate(zip(sheet.keys, sheet.headings, strict=True), start=line + 1):
        page.write_string(number, 0, key)
        page.write_string(number, 1, heading)


def _rows(wanted: Filter, context: Context) -> Iterator[list[Any]]:
    """Yield each row's cells. Moments and JSON are read raw: turning them into objects twice would cost most."""
    sources = [_raw(column.source) for column in COLUMNS]
    answers = [cast_answers(Registration.answers), cast_answers(Learner.answers)]
    named = [source.label(f"c{index}") for index, source in enumerate([*sources, *answers])]
    statement = matching(wanted, *named, with_learner=True).outerjoin(
        Consent,
        (Consent.learner_id == Registration.learner_id)
        & (Consent.kind == "news")
        & Consent.withdrawn_at.is_(None),
    )
    statement = statement.order_by(*SORTS[wanted.sort]).execution_options(yield_per=BATCH)
    converters = [
        (index, words) for index, column in enumerate(COLUMNS) if (words := column.words(context)) is not None
    ]
    converters = [
        (index, _remembering(words) if COLUMNS[index].source is not Registration.created_at else words)
        for index, words in converters
    ]
    plain, width = len(COLUMNS), len(COLUMNS) + 2
    readers = _answer_readers(context)
    for row in db.session.execute(statement):
        cells = list(row[:plain])
        for index, words in converters:
            cells[index] = words(cells[index])
        stores = [_loaded(raw) for raw in row[plain:width]]
        cells.extend(read(stores) for read in readers)
        yield [cell if cell is not None else "" for cell in cells]


def _answer_readers(context: Context) -> list[Callable[[list[dict[str, Any]]], str]]:
    def reader(question: Any) -> Callable[[list[dict[str, Any]]], str]:
        key, known = str(question.id), {}

        def read(stores: list[dict[str, Any]]) -> str:
            for answers in stores:
                value = answers.get(key)
                if value is None:
                    continue
                if isinstance(value, str):
                    return question.kind.cell(question, value, context.language)
                mark = repr(value)
                if mark not in known:
                    known[mark] = question.kind.cell(question, value, context.language)
                return known[mark]
            return ""

        return read

    return [reader(question) for question in context.answers.columns()]


def _remembering(words: Callable[[Any], Any]) -> Callable[[Any], Any]:
    known: dict[Any, Any] = {}

    def remembered(value: Any) -> Any:
        if value not in known:
            if len(known) > 5000:
                known.clear()
            known[value] = words(value)
        return known[value]

    return remembered


def _raw(column: Any) -> Any:
    if db.engine.dialect.name == "sqlite" and column in (Registration.created_at, Registration.status_at):
        return type_coerce(column, String)
    return column


def cast_answers(column: Any) -> Any:
    """Return answers as the text that the database keeps, read by `_loaded`."""
    return type_coerce(column, String) if db.engine.dialect.name == "sqlite" else cast(column, Text)


def _loaded(raw: str | None) -> dict[str, Any]:
    return json.loads(raw) if raw and raw != "{}" else {}


def _yes_no() -> Callable[[Any], str]:
    yes, no = _("Yes"), _("No")
    return lambda value: yes if value else no


def _trainings() -> list[Training]:
    return list(db.session.scalars(select(Training).options(selectinload(Training.texts))))


def _sessions() -> list[TrainingSession]:
    return list(db.session.scalars(select(TrainingSession).options(selectinload(TrainingSession.meetings))))
