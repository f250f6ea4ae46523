"""Bringing in a file of earlier registrations: stored, matched, checked, and nothing registered before it is confirmed.

What the worker does of it is in `importing_checking`, `importing_writing` and `importing_undoing`.
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from ..catalogue import planning
from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..catalogue.planning import Plan, PlannedMeeting
from ..catalogue.versions import bump_catalogue_version
from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from .importing_checking import BATCH, read_run
from .importing_columns import Matching, headings_key, propose, remembered
from .importing_lines import Reader
from .importing_listing import count_mails, count_results
from .importing_models import ImportLine, ImportRun, Result, RunState
from .importing_reading import Table
from .importing_steps import WAITING, delete_some

CHANGEABLE = (RunState.MATCHING, RunState.CHECKING, RunState.CHECKED)
# Values that a page asks about at once, and of one column.
MOST_ASKED = 150


class ImportRefused(Exception):  # noqa: N818  (a refusal)
    """Nothing was done: `reason` is "changed" (it stands otherwise by now), "errors" (and the import was to stop at
    them), "mails" (another number would be mailed than was shown), "nothing" (no line is new) or "day".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def store_file(table: Table, file_name: str, *, account_id: int, zone: str) -> str:
    """Keep the lines of a file, and what its columns probably are; return the import's public id.

    In several steps, so that a long file keeps nobody from registering; one that is cut short is forgotten in a day.
    """
    key = headings_key(table.headings)
    matching = remembered(table.headings, key) or propose(
        table.headings, [cells for _number, cells in table.lines], zone
    )
    matching.zone = matching.zone or zone
    public_id = str(uuid.uuid4())
    with transaction() as session:
        moment = now()
        run = ImportRun(
            public_id=public_id, author_id=account_id, file_name=file_name, state=RunState.READING, revision=1,
            headings=table.headings, headings_key=key, mapping=matching.stored(), line_count=len(table.lines),
            created_at=moment, changed_at=moment,
        )  # fmt: skip
        session.add(run)
        session.flush()
        import_id = run.id
    for at in range(0, len(table.lines), BATCH):
        rows = [
            {"import_id": import_id, "number": number, "cells": cells}
            for number, cells in table.lines[at : at + BATCH]
        ]
        with transaction() as session:
            session.execute(insert(ImportLine), rows)
    with transaction():
        run = read_run(import_id)
        run.state = RunState.MATCHING
        record_activity("import_received", subject_type="import", subject_id=public_id, rows=len(table.lines))
    return public_id


def match_columns(public_id: str, matching: Matching, revision: int) -> None:
    """Store what the columns are; `start_check` follows, once the values are settled. Raises ImportRefused."""
    with transaction():
        run = _changeable(public_id, revision)
        _store(run, matching)


def settle_values(public_id: str, settled: dict[str, dict[str, str]], revision: int) -> None:
    """Store what values stand for that no list has. Raises ImportRefused("changed")."""
    with transaction():
        run = _changeable(public_id, revision)
        matching = Matching.read(run.mapping)
        for column, values in settled.items():
            matching.values[column] = matching.values.get(column, {}) | values
        _store(run, matching)


def start_check(public_id: str) -> None:
    """Have the lines checked by what the columns are now. Raises ImportRefused("changed")."""
    with transaction():
        _check_anew(_changeable(public_id))


def unknown_values(run: ImportRun) -> dict[int, list[tuple[str, int]]]:
    """Return the values that no list has, for each column: (value, at how many lines), the most frequent first."""
    reader = Reader(run.headings, run.mapping)
    coded = [index for index in range(len(run.headings)) if reader.codes(index)]
    found: dict[int, Counter[str]] = {}
    if not coded:
        return {}
    statement = select(ImportLine.cells).where(ImportLine.import_id == run.id, ImportLine.cells.is_not(None))
    for cells in db.session.scalars(statement):
        for index in coded:
            if cells and index < len(cells) and (unknown := reader.unknown_values(index, cells[index])):
                found.setdefault(index, Counter()).update(set(unknown))
    asked, left = {}, MOST_ASKED
    for index, counted in found.items():
        if left > 0:
            asked[index] = counted.most_common(left)
            left -= len(asked[index])
    return asked


