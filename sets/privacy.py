"""How long personal data are kept, and the table of it that people read, made from the columns' own notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Column

from .database import db

# Every `keep` of a personal column, with its words. Months are counted as 30.44 days.
MONTH = timedelta(days=30.44)
PERIODS: dict[str, timedelta] = {
    "registrations": 24 * MONTH,
    "needs": timedelta(days=30),
    "submissions": timedelta(days=7),
    "waits": 12 * MONTH,
    "mails": timedelta(days=90),
    "log": 12 * MONTH,
}
WORDS: dict[str, Any] = {
    "registrations": _l("24 months after the last thing you do here"),
    "needs": _l("30 days after the last meeting"),
    "submissions": _l("7 days"),
    "waits": _l("12 months"),
    "mails": _l("90 days"),
    "log": _l("12 months"),
}


# What is kept so long in rows that are not a person's alone.
PURPOSES: dict[str, Any] = {
    "waits": _l("To keep your rank while you wait for a date."),
    "log": _l("To know who of the team changed, exported or erased what."),
}


def kept_data() -> list[tuple[str, list[str]]]:
    """Return (for how long, what for) in the language being spoken, the longest periods first."""
    purposes: dict[str, dict[str, None]] = {
        name: {} for name in sorted(PERIODS, key=PERIODS.__getitem__)[::-1]
    }
    for column in personal_columns():
        purposes[column.info["keep"]].setdefault(str(column.info["purpose"]))
    for name, purpose in PURPOSES.items():
        purposes[name].setdefault(str(purpose))
    kept: dict[str, list[str]] = {}
    for name, found in purposes.items():
        kept.setdefault(str(WORDS[name]), []).extend(found)
    return list(kept.items())


def personal_columns() -> Iterator[Column[Any]]:
    """Yield every personal column of the database, in the order of the tables."""
    for table in db.metadata.tables.values():
        yield from (column for column in table.columns if column.info.get("personal"))
