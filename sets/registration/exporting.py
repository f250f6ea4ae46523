"""Exports that are made once and fetched for a day: asked for by a form, made at once or by the worker, then ended.

Who makes one holds a claim for a while, renewed as rows are written; where its worker is gone, it is made again from
the start. The file bears the claim's name, so that no attempt disturbs another.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, or_, select, update

from .. import clock
from ..catalogue.models import Meeting
from ..database import after_commit, db, transaction
from ..languages import speaking
from ..spreadsheets import export_folder
from ..staff.activity import record_activity
from ..tokens import keyed_hash
from . import export, export_files, sign_in_sheets
from .export_kinds import KINDS, left_out_words, pseudonyms
from .export_models import ExportFile
from .export_words import filter_sentence
from .listing import Filter

log = structlog.get_logger()

# Rows that are made while the browser waits; more are made by the worker.
AT_ONCE = 2000
KEPT = timedelta(hours=24)
# How long a claim holds without a sign of life, and how many attempts there are.
LEASE, ATTEMPTS = timedelta(seconds=60), 3
# Seconds between two notes of how far it is.
NOTED_EVERY = 0.5
# What was being stored when the last export began is in the next one: no transaction lasts longer.
MARGIN = timedelta(minutes=2)
# A file of no export is somebody's who died while writing; younger ones are being written.
ABANDONED = 600
# What tells since when somebody has what is kept for so long.
REMEMBERED = timedelta(days=400)
OPEN = ("waiting", "making")
# Parts of a filter that may name a person: what was searched, who was chosen.
PERSONAL = ("q", "ids")


class ExportLost(Exception):  # noqa: N818  (no error: it is made elsewhere, or was taken back)
    """The claim is another's, or the export was taken back: what was being written is thrown away."""


@dataclass(frozen=True)
class Order:
    """What somebody asks for. `columns` are keys; None is all. `meeting_id` is a sign-in sheet's."""

    kind: str
    format: str
    wanted: Filter
    account_id: int
    language: str
    zone: str
    columns: tuple[str, ...] | None = None
    meeting_id: int | None = None
    family: str = ""
    is_new_only: bool = False


def request_export(order: Order) -> str:
    """Store what is asked for and return its public id; `make_export` or the worker makes it."""
    scope = _scope(order)
    with transaction() as session:
        since = _last_fetched(order.account_id, order.kind, scope) if order.is_new_only else None
        row = ExportFile(
            public_id=str(uuid.uuid4()), account_id=order.account_id, kind=order.kind, format=order.format,
            wanted=order.wanted.as_stored(), scope=scope, meeting_id=order.meeting_id, family=order.family,
            columns=None if order.columns is None else list(order.columns), language=order.language,
            zone=order.zone, is_new_only=order.is_new_only, since=since, taken_at=clock.now(), state="waiting",
        )  # fmt: skip
        session.add(row)
        return row.public_id


def is_small(public_id: str) -> bool:
    """Tell whether an export is made while the browser waits."""
    row = _row(public_id)
    return row.kind == "sign_in" or export.count_rows(wanted_by(row), since_of(row), AT_ONCE + 1) <= AT_ONCE


def make_export(public_id: str) -> bool:
    """Make an export that waits; False where another makes it already, or it was taken back."""
    claim = _claimed(ExportFile.public_id == public_id)
    return claim is not None and _make(claim)


def make_due() -> int:
    """Make the next export that waits, or whose worker is gone; return how many were made."""
    waits = (ExportFile.state == "waiting") | (
        (ExportFile.state == "making") & (ExportFile.claimed_until <= clock.now())
    )
    if db.session.scalar(select(ExportFile.id).where(waits).limit(1)) is None:
        return 0
    claim = _claimed(waits)
    if claim is None:
        return 0
    _make(claim)
    return 1


def note_fetched(public_id: str, account_id: int) -> None:
    """Note that a file was fetched: what is new since then counts from it. Another's fetching is in the log."""
    with transaction() as session:
        row = session.scalar(select(ExportFile).where(ExportFile.public_id == public_id))
        if row is None:
            return
        if row.account_id == account_id:
            row.fetched_at = clock.now()
        else:
            record_activity("export_fetched", subject_type="export", subject_id=row.id, rows=row.rows_done)


def end_export(public_id: str) -> bool:
    """Remove one export's file now; False where there is none."""
    with transaction():
        return _end(ExportFile.public_id == public_id) > 0


