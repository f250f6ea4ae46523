"""What the worker does about imports: checking, registering and taking back, in short rounds; and forgetting lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, exists, select, update

from ..clock import now
from ..database import db, transaction
from ..privacy import period
from .importing_checking import BATCH, check_batch
from .importing_models import MOVING, ImportEntry, ImportLine, ImportRun, Result, RunState
from .importing_undoing import undo_batch
from .importing_writing import write_batch

# How long a file waits for somebody to confirm it.
KEPT_WAITING = timedelta(hours=24)
WAITING = (RunState.READING, RunState.MATCHING, RunState.CHECKING, RunState.CHECKED)
ENDED = (RunState.DONE, RunState.UNDONE)
BATCHES = {RunState.CHECKING: check_batch, RunState.WRITING: write_batch, RunState.UNDOING: undo_batch}


def run_due() -> int:
    """Do one round for the import that has waited longest; return how many lines it touched."""
    row = db.session.execute(
        select(ImportRun.id, ImportRun.state)
        .where(ImportRun.state.in_(MOVING))
        .order_by(ImportRun.changed_at, ImportRun.id)
        .limit(1)
    ).first()
    return BATCHES[RunState(row.state)](row.id) if row else 0


def forget() -> int:
    """Forget files that nobody confirmed, lines that are registered, and the rest when its time is over."""
    return _forget_waiting() + _forget_registered() + _forget_old()


def _forget_waiting() -> int:
    """Throw away files that nobody confirmed within a day: some lines, and the file itself once it has none."""
    due = select(ImportRun.id).where(
        ImportRun.state.in_(WAITING), ImportRun.changed_at <= now() - KEPT_WAITING
    )
    return _delete_lines(due)


def _forget_registered() -> int:
    """Empty lines that live on as registrations; those with errors stay for whoever corrects the file."""
    wrong = exists().where(ImportEntry.line_id == ImportLine.id, ImportEntry.result == Result.ERROR)
    due = (
        select(ImportLine.id)
        .join(ImportRun, ImportRun.id == ImportLine.import_id)
        .where(ImportRun.state.in_(ENDED), ImportLine.cells.is_not(None), ~wrong)
        .limit(BATCH)
    )
    if db.session.scalar(due.limit(1)) is None:
        return 0
    with transaction():
        return _count(
            update(ImportLine)
            .where(ImportLine.id.in_(due.scalar_subquery()))
            .values(cells=None, email_key=None)
            .execution_options(synchronize_session=False)
        )


def _forget_old() -> int:
    """Delete the lines of imports that are long over; how the columns were matched, and the numbers, stay."""
    due = select(ImportRun.id).where(
        ImportRun.state.not_in(WAITING + MOVING),
        ImportRun.changed_at <= now() - period("imports"),
        exists().where(ImportLine.import_id == ImportRun.id),
    )
    return _delete_lines(due)


def _delete_lines(runs: Any) -> int:
    import_id = db.session.scalar(runs.order_by(ImportRun.id).limit(1))
    if import_id is None:
        return 0
    with transaction():
        return delete_some(import_id)


def delete_some(import_id: int) -> int:
    """Delete some lines of a file, and the file once it has none and was never confirmed; return how many rows."""
    some = select(ImportLine.id).where(ImportLine.import_id == import_id).limit(BATCH)
    if gone := _count(delete(ImportLine).where(ImportLine.id.in_(some))):
        return gone
    return _count(delete(ImportRun).where(ImportRun.id == import_id, ImportRun.confirmed_at.is_(None)))


def _count(statement: Any) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(cast("CursorResult[Any]", done).rowcount)