def create_past_session(
    public_id: str, *, training_id: int, language: str, starts_at: datetime, ends_at: datetime, zone: str
) -> None:  # fmt: skip
    """Add a session that took place before this site knew of it, closed, and check the lines again.

    Raises ImportRefused("day") unless it is over.
    """
    with transaction() as session:
        run = _changeable(public_id)
        if ends_at > now() or ends_at <= starts_at:
            raise ImportRefused("day")
        if _is_there(training_id, language, starts_at):
            raise ImportRefused("changed")
        meeting = PlannedMeeting(starts_at, ends_at)
        made = planning.create_draft(
            Plan(training_id, language, zone, None, (meeting,), reminders=(), asks_presence=False)
        )
        made.state = SessionState.CLOSED
        record_activity("session_planned", subject_type="session", subject_id=made.id)
        bump_catalogue_version(session)
        run.revision += 1
        _check_anew(run)


def confirm(public_id: str, *, on_errors: str, mails: bool, shown: int, account_id: int) -> None:
    """Have the lines registered; `mails` writes to those who get a place in a session to come, `shown` of them.

    Raises ImportRefused: "changed", "errors", "mails" or "nothing".
    """
    with transaction():
        run = _run(public_id)
        if run is None or run.state != RunState.CHECKED:
            raise ImportRefused("changed")
        counts = count_results(run.id)
        if on_errors == "stop" and counts.get(Result.ERROR):
            raise ImportRefused("errors")
        if not counts.get(Result.NEW) and not counts.get(Result.FILLED):
            raise ImportRefused("nothing")
        if mails and count_mails(run.id) != shown:
            raise ImportRefused("mails")
        run.on_errors, run.mails, run.author_id = on_errors, mails, account_id
        run.state, run.confirmed_at, run.changed_at = RunState.WRITING, now(), now()
        rows = counts.get(Result.NEW, 0) + counts.get(Result.FILLED, 0)
        record_activity("import_confirmed", subject_type="import", subject_id=public_id, rows=rows)


def resume(public_id: str) -> None:
    """Go on with an import that stopped at an error, leaving out what else is wrong. Raises ImportRefused."""
    with transaction():
        run = _run(public_id)
        if run is None or run.state != RunState.STOPPED:
            raise ImportRefused("changed")
        run.on_errors, run.state, run.changed_at = "leave_out", RunState.WRITING, now()
        record_activity("import_resumed", subject_type="import", subject_id=public_id)


def undo(public_id: str) -> None:
    """Have a whole import taken back, but for what somebody did something with. Raises ImportRefused."""
    with transaction():
        run = _run(public_id)
        if run is None or run.state not in (RunState.DONE, RunState.STOPPED):
            raise ImportRefused("changed")
        run.state, run.changed_at = RunState.UNDOING, now()
        record_activity("import_undone", subject_type="import", subject_id=public_id)


def discard(public_id: str) -> None:
    """Throw a file away that was not confirmed, in several steps. Raises ImportRefused once it was."""
    with transaction():
        run = _run(public_id)
        if run is None or run.state not in WAITING:
            raise ImportRefused("changed")
        run.state, run.changed_at = RunState.READING, now()
        import_id = run.id
        record_activity("import_discarded", subject_type="import", subject_id=public_id)
    while _delete_some(import_id):
        pass


def _delete_some(import_id: int) -> int:
    with transaction():
        return delete_some(import_id)


def _run(public_id: str) -> Any:
    identifier = db.session.scalar(select(ImportRun.id).where(ImportRun.public_id == public_id))
    return read_run(identifier) if identifier is not None else None


def _changeable(public_id: str, revision: int | None = None) -> Any:
    run = _run(public_id)
    if run is None or run.state not in CHANGEABLE or (revision is not None and run.revision != revision):
        raise ImportRefused("changed")
    return run


def _store(run: ImportRun, matching: Matching) -> None:
    run.mapping = matching.stored()
    run.revision += 1
    run.state, run.changed_at = RunState.MATCHING, now()


def _check_anew(run: ImportRun) -> None:
    run.state, run.cursor, run.changed_at = RunState.CHECKING, 0, now()


def _is_there(training_id: int, language: str, starts_at: datetime) -> bool:
    statement = (
        select(TrainingSession.id)
        .join(Meeting, Meeting.training_session_id == TrainingSession.id)
        .where(
            TrainingSession.training_id == training_id, TrainingSession.language == language,
            Meeting.starts_at == starts_at,
        )
    )  # fmt: skip
    return db.session.scalar(statement.limit(1)) is not None
