"""Workers that are there: a sign of life in the database, and a lock in instance/ that the system frees at death."""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from .. import clock
from ..database import db, transaction
from ..installation import Worker
from . import claims

log = structlog.get_logger()

BEAT_EVERY = 10.0
# After so long without a sign of life nobody waits for that worker any more.
FORGOTTEN_AFTER = timedelta(hours=1)


class Presence:
    """This worker's name, unique for ever, and the lock that shows that it lives."""

    def __init__(self, folder: Path) -> None:
        self.name = f"{socket.gethostname()[:60]}-{uuid.uuid4().hex}"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._path = folder / f"{self.name}.lock"
        draft = self._path.with_suffix(".draft")
        self._lock = draft.open("a")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # Seen by others only once it is locked: an unlocked one is a dead worker's.
        draft.rename(self._path)

    def beat(self) -> None:
        """Leave a sign of life."""
        dialect: Any = postgresql if db.engine.dialect.name == "postgresql" else sqlite
        moment = clock.now()
        statement = dialect.insert(Worker).values(name=self.name, beat_at=moment)
        with transaction() as session:
            session.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"beat_at": moment})
            )
            session.execute(delete(Worker).where(Worker.beat_at < moment - FORGOTTEN_AFTER))

    def leave(self) -> None:
        """Go: nobody need ask any more what became of this worker."""
        try:
            with transaction() as session:
                session.execute(delete(Worker).where(Worker.name == self.name))
        finally:
            self._path.unlink(missing_ok=True)
            self._lock.close()


def folder() -> Path:
    """Return where this machine's workers keep their locks."""
    return Path(current_app.instance_path) / "workers"


def bury_the_dead(here: Path) -> int:
    """Free what workers of this machine held when they were killed; return how many mails are doubtful."""
    doubtful = 0
    for path in here.glob("*.lock"):
        with path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            # Locked but gone: a worker that left by itself deleted its file between our look and our lock.
            if not _is_same(lock.fileno(), path):
                continue
            doubtful += claims.abandon(f"{path.stem}/")
            with transaction() as session:
                session.execute(delete(Worker).where(Worker.name == path.stem))
            path.unlink(missing_ok=True)
            log.warning("worker_was_killed", doubtful=doubtful)
    return doubtful


def last_beat() -> Any:
    """Return when a worker was last seen, None if never."""
    return db.session.execute(select(func.max(Worker.beat_at))).scalar()


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.fstat(descriptor).st_ino == path.stat().st_ino
    except OSError:
        return False
