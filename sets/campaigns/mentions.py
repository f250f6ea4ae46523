"""What a text mentions: days, hours and links, as people write them in the text's own language. Reads no database."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from babel import Locale

from ..languages import LANGUAGES
from .fields import FIELD

# How long a day without its year may lie back before the next year's is meant.
RECENT = timedelta(days=60)
_URL = re.compile(r"https?://[^\s<>\"'\])}]+", re.IGNORECASE)
_TARGET = re.compile(r"\[[^\]\n]*\]\(\s*<?([^)\s>]*)>?[^)]*\)")
_WWW = re.compile(r"(?<![\w/.@-])www\.[^\s<>\"'\])}]+", re.IGNORECASE)
_ENDING = ".,;:!?…"
# What stands between two days of one month: “3 et 10 mars”, "3 to 5 March".
_JOINT = r"\s*(?:,|&|/|-|–|et|and|y|e|au|to|al|a|or|ou|o)\s*(?:(?:le|the|el|il)\s+)?"
_BEFORE = (
    r"(?:(?P<weekday>{days})\.?,?\s+(?:(?:le|the|el|il|dia)\s+)?)?"
    r"(?<![\d:.,/])(?P<day>\d{{1,2}})(?:er|st|nd|rd|th|[oº°])?"
)
_HOURS = {
    "": r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])(?:\s?(?P<half>[ap])\.?m\b)?",
    "en": r"(?<![\d:.])(?P<hour>1[0-2]|0?[1-9])(?:\.(?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b",
    "fr": r"(?<![\d:.])(?P<hour>0?[6-9]|1\d|2[0-3])\s?h(?:eures)?(?![a-z])\s?(?P<minute>[0-5]\d)?(?!\d)",
    "es": r"(?:\b(?:a|de|desde|hasta) las\s+(?P<hour>[01]?\d|2[0-3])(?:[.](?P<minute>[0-5]\d))?(?![:\d])"
    r"|(?<![\d:.])(?P<hour2>0?[6-9]|1\d|2[0-3])(?:[.](?P<minute2>[0-5]\d))?\s?h\b)",
    "it": r"\b(?:ore|alle|dalle|le)\s+(?P<hour>[01]?\d|2[0-3])(?:\.(?P<minute>[0-5]\d))?(?![:\d])",
}
# Words of a length of time, after which “18 h” is none of the clock.
_LASTS = re.compile(
    r"(?:dur\w*|pendant|environ|moins de|plus de|sous|dans|during|for|durante|per|circa)\s+(?:de\s+)?$"
)
_ZONE = re.compile(
    r"\b(?:heures? (?:de|d['’]|locale)|temps universel|horas? (?:de|local|peninsular|central|universal)"
    r"|or[ae] (?:di|locale|italian[ae]|frances[ei]|universale)|(?!same|this|that|any|first|last|next|on|in|of|the)"
    r"[a-z]+ time|utc|gmt|cest|cet|eest|eet|west|wet|bst)\b|\((?:paris|roma?|madrid|london|lisbo\w+|ath\w+)\)"
)
# Said once for the whole text.
_ALL_HOURS = re.compile(
    r"\b(?:heures de|heures d['’]|horas de|orari? (?:di|in)|all times|all hours|times are|hours are)"
)


@dataclass(frozen=True)
class Day:
    """A day as it is written; `year` is None where none is written, `weekday` is 0 for Monday."""

    words: str
    day: int
    month: int
    year: int | None = None
    weekday: int | None = None

    def resolved(self, known: Iterable[date], today: date) -> date | None:
        """Return the day that is meant: a known one, else the next; None where the calendar has no such day."""
        if self.year is not None:
            return _day(self.year, self.month, self.day)
        for one in sorted(known):
            if (one.month, one.day) == (self.month, self.day):
                return one
        for year in range(today.year - 1, today.year + 5):
            found = _day(year, self.month, self.day)
            if found is not None and found >= today - RECENT:
                return found
        return None


@dataclass(frozen=True)
class Hour:
    """An hour of the clock as it is written; `has_zone` where its paragraph says whose clock."""

    words: str
    hour: int
    minute: int
    has_zone: bool


def links_in(text: str) -> list[str]:
    """Return the addresses that a text links to, each once; fields are none, `mailto:` neither."""
    found: dict[str, None] = {}
    for target in _TARGET.findall(text):
        if target and "{" not in target and not target.lower().startswith("mailto:"):
            found[target] = None
    rest = _TARGET.sub(lambda one: " " * len(one[0]), text)
    for pattern in (_URL, _WWW):
        for one in pattern.findall(rest):
            found[one.rstrip(_ENDING)] = None
    return list(found)


def days_in(text: str, language: str) -> list[Day]:
    """Return the days that a text mentions, in order."""
    plain, folded = _readable(text)
    found: dict[tuple[int, int], Day] = {}
    for pattern in _day_patterns(language):
        for match in pattern.finditer(folded):
            month_at = match.start("month")
            if language == "en" and plain[month_at].isalpha() and not plain[month_at].isupper():
                continue  # “all 3 may come”, "on 3 march on"
            if any(start < match.end() and match.start() < end for start, end in found):
                continue
            day = _mention(plain, match, language)
            if 1 <= day.month <= 12 and 1 <= day.day <= 31:
                found[match.span()] = day
                found |= dict(_days_before(plain, folded, match, day, language))
    return [found[span] for span in sorted(found)]


def hours_in(text: str, language: str) -> list[Hour]:
    """Return the hours of the clock that a text mentions, in order."""
    found: list[Hour] = []
    for_all = bool(_ALL_HOURS.search(_folded(text)))
    for paragraph in re.split(r"\n\s*\n", text):
        plain, folded = _readable(paragraph)
        has_zone = for_all or bool(_ZONE.search(folded)) or "{next_meeting}" in paragraph
        spans: dict[tuple[int, int], Hour] = {}
        for key in ("", language):
            for match in re.finditer(_HOURS[key], folded) if key in _HOURS else ():
                if any(start < match.end() and match.start() < end for start, end in spans):
                    continue
                if not _LASTS.search(folded[: match.start()]):
                    spans[match.span()] = _hour(plain, match, has_zone)
        found += [spans[span] for span in sorted(spans)]
    return found


def _hour(plain: str, match: re.Match[str], has_zone: bool) -> Hour:
    parts = match.groupdict()
    hour = int(parts.get("hour") or parts.get("hour2") or 0)
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half == "p" else 0)
    minute = int(parts.get("minute") or parts.get("minute2") or 0)
    return Hour(_seen(plain, match.span()), hour, minute, has_zone)


def _mention(plain: str, match: re.Match[str], language: str, of: Day | None = None) -> Day:
    parts = match.groupdict()
    weekday = parts.get("weekday")
    month, year = parts.get("month"), parts.get("year")
    return Day(
        words=_seen(plain, match.span()),
        day=int(parts["day"]),
        month=of.month if of else _month(month or "0", language),
        year=of.year if of else (int(year) + (2000 if len(year) == 2 else 0) if year else None),
        weekday=_names(language)[0][weekday] if weekday else None,
    )


def _days_before(
    plain: str, folded: str, match: re.Match[str], of: Day, language: str
) -> Iterator[tuple[tuple[int, int], Day]]:
    """Yield the days that share a month with the one after them: “mardi 3, mercredi 4 et jeudi 5 mars”."""
    pattern = _day_before(language)
    end = match.start()
    while found := pattern.search(folded[:end]):
        day = _mention(plain, found, language, of)
        if not 1 <= day.day <= 31:
            return
        yield (
            found.span(),
            Day(_seen(plain, (found.start(), found.end("day"))), day.day, day.month, day.year, day.weekday),
        )
        end = found.start()


def _seen(plain: str, span: tuple[int, int]) -> str:
    return " ".join(plain[slice(*span)].split())


def _readable(text: str) -> tuple[str, str]:
    """Return the text without links, fields and marks, and the same folded; both of one length."""
    for pattern in (_URL, FIELD):
        text = pattern.sub(lambda found: " " * len(found[0]), text)
    plain = unicodedata.normalize("NFC", text).replace("*", " ").replace("_", " ")
    return plain, _folded(plain)


def _folded(text: str) -> str:
    """Return the text in lower case without accents, each character one character."""
    return "".join((unicodedata.normalize("NFD", sign)[0].lower() or sign)[0] for sign in text)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month(words: str, language: str) -> int:
    return int(words) if words.isdigit() else _names(language)[1].get(words, 0)


@lru_cache(maxsize=16)
def _names(language: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return weekdays and months by their names, long and short, folded."""
    locale = Locale.parse(LANGUAGES[language].locale)
    weekdays: dict[str, int] = {}
    months: dict[str, int] = {}
    for form in ("wide", "abbreviated"):
        for place in ("format", "stand-alone"):
            for number, name in locale.days[place][form].items():
                weekdays[_folded(name).strip(".")] = number
            for number, name in locale.months[place][form].items():
                folded = _folded(name).strip(".")
                months[folded] = number
                if language != "fr":  # there, “jui” is two months
                    months.setdefault(folded[:3], number)
    return weekdays, months


