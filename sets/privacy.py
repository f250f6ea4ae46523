"""How long personal data are kept, and the table of it that people read, made from the columns' own notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from flask_babel import LazyString, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import Column

from .database import db
from .preferences import DAYS, MONTHS, PREFERENCES, preference, preferences, span_words

# Every `keep` of a personal column, and how long it is unless a setting says otherwise. A month has 30.44 days.
MONTH = timedelta(days=30.44)
PERIODS: dict[str, timedelta] = {
    "registrations": 24 * MONTH,
    "needs": timedelta(days=30),
    "submissions": timedelta(days=7),
    "imports": timedelta(days=30),
    "waits": 12 * MONTH,
    "mails": timedelta(days=90),
    "log": timedelta(days=365),
}
# Which of them administrators change, by the setting; the others are how the site works.
SETTINGS: dict[str, str] = {
    "registrations": "retention_registrations_months",
    "needs": "retention_needs_days",
    "waits": "retention_waits_months",
    "mails": "retention_mails_days",
    "log": "retention_log_days",
}


def _since_last_step(number: int, _unit: str) -> str:
    return ngettext(
        "%(num)d month after the last thing you do here",
        "%(num)d months after the last thing you do here",
        number,
    )


def _since_last_meeting(number: int, _unit: str) -> str:
    return ngettext("%(num)d day after the last meeting", "%(num)d days after the last meeting", number)


# The words of each: a sentence, or what makes one of a number and its unit ("days", "months").
WORDS: dict[str, Callable[[int, str], str] | LazyString] = {
    "registrations": _since_last_step,
    "needs": _since_last_meeting,
    "submissions": _l("7 days"),
    "imports": _l("30 days"),
    "waits": span_words,
    "mails": span_words,
    "log": span_words,
}
# What is kept so long in rows that are not a person's alone.
PURPOSES: dict[str, Any] = {
    "waits": _l("To keep your rank while you wait for a date."),
    "log": _l("To know who of the team changed, exported or erased what."),
}


def period(name: str) -> timedelta:
    """Return how long something is kept now: the setting's value, else what stands here."""
    key = SETTINGS.get(name)
    return PERIODS[name] if key is None else span(preference(key), PREFERENCES[key].unit)


def span(number: int, unit: str) -> timedelta:
    """Return that many days or months."""
    return number * {DAYS: timedelta(days=1), MONTHS: MONTH}[unit]


def period_words(name: str) -> str:
    """Return how long something is kept now, in the language being spoken."""
    words, key = WORDS[name], SETTINGS.get(name)
    if key is None or isinstance(words, LazyString):
        return str(words)
    return words(preference(key), PREFERENCES[key].unit)


def kept_data() -> list[tuple[str, list[str]]]:
    """Return (for how long, what for) in the language being spoken, the longest periods first."""
    numbers = preferences(SETTINGS.values())
    lengths = PERIODS | {name: span(numbers[key], PREFERENCES[key].unit) for name, key in SETTINGS.items()}
    purposes: dict[str, dict[str, None]] = {
        name: {} for name in sorted(lengths, key=lengths.__getitem__)[::-1]
    }
    for column in personal_columns():
        purposes[column.info["keep"]].setdefault(str(column.info["purpose"]))
    for name, purpose in PURPOSES.items():
        purposes[name].setdefault(str(purpose))
    kept: dict[str, list[str]] = {}
    for name, found in purposes.items():
        kept.setdefault(period_words(name), []).extend(found)
    return list(kept.items())


def personal_columns() -> Iterator[Column[Any]]:
    """Yield every personal column of the database, in the order of the tables."""
    for table in db.metadata.tables.values():
        yield from (column for column in table.columns if column.info.get("personal"))