def forget_exports() -> int:
    """End what is over, remove what nobody will fetch; return how many ended."""
    moment = clock.now()
    with transaction() as session:
        ended = _end((ExportFile.state == "ready") & (ExportFile.ends_at <= moment))
        old = ExportFile.taken_at <= moment - REMEMBERED
        session.execute(delete(ExportFile).where(old, ExportFile.state.in_(("ended", "failed"))))
    _sweep(moment)
    return ended


def end_all() -> None:
    """In the open transaction: end every file, and have those that are being made begin anew.

    Somebody is being erased, and is found in no file after that.
    """
    _end(ExportFile.state == "ready")
    moving = ExportFile.state == "making"
    names = db.session.scalars(select(ExportFile.claim).where(moving)).all()
    _remove_after_commit([f"{name}.{ending}" for name in names for ending in ("xlsx", "csv", "pdf")])
    db.session.execute(
        update(ExportFile)
        .where(moving)
        .values(state="waiting", claim=None, claimed_until=None, rows_done=0, attempts=0)
        .execution_options(synchronize_session=False)
    )


def path_of(row: ExportFile) -> Path:
    """Return where an export's file is, or will be."""
    return export_folder(Path(current_app.instance_path)) / f"{row.claim}.{row.format}"


def wanted_by(row: ExportFile) -> Filter:
    """Return the filter of an export."""
    return Filter.from_stored(row.wanted)


def since_of(row: ExportFile) -> datetime | None:
    """Return after which moment things are new to who asked; None is from the beginning."""
    return row.since - MARGIN if row.since is not None else None


# ------------------------------------------------------------------------------------------------- shared steps


def _scope(order: Order) -> str:
    wanted = {name: value for name, value in order.wanted.as_stored().items() if name != "sort"}
    return keyed_hash("export", json.dumps([wanted, order.family, order.meeting_id], sort_keys=True))


def _last_fetched(account_id: int, kind: str, scope: str) -> datetime | None:
    own = (ExportFile.account_id == account_id, ExportFile.kind == kind, ExportFile.scope == scope)
    latest = select(ExportFile.taken_at).where(*own, ExportFile.fetched_at.is_not(None))
    return db.session.scalar(latest.order_by(ExportFile.taken_at.desc()).limit(1))


def _row(public_id: str) -> ExportFile:
    return db.session.scalars(select(ExportFile).where(ExportFile.public_id == public_id)).one()


def _claimed(which: Any) -> str | None:
    """Take one export that waits, or whose claim ran out, and return the claim; None where there is none."""
    claim, moment = str(uuid.uuid4()), clock.now()
    free = or_(ExportFile.state == "waiting", ExportFile.claimed_until <= moment)
    one = (
        select(ExportFile.id).where(which, ExportFile.state.in_(OPEN), free).order_by(ExportFile.id).limit(1)
    )
    quiet = {"synchronize_session": False}
    with transaction() as session:
        found = session.scalar(one.with_for_update(skip_locked=True))
        if found is None:
            return None
        tired = (ExportFile.id == found, ExportFile.attempts >= ATTEMPTS)
        values = {"state": "failed", "claim": None, "claimed_until": None}
        if session.execute(
            update(ExportFile).where(*tired).values(values).execution_options(**quiet)
        ).rowcount:
            return None
        values = {
            "state": "making", "claim": claim, "claimed_until": moment + LEASE, "rows_done": 0,
            "attempts": ExportFile.attempts + 1,
        }  # fmt: skip
        session.execute(
            update(ExportFile).where(ExportFile.id == found).values(values).execution_options(**quiet)
        )
    return claim


def _make(claim: str) -> bool:
    row = db.session.scalars(select(ExportFile).where(ExportFile.claim == claim)).one_or_none()
    if row is None:
        return False
    path = path_of(row)
    row_id, kind = row.id, row.kind
    try:
        with speaking(row.language):
            rows = _write(row, path, claim)
        size = path.stat().st_size
        _finish(row_id, kind, claim, rows=rows, size=size)
    except ExportLost:
        db.session.rollback()
        path.unlink(missing_ok=True)
        return False
    except Exception:
        log.exception("export_failed", export=row_id)
        path.unlink(missing_ok=True)
        with transaction():
            _update(claim, {"state": "failed", "claim": None, "claimed_until": None})
        return False
    return True


