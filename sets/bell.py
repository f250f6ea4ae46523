"""The bell that wakes the worker: huey on SQLite, PostgreSQL or Redis. It carries no work and may be lost.

The outbox table is the guarantee; the worker looks at it every few seconds whatever the bell does.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, current_app

from .database import after_commit

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Give the app its bell, made at first use."""
    app.extensions["bell"] = None


def huey_of(app: Flask) -> Any:
    """Return the app's huey instance."""
    if app.extensions["bell"] is None:
        app.extensions["bell"] = _make_huey(app.config["QUEUE_URL"])
    return app.extensions["bell"]


def ring() -> None:
    """Wake the worker once the open transaction is stored."""
    after_commit(_ring_now)


def _ring_now() -> None:
    try:
        huey_of(current_app._get_current_object()).storage.enqueue(b"ring")  # type: ignore[attr-defined]
    except Exception:
        # A mail that waits five seconds is better than a registration that fails.
        log.warning("bell_failed", exc_info=True)


def _make_huey(url: str) -> Any:
    if url.startswith("sqlite:///"):
        from huey import SqliteHuey

        return SqliteHuey(
            "sets", filename=url.removeprefix("sqlite:///"), results=False, timeout=2, fsync=False
        )
    if url.startswith("postgresql://"):
        from huey import PostgresHuey

        return PostgresHuey("sets", dsn=url, results=False)
    from huey import RedisHuey

    return RedisHuey("sets", url=url, results=False)
