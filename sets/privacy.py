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


def kept_data() -> list[tuple[str, str]]:
    """Return (purpose, for how long) for each purpose that personal columns serve, in the language being spoken."""
    kept: dict[tuple[str, str], None] = {}
    for column in personal_columns():
        kept.setdefault((str(column.info["purpose"]), str(WORDS[column.info["keep"]])))
    return list(kept)


def personal_columns() -> Iterator[Column[Any]]:
    """Yield every personal column of the database, in the order of the tables."""
    for table in db.metadata.tables.values():
        yield from (column for column in table.columns if column.info.get("personal"))
