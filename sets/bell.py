"""The bell that wakes the worker: huey's queue on SQLite, PostgreSQL or Redis. It carries no work and may be lost.

The outbox table is the guarantee; the worker looks at it every few seconds whatever the bell does.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from typing import Any

import structlog
from flask import Flask, current_app
from sqlalchemy import event

from .database import after_commit, db, is_writing

log = structlog.get_logger()

# Seconds between two looks at a queue that cannot wake its reader (SQLite).
LOOK_EVERY = 0.1
# huey's tables on PostgreSQL stand apart, where migrations never see them.
SCHEMA = "sets_queue"


def init_app(app: Flask) -> None:
    """Give the app its bell, made at first use."""
    app.extensions["bell"] = None


def load(url: str) -> None:
    """Load the bell's library before the programs part, so that they share it.

    huey loads the clients of all its queues; what a queue on SQLite has no use for is left out: two thirds of a
    bare Flask's memory.
    """
    left_out = {name: None for name in ("redis", "psycopg") if name not in sys.modules}
    if url.startswith("sqlite:"):
        sys.modules.update(left_out)  # type: ignore[arg-type] - None: Python takes it for not installed
    try:
        import_module("huey")
    finally:
        for name in left_out:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]


def huey_of(app: Flask) -> Any:
    """Return the app's huey instance."""
    if app.extensions["bell"] is None:
        app.extensions["bell"] = _make_huey(app.config["QUEUE_URL"])
    return app.extensions["bell"]


def ring() -> None:
    """Wake the worker once what is being written is stored."""
    if is_writing():
        after_commit(_ring_now)
    else:
        # Flask-Security commits by itself.
        event.listen(db.session(), "after_commit", lambda _session: _ring_now(), once=True)


def wait(app: Flask, seconds: float) -> bool:
    """Wait until the bell rings, for so long at most; tell whether it rang. One ring wakes one worker."""
    until = time.monotonic() + seconds
    try:
        storage = huey_of(app).storage
        while (left := until - time.monotonic()) > 0:
            if storage.dequeue() is not None:
                return True
            if not storage.blocking:
                time.sleep(min(LOOK_EVERY, left))
    except Exception as error:
        # Made anew at the next wait: the queue's file or server may be back by then.
        log.warning("bell_not_heard", kind=type(error).__name__)
        app.extensions["bell"] = None
        time.sleep(max(0.0, until - time.monotonic()))
    return False


def _ring_now() -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        storage = huey_of(app).storage
        # A ring that nobody heard yet is enough: a queue must not grow while the worker is away.
        if storage.queue_size() == 0:
            storage.enqueue(b"ring")
    except Exception as error:
        # A mail that waits five seconds is better than a registration that fails.
        log.warning("bell_failed", kind=type(error).__name__)
        app.extensions["bell"] = None


def _make_huey(url: str) -> Any:
    if url.startswith("sqlite:///"):
        from huey import SqliteHuey

        path = url.removeprefix("sqlite:///")
        return SqliteHuey("sets", filename=path, results=False, timeout=2, fsync=False, cache_mb=1)
    if url.startswith("postgresql://"):
        from huey import PostgresHuey

        return PostgresHuey("sets", connection=lambda: _connect_postgresql(url), results=False)
    from huey import RedisHuey
    from redis import ConnectionPool

    # A Redis that does not answer must not hold a page.
    pool = ConnectionPool.from_url(url, socket_connect_timeout=1, socket_timeout=5)
    return RedisHuey("sets", connection_pool=pool, results=False, read_timeout=1)


def _connect_postgresql(url: str) -> Any:
    import psycopg

    connection = psycopg.connect(url, connect_timeout=2, autocommit=True)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    connection.execute(f"SET search_path TO {SCHEMA}")
    return connection
