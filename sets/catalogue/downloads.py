"""How often brochures are downloaded: a number per training, language and day, and nothing about who.

A request only adds a line to a small file, which costs no lock and no transaction; the worker counts the lines. A
crash between the two can count one minute's lines again, or not at all: it is a figure, not a promise.
"""

from __future__ import annotations

import os
import re
import uuid
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy import func, select, update

from ..clock import now
from ..database import db, transaction
from ..dates import local
from .models import BrochureDownload, Training
from .showing import current_programme

log = structlog.get_logger()

FRESH, RIPE = "downloads.lines", "downloads.counting"
MACHINES = re.compile(r"(?i)bot|crawl|spider|slurp|preview|curl|wget|python-|monitor")
LINE = re.compile(r"(\d{1,9}) ([a-z]{2,8}) (\d{4}-\d\d-\d\d)")


def note_download(training_id: int, language: str, *, agent: str) -> None:
    """Note that somebody took a brochure; machines that say what they are do not count. Never fails."""
    if MACHINES.search(agent):
        return
    day = local(now(), current_programme().time_zone).date()
    try:
        # One short line is appended whole, whoever else does the same.
        handle = os.open(_folder() / FRESH, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, f"{training_id} {language} {day.isoformat()}\n".encode())
        finally:
            os.close(handle)
    except OSError:
        log.warning("download_not_noted", exc_info=True)


def count_downloads() -> int:
    """Count what was noted up to the last call, so that nobody still writes there; return 0."""
    if taken := _renamed(RIPE, f"downloads.{uuid.uuid4().hex}"):
        _add(taken)
        taken.unlink(missing_ok=True)
    _renamed(FRESH, RIPE)
    return 0


def read_downloads(days: int = 0) -> dict[int, dict[str, int]]:
    """Return the downloads of each training in each language: of so many last days, or of all time."""
    total = func.sum(BrochureDownload.number)
    query = select(BrochureDownload.training_id, BrochureDownload.language, total)
    if days:
        query = query.where(BrochureDownload.day > now().date() - timedelta(days=days))
    found: dict[int, dict[str, int]] = {}
    grouped = query.group_by(BrochureDownload.training_id, BrochureDownload.language)
    for training_id, language, number in db.session.execute(grouped):
        found.setdefault(training_id, {})[language] = int(number)
    return found


def _add(path: Path) -> None:
    lines = (LINE.fullmatch(line) for line in path.read_text("ascii", "replace").splitlines())
    counts = Counter((int(one[1]), one[2], date.fromisoformat(one[3])) for one in lines if one)
    if not counts:
        return
    with transaction() as session:
        known = set(session.scalars(select(Training.id)))
        for (training_id, language, day), number in counts.items():
            if training_id not in known:
                continue
            key = {"training_id": training_id, "language": language, "day": day}
            more = (
                update(BrochureDownload)
                .filter_by(**key)
                .values(number=BrochureDownload.number + number)
                .execution_options(synchronize_session=False)
            )
            if not session.execute(more).rowcount:
                session.add(BrochureDownload(**key, number=number))
                session.flush()


def _renamed(name: str, to: str) -> Path | None:
    """Rename a file of this folder; None where it is not there, or another worker was faster."""
    try:
        os.rename(_folder() / name, _folder() / to)
    except FileNotFoundError:
        return None
    return _folder() / to


def _folder() -> Path:
    return Path(current_app.instance_path)