def _either(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


@lru_cache(maxsize=16)
def _day_patterns(language: str) -> tuple[re.Pattern[str], ...]:
    weekdays, months = _names(language)
    days, names = _either(weekdays), _either(months)
    before = r"\b" + _BEFORE.format(days=days)
    year = r"(?:\.?,?\s+(?:(?:de|del|of)\s+)?(?P<year>(?:19|20)\d\d)(?!\d))?"
    patterns = [
        before + rf"\.?(?:\s+(?:de|of|di))?\s+(?P<month>{names})(?![a-z])" + year,
        rf"(?:\b(?P<weekday>{days})\.?,?\s+)?"
        r"(?<![\d-])(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])",
        before + r"(?P<sign>[/.])(?P<month>\d{1,2})(?P=sign)(?P<year>20\d\d|\d\d)(?![\d/.]\d)",
        rf"\b(?P<weekday>{days})\.?,?\s+(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?![\d/])",
    ]
    if language == "en":
        patterns.append(
            rf"\b(?:(?P<weekday>{days})\.?,?\s+)?(?P<month>{names})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?!:)"
            r"(?:,?\s+(?P<year>(?:19|20)\d\d)(?!\d))?"
        )
    return tuple(re.compile(pattern) for pattern in patterns)


@lru_cache(maxsize=16)
def _day_before(language: str) -> re.Pattern[str]:
    return re.compile(r"\b" + _BEFORE.format(days=_either(_names(language)[0])) + _JOINT + "$")
