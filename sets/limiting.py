"""How often something may happen: a storage for Flask-Limiter on the table rate_limit, shared by all workers.

Keys (addresses, accounts) are stored as hashes with a salt that changes every day. A hit is one quick statement on its
own connection; asking for one inside `transaction()` would wait for itself on SQLite, so that is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from limits import parse_many
from limits.storage import Storage
from sqlalchemy import Connection, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from . import clock
from .database import db, is_writing, transaction
from .extensions import limiter
from .installation import RateLimit
from .tokens import keyed_hash

SCHEME = "database"
KEPT = timedelta(days=1)
AT_ONCE = 500


def init_app(app: Flask) -> None:
    """Connect the limiter to the database; a limiter that fails never stops a page."""
    app.config["RATELIMIT_STORAGE_URI"] = f"{SCHEME}://"
    app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    limiter.init_app(app)


def is_over(limit: str, *key: str) -> bool:
    """Count one try and tell whether it is over the limit ("10 per 10 minutes"); never over while limits are off."""
    if not limiter.enabled:
        return False
    try:
        hits = [limiter.limiter.hit(item, *key) for item in parse_many(limit)]
    except SQLAlchemyError:
        return False
    return not all(hits)


def forget_old_limits() -> int:
    """Delete some of the counts whose window ended a day ago; return how many, 0 when none is left."""
    key = tuple_(RateLimit.key_hash, RateLimit.window_start)
    old = (
        select(RateLimit.key_hash, RateLimit.window_start)
        .where(RateLimit.ends_at < clock.now() - KEPT)
        .limit(AT_ONCE)
    )
    with transaction() as session:
        result: Any = session.execute(delete(RateLimit).where(key.in_(old.subquery().select())))
        return result.rowcount


class DatabaseStorage(Storage):
    """Counts hits per key and window of time; windows begin at multiples of their length."""

    STORAGE_SCHEME = [SCHEME]

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors that mean "the storage is out of order"."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more hits and return how many there are in this window."""
        if is_writing():
            raise RuntimeError("A limit cannot be asked for inside a transaction.")
        start, ends = _window(expiry)
        dialect = sqlite if db.engine.dialect.name == "sqlite" else postgresql
        insert = dialect.insert(RateLimit).values(
            key_hash=_hash(key, start), window_start=start, hits=amount, ends_at=ends
        )
        statement = insert.on_conflict_do_update(
            index_elements=[RateLimit.key_hash, RateLimit.window_start],
            set_={"hits": RateLimit.hits + amount},
        ).returning(RateLimit.hits)
        with _careless_connection() as connection:
            return connection.execute(statement).scalar_one()

    def get(self, key: str) -> int:
        """Return the hits of the present windows of that key, of whatever length."""
        now = clock.now()
        with db.engine.connect() as connection:
            hashes = [_hash(key, now), _hash(key, now - timedelta(days=1))]
            hits = select(func.max(RateLimit.hits)).where(
                RateLimit.key_hash.in_(hashes), RateLimit.ends_at > now
            )
            return connection.execute(hits).scalar() or 0

    def get_expiry(self, key: str) -> float:
        """Return when the present window of that key ends, in seconds since 1970."""
        now = clock.now()
        with db.engine.connect() as connection:
            hashes = [_hash(key, now), _hash(key, now - timedelta(days=1))]
            ends = select(func.max(RateLimit.ends_at)).where(RateLimit.key_hash.in_(hashes))
            return (connection.execute(ends).scalar() or now).timestamp()

    def check(self) -> bool:
        """Tell whether the storage answers."""
        try:
            with db.engine.connect() as connection:
                connection.execute(select(func.count()).select_from(RateLimit)).scalar()
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int | None:
        """Forget every count."""
        with db.engine.begin() as connection:
            return connection.execute(delete(RateLimit)).rowcount

    def clear(self, key: str) -> None:
        """Forget the counts of that key."""
        now = clock.now()
        with db.engine.begin() as connection:
            hashes = [_hash(key, now), _hash(key, now - timedelta(days=1))]
            connection.execute(delete(RateLimit).where(RateLimit.key_hash.in_(hashes)))


@contextmanager
def _careless_connection() -> Iterator[Connection]:
    """Store without waiting for the disk: a count that is lost in a power cut costs nothing."""
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            driver.execute("PRAGMA synchronous = NORMAL")
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
        finally:
            if connection.dialect.name == "sqlite":
                driver.execute("PRAGMA synchronous = FULL")


def _window(length: int) -> tuple[datetime, datetime]:
    seconds = math.floor(clock.now().timestamp() / length) * length
    start = datetime.fromtimestamp(seconds, UTC)
    return start, start + timedelta(seconds=length)


def _hash(key: str, moment: datetime) -> str:
    return keyed_hash("limit", f"{moment:%Y-%m-%d}\0{key}")
