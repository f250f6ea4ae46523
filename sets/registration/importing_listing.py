"""What the pages of imports show: the files, how far each is, its lines by result, whom it would mail. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from ..catalogue.models import TrainingSession
from ..clock import now
from ..database import db
from ..privacy import period
from .importing_models import ImportEntry, ImportLine, ImportRun, Result, RunState
from .models import Learner, Registration
from .queue import is_anyone_waiting

PER_PAGE = 50
MOST_RUNS = 100


@dataclass(frozen=True)
class Progress:
    """How far the worker is: so many of so many."""

    done: int
    total: int


@dataclass(frozen=True)
class Missing:
    """A session that lines ask for and that is not there."""

    training_id: int
    day: str
    lines: int


def list_runs() -> list[ImportRun]:
    """Return the imports, the newest first."""
    statement = (
        select(ImportRun)
        .where(ImportRun.state != RunState.READING)
        .order_by(ImportRun.id.desc())
        .limit(MOST_RUNS)
    )
    return list(db.session.scalars(statement))


def find_run(public_id: str) -> ImportRun | None:
    """Return that import, or None."""
    return db.session.scalar(
        select(ImportRun).where(ImportRun.public_id == public_id, ImportRun.state != RunState.READING)
    )


def count_results(import_id: int) -> dict[str, int]:
    """Return how many entries came to what, in the order of the results."""
    statement = (
        select(ImportEntry.result, func.count())
        .where(ImportEntry.import_id == import_id)
        .group_by(ImportEntry.result)
    )
    found = {row[0]: row[1] for row in db.session.execute(statement)}
    return {str(result): found[result] for result in Result if result in found}


def count_undone(import_id: int) -> dict[str, int]:
    """Return how many registrations went, and how many stayed for which reason."""
    statement = (
        select(ImportEntry.undone, func.count())
        .where(
            ImportEntry.import_id == import_id,
            ImportEntry.undone.is_not(None),
            ImportEntry.result == Result.NEW,
        )
        .group_by(ImportEntry.undone)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def list_entries(
    import_id: int, *, result: str = "", after: int = 0, page: int = 1, per_page: int = PER_PAGE
) -> list[ImportEntry]:
    """Return a page of entries with their lines, in the order of the file."""
    statement = (
        select(ImportEntry)
        .where(ImportEntry.import_id == import_id, ImportEntry.id > after)
        .options(selectinload(ImportEntry.line))
    )
    if result:
        statement = statement.where(ImportEntry.result == result)
    order = (ImportEntry.id,) if after else (ImportEntry.number, ImportEntry.id)
    statement = statement.order_by(*order).limit(per_page).offset((page - 1) * per_page)
    return list(db.session.scalars(statement))


def registrations_of(entries: list[ImportEntry]) -> dict[int, tuple[str, str]]:
    """Return the public id and the person's name of the registrations behind some entries, by id."""
    statement = (
        select(Registration.id, Registration.public_id, Learner.first_name, Learner.last_name)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(Registration.id.in_([entry.registration_id for entry in entries if entry.registration_id]))
    )
    return {
        row.id: (row.public_id, f"{row.first_name or ''} {row.last_name or ''}".strip())
        for row in db.session.execute(statement)
    }


def error_entries(import_id: int) -> Iterator[ImportEntry]:
    """Yield every entry with an error, a thousand at a time."""
    page = 1
    while entries := list_entries(import_id, result=Result.ERROR, page=page, per_page=1000):
        yield from entries
        page += 1


def sample_values(run: ImportRun, most: int = 3) -> list[list[str]]:
    """Return a few values of each column, different ones."""
    found: list[dict[str, None]] = [{} for _heading in run.headings]
    statement = (
        select(ImportLine.cells)
        .where(ImportLine.import_id == run.id, ImportLine.cells.is_not(None))
        .order_by(ImportLine.number)
        .limit(40)
    )
    for cells in db.session.scalars(statement):
        for index, cell in enumerate((cells or [])[: len(found)]):
            if cell and len(found[index]) < most:
                found[index][" ".join(cell.split())[:60]] = None
    return [list(values) for values in found]


