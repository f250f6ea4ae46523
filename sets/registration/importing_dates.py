"""Dates as files write them: in figures, or with the month's name in any of the site's languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from ..languages import LANGUAGES
from .people import folded

ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?<!\d)(\d{1,2})(?:\s*[:h]\s*(\d{2})(?::(\d{2}))?|\s*h\b)?\s*(a\.?\s?m\b\.?|p\.?\s?m\b\.?)?",
    re.IGNORECASE,
)
YEAR_FIRST = re.compile(r"^(\d{4})[./](\d{1,2})[./](\d{1,2})$")
FIGURES = re.compile(r"^(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4}|\d{2})$")
SERIAL = re.compile(r"^\d{5}(?:[.,]\d+)?$")
# How spreadsheets number days, and the numbers that are days of our time.
FIRST_DAY = datetime(1899, 12, 30)  # noqa: DTZ001 - on the file's own clocks, as below
SERIALS = range(20_000, 80_000)


@dataclass(frozen=True)
class ReadDate:
    """A date that was read: local to the file's zone unless it brought its own; `has_hour` tells whether it had one."""

    moment: datetime
    has_hour: bool

    def in_utc(self, zone: str) -> datetime:
        """Return the moment in UTC, for a file written on the clocks of that zone."""
        local = self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=ZoneInfo(zone))
        return local.astimezone(UTC)

    def day_in(self, zone: str) -> date:
        """Return the day on the clocks of that zone."""
        return (self.moment.astimezone(ZoneInfo(zone)) if self.moment.tzinfo else self.moment).date()


def read_date(text: str, *, day_first: bool = True) -> ReadDate | None:
    """Return the date that a cell holds, or None. `day_first` decides 03/04/2025, and no more than that."""
    text = " ".join(text.split())
    if not text or len(text) > 80:
        return None
    try:
        return _iso(text) or _serial(text) or _in_words_or_figures(text, day_first)
    except (ValueError, OverflowError):
        return None


def evidence(text: str) -> str:
    """Return what a date in figures tells of the order: "day", "month", "either", or "" where it has no say."""
    _clock, rest = _split_clock(" ".join(text.split())[:80])
    found = FIGURES.match(rest)
    if found is None:
        return ""
    first, second = int(found[1]), int(found[2])
    if first > 12 >= second:
        return "day"
    if second > 12 >= first:
        return "month"
    return "either" if first <= 12 and first != second else ""


def _iso(text: str) -> ReadDate | None:
    found = ISO.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, zone = found.groups()
    parts = (int(part or 0) for part in (year, month, day, hour, minute, second))
    moment = datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001
    if zone:
        offset = "+0000" if zone in "Zz" else zone.replace(":", "")
        moment = datetime.strptime(moment.strftime("%Y-%m-%d %H:%M:%S") + offset, "%Y-%m-%d %H:%M:%S%z")
    return _plausible(moment, hour is not None)


def _serial(text: str) -> ReadDate | None:
    if not SERIAL.match(text):
        return None
    number = float(text.replace(",", "."))
    if int(number) not in SERIALS:
        return None
    moment = FIRST_DAY + timedelta(seconds=round(number * 86_400))
    return _plausible(moment, moment.time() != datetime.min.time())


def _in_words_or_figures(text: str, day_first: bool) -> ReadDate | None:
    clock, rest = _split_clock(text)
    day = _day_in_figures(rest, day_first) or _day_in_words(rest)
    if day is None:
        return None
    hour, minute, second = clock or (0, 0, 0)
    return _plausible(datetime(*day, hour, minute, second), clock is not None)  # noqa: DTZ001


def _split_clock(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """Return the hour in a text, if it has one, and the rest."""
    for found in CLOCK.finditer(text):
        hour, minute, second, half = found.groups()
        if minute is None and half is None and "h" not in found[0].lower():
            continue
        number = int(hour)
        if half:
            number = number % 12 + (12 if half.lower().startswith("p") else 0)
        rest = (text[: found.start()] + " " + text[found.end() :]).strip(" ,;à")
        rest = re.sub(
            r"\s+(?:at|à|a las|alle|alle ore|ore|um)$", "", " ".join(rest.split()), flags=re.IGNORECASE
        )
        return (number, int(minute or 0), int(second or 0)), rest.strip(" ,;")
    return None, text.strip(" ,;")


def _day_in_figures(text: str, day_first: bool) -> tuple[int, int, int] | None:
    if found := YEAR_FIRST.match(text):
        return int(found[1]), int(found[2]), int(found[3])
    found = FIGURES.match(text)
    if found is None:
        return None
    first, second, year = (int(part) for part in found.groups())
    if first > 12 or (day_first and second <= 12):
        day, month = first, second
    else:
        day, month = second, first
    return _whole_year(year), month, day


def _day_in_words(text: str) -> tuple[int, int, int] | None:
    words = re.findall(r"[^\W\d_]+|\d+", folded(text).replace("1er", "1").replace("1st", "1"))
    months = [_months()[word] for word in words if word in _months()]
    numbers = [int(word) for word in words if word.isdecimal() and word.isascii() and len(word) <= 4]
    if not months or len(numbers) not in (2,):
        return None
    # A day of the week may look like a month ("mar. 4 févr."): the month stands nearer to the year.
    first, second = numbers
    day, year = (second, first) if first > 31 else (first, second)
    return _whole_year(year), months[-1], day


def _whole_year(year: int) -> int:
    return year + 2000 if year < 100 else year


def _plausible(moment: datetime, has_hour: bool) -> ReadDate | None:
    return ReadDate(moment, has_hour) if 1990 <= moment.year <= 2100 else None


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    found: dict[str, int] = {"sept": 9, "set": 9, "sett": 9, "sep": 9, "setiembre": 9}
    for language in LANGUAGES.values():
        months = Locale.parse(language.locale).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    found.setdefault(folded(name).strip("."), number)
    return found
