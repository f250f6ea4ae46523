"""Statements that are built and compiled once: in a sign-up, building them anew costs far more than running them.

Only for the paths that many people take at once. They run on the session's own connection, inside its transaction, and
give plain rows; objects that were loaded before do not learn of what they change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import CursorResult, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Compiled

from . import database
from .database import db


class Kept:
    """A statement, kept in its compiled form for each kind of database. Call it with the values of its parameters."""

    def __init__(self, build: Callable[[], Any], columns: Sequence[str] | None = None) -> None:
        self._build, self._columns = build, columns
        self._compiled: dict[str, Compiled] = {}

    def __call__(self, **values: Any) -> CursorResult[Any]:
        """Run it."""
        return self.run(values)

    def run(self, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Run it with these values."""
        connection = database.connection()
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._build().compile(dialect=connection.dialect, column_keys=self._columns)
            self._compiled[connection.dialect.name] = compiled
        return connection.execute(compiled, values)  # type: ignore[call-overload]


def kept(build: Callable[[], Any]) -> Kept:
    """Keep the statement that the function builds; what differs from call to call is a `bindparam`."""
    return Kept(build)


def insert_row(model: Any, values: Mapping[str, Any]) -> int:
    """Insert a row and return its id."""
    return int(_insert(model, tuple(values)).run(values).scalar_one())


def insert_rows(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert a few rows of the same columns, by one statement."""
    if rows:
        values = {f"{name}_{number}": value for number, row in enumerate(rows) for name, value in row.items()}
        _insert_several(model, tuple(rows[0]), len(rows)).run(values)


def insert_or_ignore(model: Any, values: Mapping[str, Any], *unique: str) -> int | None:
    """Insert a row unless a unique key (that of the columns `unique`, else any) has it; return its id, or None.

    Waits for a rival that is not yet stored.
    """
    statement = _insert_or_ignore(model, tuple(values), unique, db.engine.dialect.name)
    return statement.run(values).scalar_one_or_none()


def insert_many_or_ignore(
    model: Any, rows: Sequence[Mapping[str, Any]], unique: str
) -> list[tuple[int, str]]:
    """Insert rows of the same columns but for those whose unique column exists; return (id, its value) of the new."""
    if not rows:
        return []
    values = {f"{name}_{number}": value for number, row in enumerate(rows) for name, value in row.items()}
    statement = _insert_many_or_ignore(model, tuple(rows[0]), len(rows), unique, db.engine.dialect.name)
    return [(int(row[0]), str(row[1])) for row in statement.run(values)]


def update_row(model: Any, row_id: int, values: Mapping[str, Any], *, counts: str = "") -> None:
    """Change the row of that id; `counts` names a column that grows by one."""
    _update(model, tuple(values), counts).run({**values, "row_id": row_id})


@lru_cache(maxsize=200)
def _insert(model: Any, names: tuple[str, ...]) -> Kept:
    table = model.__table__
    return Kept(lambda: insert(table).returning(table.c.id), names)


@lru_cache(maxsize=200)
def _insert_several(model: Any, names: tuple[str, ...], count: int) -> Kept:
    table = model.__table__
    rows = [
        {name: bindparam(f"{name}_{number}", type_=table.c[name].type) for name in names}
        for number in range(count)
    ]
    return Kept(lambda: insert(table).values(rows).inline())


@lru_cache(maxsize=200)
def _insert_or_ignore(model: Any, names: tuple[str, ...], unique: Iterable[str], dialect: str) -> Kept:
    table = model.__table__
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    ignoring = statement.on_conflict_do_nothing(index_elements=list(unique) or None)
    return Kept(lambda: ignoring.returning(table.c.id), names)


@lru_cache(maxsize=50)
def _insert_many_or_ignore(model: Any, names: tuple[str, ...], count: int, unique: str, dialect: str) -> Kept:
    table = model.__table__
    rows = [
        {name: bindparam(f"{name}_{number}", type_=table.c[name].type) for name in names}
        for number in range(count)
    ]
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table).values(rows)
    ignoring = statement.on_conflict_do_nothing(index_elements=[unique])
    return Kept(lambda: ignoring.returning(table.c.id, table.c[unique]))


@lru_cache(maxsize=200)
def _update(model: Any, names: tuple[str, ...], counts: str) -> Kept:
    table = model.__table__
    statement = update(table).where(table.c.id == bindparam("row_id"))
    if counts:
        statement = statement.values({counts: table.c[counts] + 1})
    return Kept(lambda: statement, names)