def column_values(import_id: int, indexes: list[int]) -> Iterator[str]:
    """Yield every cell of some columns."""
    statement = select(ImportLine.cells).where(
        ImportLine.import_id == import_id, ImportLine.cells.is_not(None)
    )
    for cells in db.session.scalars(statement):
        yield from (cells[index] for index in indexes if cells and index < len(cells))


def missing_sessions(import_id: int) -> list[Missing]:
    """Return the days that lines ask for and on which no session of their training began."""
    statement = (
        select(ImportEntry.training_id, ImportEntry.wanted_day, func.count())
        .where(
            ImportEntry.import_id == import_id, ImportEntry.result == Result.ERROR,
            ImportEntry.training_id.is_not(None), ImportEntry.training_session_id.is_(None),
            ImportEntry.wanted_day.is_not(None),
        )
        .group_by(ImportEntry.training_id, ImportEntry.wanted_day)
        .order_by(ImportEntry.wanted_day, ImportEntry.training_id)
        .limit(50)
    )  # fmt: skip
    return [Missing(row[0], row[1], row[2]) for row in db.session.execute(statement)]


def count_mails(import_id: int) -> int:
    """Return how many would get a place in a session to come now, whom a mail could tell so."""
    statement = (
        select(ImportEntry.training_session_id, func.count())
        .where(ImportEntry.import_id == import_id, ImportEntry.result == Result.NEW)
        .group_by(ImportEntry.training_session_id)
    )
    asked = {row[0]: row[1] for row in db.session.execute(statement) if row[0]}
    moment, mails = now(), 0
    sessions = db.session.scalars(
        select(TrainingSession)
        .where(TrainingSession.id.in_(asked))
        .options(selectinload(TrainingSession.meetings))
    )
    for session in sessions:
        if not session.standing_meetings or session.standing_meetings[-1].ends_at <= moment:
            continue
        if is_anyone_waiting(session.id, session.training_id, session.language):
            continue
        free = asked[session.id] if session.capacity is None else session.capacity - session.places_taken
        mails += max(0, min(free, asked[session.id]))
    return mails


def count_coming(import_id: int) -> int:
    """Return how many lines are for a session that is not over."""
    statement = (
        select(TrainingSession)
        .where(
            TrainingSession.id.in_(
                select(ImportEntry.training_session_id).where(
                    ImportEntry.import_id == import_id, ImportEntry.result == Result.NEW
                )
            )
        )
        .options(selectinload(TrainingSession.meetings))
    )
    coming = [
        session.id
        for session in db.session.scalars(statement)
        if session.standing_meetings and session.standing_meetings[-1].ends_at > now()
    ]
    counted = select(func.count()).where(
        ImportEntry.import_id == import_id, ImportEntry.result == Result.NEW,
        ImportEntry.training_session_id.in_(coming),
    )  # fmt: skip
    return int(db.session.scalar(counted) or 0)


def count_old(import_id: int) -> int:
    """Return how many new lines are older than people are kept without doing anything here."""
    statement = select(func.count()).where(
        ImportEntry.import_id == import_id, ImportEntry.result == Result.NEW,
        ImportEntry.submitted_at <= now() - period("registrations"),
    )  # fmt: skip
    return int(db.session.scalar(statement) or 0)


def progress_of(run: ImportRun) -> Progress:
    """Return how far the worker is."""
    if run.state == RunState.CHECKING:
        done = select(func.count()).where(ImportLine.import_id == run.id, ImportLine.number <= run.cursor)
        return Progress(int(db.session.scalar(done) or 0), run.line_count)
    if run.state == RunState.UNDOING:
        each = ImportEntry.undone.is_not(None)
        wanted = or_(ImportEntry.result == Result.NEW, ImportEntry.filled.is_not(None), each)
        wanted = wanted & ImportEntry.done_at.is_not(None)
    else:
        each = ImportEntry.done_at.is_not(None)
        wanted = or_(ImportEntry.result.in_((Result.NEW, Result.FILLED)), each)
    statement = select(func.count(), func.count(ImportEntry.id).filter(each)).where(
        ImportEntry.import_id == run.id, wanted
    )
    total, done = db.session.execute(statement).one()
    return Progress(done, total)
