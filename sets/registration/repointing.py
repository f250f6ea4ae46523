"""Handing rows on: what belonged to one person, or to one registration, belongs to another from now on.

Walked from the tables, as erasing does, so that no capability that comes later is forgotten. Inside the caller's
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, delete, exists, update

from ..database import db


def hand_on(column: str, before: int, after: int, *, but: Iterable[Any] = ()) -> None:
    """Give every row whose `column` (`learner_id`, `registration_id`) is `before` to `after`, but in tables `but`.

    A row that the other one has already, by a unique key, goes.
    """
    left_out = set(but)
    for table in db.metadata.sorted_tables:
        if table in left_out or column not in table.c:
            continue
        other: Any = table.alias()
        mine = table.c[column] == before
        for names in _keys(table, column):
            same = [other.c[name] == table.c[name] for name in names]
            taken = exists().where(other.c[column] == after, *same)
            db.session.execute(delete(table).where(mine, taken))
        db.session.execute(update(table).where(mine).values({column: after}))


def _keys(table: Any, column: str) -> list[list[str]]:
    """Return the other columns of each unique key that the column is a part of."""
    found = []
    for constraint in table.constraints:
        if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)) and column in constraint.columns:
            found.append([one.name for one in constraint.columns if one.name != column])
    return found
