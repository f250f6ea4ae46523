"""The database: session, column types, the one way to write (`transaction`), and notes on personal columns."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, MetaData, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

log = structlog.get_logger()

# Seconds that a writer waits for another on SQLite; below gunicorn's own time-out of 30.
BUSY_TIMEOUT = 25
# Milliseconds after which a writer that waits begins to look anew.
LOOKS_FOR = 40
# The writers of this process, one after the other on SQLite: a lock wakes the next at once, while SQLite has each sleep
# longer and longer before it looks again.
_writers = threading.Lock()
# Seconds for which a connection to PostgreSQL that was just used is taken to be alive.
TRUSTED_FOR = 5.0

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """The ancestor of every table."""

    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Model, disable_autonaming=True)

_writing: ContextVar[bool] = ContextVar("writing", default=False)
# Set only while `transaction` opens its own connection: another one that reads meanwhile must not ask to write.
_opening: ContextVar[bool] = ContextVar("opening", default=False)
# The connection of the open transaction: asking the session for it costs as much as a short statement.
_connection: ContextVar[Connection | None] = ContextVar("connection", default=None)
_after_commit: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment in UTC; on SQLite without its zone, which that database cannot keep."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a zone cannot be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return the moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A PostgreSQL JSONB, a SQLite text; keys keep no order on PostgreSQL.
JSONText = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def personal(*, purpose: Any, keep: str, eraser: str) -> dict[str, Any]:
    """Return the `info` of a personal column.

    `purpose` is a lazily translated sentence for the learner; `keep` names a retention period (a key of
    `privacy.PERIODS`); `eraser` says what erasing a person does: "row" (the row goes), "null" or "blank".
    """
    if eraser not in ("row", "null", "blank"):
        raise ValueError(f"Unknown eraser {eraser!r}.")
    return {"personal": True, "purpose": purpose, "keep": keep, "eraser": eraser}


class TransactionNested(RuntimeError):  # noqa: N818
    """A use case called another use case; shared steps are underscore functions that take the objects."""


@contextmanager
def transaction() -> Iterator[Any]:
    """Run a use case: everything in the block is stored together, or nothing is.

    Ends the read transaction first (SQLite cannot turn a reader into a writer), then begins a writer. Yields the
    session. Callables given to `after_commit` run after the commit; their failure is logged and never undoes what is
    stored.
    """
    if _writing.get():
        raise TransactionNested("A transaction is already open.")
    session = db.session
    session.rollback()
    writing = _writing.set(True)
    waiting: list[Callable[[], None]] = []
    callables = _after_commit.set(waiting)
    try:
        with _turn():
            try:
                _connection.set(_open_for_writing(session))
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
    finally:
        _writing.reset(writing)
        _connection.set(None)
        _after_commit.reset(callables)
    for act in waiting:
        try:
            act()
        except Exception:
            log.exception("after_commit_failed")


@contextmanager
def _turn() -> Iterator[None]:
    is_held = db.engine.dialect.name == "sqlite" and _writers.acquire(timeout=BUSY_TIMEOUT)
    try:
        # Without its turn, after so long a wait, a writer asks SQLite all the same, which says that it is locked.
        yield
    finally:
        if is_held:
            _writers.release()


def connection() -> Connection:
    """Return the session's connection, with what the session still held back sent to it."""
    session = db.session()
    session.flush()
    held = _connection.get()
    return session.connection() if held is None or held.closed else held


def _open_for_writing(session: Any) -> Connection:
    opening = _opening.set(True)
    try:
        return session.connection()
    finally:
        _opening.reset(opening)


def is_writing() -> bool:
    """Tell whether a transaction is open in this context."""
    return _writing.get()


def after_commit(act: Callable[[], None]) -> None:
    """Have `act` called once the open transaction is stored; the same callable is called once only."""
    waiting = _after_commit.get()
    if waiting is None:
        raise RuntimeError("There is no open transaction.")
    if act not in waiting:
        waiting.append(act)


def init_app(app: Flask) -> None:
    """Connect the app to its database."""
    options: dict[str, Any] = {"json_serializer": _dump_json}
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    if uri.startswith("sqlite"):
        options["connect_args"] = {
            "timeout": BUSY_TIMEOUT,
            "isolation_level": None,
            "check_same_thread": False,
        }
    else:
        options |= {"pool_size": 10, "max_overflow": 10}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options | app.config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            event.listen(engine, "checkin", _note_rest)
            event.listen(engine, "checkout", partial(_ask_after_rest, engine.dialect))


def _note_rest(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _ask_after_rest(dialect: Any, connection: Any, record: Any, _proxy: Any) -> None:
    """Try a connection that was idle for a while: the server may be another one. Each time would cost a third more."""
    if time.monotonic() - record.info.get("rests_since", 0.0) < TRUSTED_FOR:
        return
    try:
        dialect.do_ping(connection)
    except Exception as error:
        raise DisconnectionError from error


def _dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {BUSY_TIMEOUT * 1000}",
        "foreign_keys = ON",
        "cache_size = -8000",
        # Four times SQLite's own: pages that many sign-ups touch are carried over to the database less often.
        "wal_autocheckpoint = 4000",
        "temp_store = MEMORY",
        # What is deleted or replaced is overwritten in the file: an erased person is not read off the disk either.
        "secure_delete = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    if _opening.get():
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Any) -> None:
    """Begin to write as soon as nobody else does.

    SQLite looks less and less often, so that newcomers pass those who wait long, some for ever; here each begins to
    look anew after a moment, and all have the same chance.
    """
    driver = connection.connection.driver_connection
    until = time.monotonic() + BUSY_TIMEOUT
    driver.execute(f"PRAGMA busy_timeout = {LOOKS_FOR}")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise OperationalError("BEGIN IMMEDIATE", None, error) from error
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")


def empty_log() -> None:
    """Have what was just deleted leave SQLite's write-ahead log too, unless others read for longer than a moment."""
    if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
        return
    connection = sqlite3.connect(db.engine.url.database, timeout=LOOKS_FOR / 1000)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        log.info("log_not_emptied")
    finally:
        connection.close()


def engine_of(app: Flask) -> Engine:
    """Return the app's engine, from outside a request."""
    with app.app_context():
        return db.engine