def _write(row: ExportFile, path: Path, claim: str) -> int:
    """Write the file, in the language being spoken, and return how many rows it has."""
    if row.kind == "sign_in":
        meeting = db.session.get_one(Meeting, row.meeting_id)
        sheet = sign_in_sheets.read_sheet(meeting)
        write = sign_in_sheets.write_pdf if row.format == "pdf" else sign_in_sheets.write_xlsx
        return write(sheet, path)
    kind, wanted, since = KINDS[row.kind], wanted_by(row), since_of(row)
    about = _about(row, wanted)
    file_format, zone, columns = row.format, row.zone, row.columns
    names = pseudonyms(Path(current_app.instance_path), row.family) if row.kind == "funder" else None
    done = _progress(claim, export.count_rows(wanted, since))
    prepared = export.prepare(
        wanted, zone, kind.shape or export.FULL, since=since, only=columns, pseudonym=names
    )
    if file_format == "xlsx":
        return export_files.write_xlsx(prepared, path, about=about, done=done)
    rows = [0]
    with path.open("wb") as file:
        file.writelines(export_files.csv_lines(prepared, lambda count: (rows.append(count), done(count))[0]))
    return rows[-1]


def _progress(claim: str, total: int) -> Callable[[int], None]:
    """Return what notes how far it is, now and then; raises ExportLost where the claim is not ours any more."""
    _note(claim, rows_total=total, rows_done=0)
    noted = time.monotonic()

    def done(count: int) -> None:
        nonlocal noted
        if time.monotonic() - noted >= NOTED_EVERY:
            noted = time.monotonic()
            _note(claim, rows_total=max(total, count), rows_done=count)

    return done


def _note(claim: str, **values: Any) -> None:
    # A connection of its own: the rows are still being read on this one.
    with current_app.app_context(), transaction():
        if not _update(claim, values | {"claimed_until": clock.now() + LEASE}):
            raise ExportLost


def _finish(row_id: int, kind: str, claim: str, *, rows: int, size: int) -> None:
    moment = clock.now()
    with transaction() as session:
        made = {"state": "ready", "rows_done": rows, "rows_total": rows, "bytes": size, "made_at": moment}
        if not _update(claim, made | {"ends_at": moment + KEPT, "claimed_until": None}):
            raise ExportLost
        row = session.get_one(ExportFile, row_id, populate_existing=True)
        record_activity(
            f"export_made_{kind}", subject_type="export", subject_id=row_id, rows=rows,
            filter=wanted_by(row).for_log(), account_id=row.account_id,
        )  # fmt: skip


def _update(claim: str, values: dict[str, Any]) -> int:
    mine = (ExportFile.claim == claim, ExportFile.state == "making")
    statement = update(ExportFile).where(*mine).values(values)
    result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    return result.rowcount


def _end(which: Any) -> int:
    """In the open transaction: end exports, forget what was searched, and remove their files after it."""
    rows = db.session.scalars(select(ExportFile).where(which, ExportFile.state == "ready")).all()
    for row in rows:
        kept = {name: value for name, value in row.wanted.items() if name not in PERSONAL}
        row.state, row.wanted = "ended", kept
    _remove_after_commit([f"{row.claim}.{row.format}" for row in rows])
    return len(rows)


def _remove_after_commit(names: list[str]) -> None:
    folder = export_folder(Path(current_app.instance_path))

    def remove() -> None:
        for name in names:
            (folder / name).unlink(missing_ok=True)

    if names:
        after_commit(remove)


def _sweep(moment: datetime) -> None:
    """Remove the files that no export has, once they are old enough not to be in somebody's hand."""
    folder = export_folder(Path(current_app.instance_path))
    live = ExportFile.state.in_(("making", "ready"))
    names = {f"{row.claim}.{row.format}" for row in db.session.scalars(select(ExportFile).where(live))}
    for path in folder.iterdir():
        if path.name not in names and moment.timestamp() - path.stat().st_mtime > ABANDONED:
            path.unlink(missing_ok=True)


def _about(row: ExportFile, wanted: Filter) -> list[tuple[str, str]]:
    moment = export.Context(row.zone).moment
    lines = [
        (_("Export"), str(KINDS[row.kind].name)),
        (_("Made"), f"{moment(row.taken_at):%d/%m/%Y %H:%M} ({row.zone})"),
        (_("Filter used"), filter_sentence(wanted)),
    ]
    if row.is_new_only:
        since = f"{moment(row.since):%d/%m/%Y %H:%M} ({row.zone})" if row.since else _("the beginning")
        lines.append((_("New or changed since"), since))
    return lines + left_out_words(row.kind)
