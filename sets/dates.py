"""Dates in words, with weekday and zone, in the language being spoken.

French « mardi 3 mars 2026, 18 h, heure de Paris »; English "Tuesday 3 March 2026, 18:00, Paris time"; Spanish
«martes, 3 de marzo de 2026, 18:00, hora de París»; Italian «martedì 3 marzo 2026, ore 18:00, ora di Parigi».
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_date, get_timezone_location
from flask import Flask
from markupsafe import Markup, escape

from .languages import LANGUAGES, current_language

NARROW, WIDE = "\u202f", "\u00a0"
_DAY = {
    "fr": "EEEE d MMMM y",
    "en": "EEEE d MMMM y",
    "es": "EEEE, d 'de' MMMM 'de' y",
    "it": "EEEE d MMMM y",
}
_DAY_WITHOUT_YEAR = {"fr": "EEEE d MMMM", "en": "EEEE d MMMM", "es": "EEEE, d 'de' MMMM", "it": "EEEE d MMMM"}
_VOWELS = "aeiouyàâäéèêëîïôöùûüœæh"


def init_app(app: Flask) -> None:
    """Give templates the filters of this module."""
    for words in (
        date_words,
        day_words,
        datetime_words,
        time_words,
        short_date,
        short_datetime,
        date_tag,
        time_tag,
    ):
        app.add_template_filter(words)
    app.add_template_filter(zone_words)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the names of all IANA zones."""
    return frozenset(available_timezones())


def local(moment: datetime, zone: str) -> datetime:
    """Return the moment on the clocks of that zone."""
    return moment.astimezone(ZoneInfo(zone))


def date_words(moment: datetime, zone: str) -> str:
    """Return weekday, day, month and year."""
    return _day(local(moment, zone).date(), current_language(), True)


def calendar_day_words(day: date) -> str:
    """Return weekday, day, month and year of a day that has no hour."""
    return _day(day, current_language(), True)


def day_words(moment: datetime, zone: str) -> str:
    """Return weekday, day and month, for lists whose year is plain."""
    return _day(local(moment, zone).date(), current_language(), False)


def time_words(moment: datetime, zone: str) -> str:
    """Return the hour, as the language writes it."""
    there, code = local(moment, zone), current_language()
    if code == "fr":
        return f"{there.hour}{WIDE}h" + (f"{WIDE}{there.minute:02}" if there.minute else "")
    if code == "it":
        return f"ore{WIDE}{there:%H:%M}"
    return f"{there:%H:%M}"


def zone_words(zone: str) -> str:
    """Return the zone by its city: « heure de Paris », "Paris time"."""
    return _zone(zone, current_language())


def datetime_words(moment: datetime, zone: str) -> str:
    """Return the whole: weekday, day, month, year, hour, zone."""
    return f"{date_words(moment, zone)}, {time_words(moment, zone)}, {zone_words(zone)}"


def short_date(moment: datetime, zone: str = "Europe/Paris") -> str:
    """Return the day in figures, for tables."""
    return format_date(local(moment, zone).date(), "dd/MM/y", locale=_locale())


def short_datetime(moment: datetime, zone: str = "Europe/Paris") -> str:
    """Return day and hour in figures, for tables."""
    return f"{short_date(moment, zone)}{WIDE}{local(moment, zone):%H:%M}"


def time_tag(moment: datetime, zone: str) -> Markup:
    """Return the whole as an HTML `time` element."""
    return _tag(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ"), datetime_words(moment, zone))


def date_tag(moment: datetime, zone: str) -> Markup:
    """Return weekday, day, month and year as an HTML `time` element."""
    return _tag(local(moment, zone).date().isoformat(), date_words(moment, zone))


def _tag(machine: str, words: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(machine, escape(words))


def _locale() -> Locale:
    return Locale.parse(LANGUAGES[current_language()].locale)


@lru_cache(maxsize=4096)
def _day(day: date, code: str, year: bool) -> str:
    patterns = _DAY if year else _DAY_WITHOUT_YEAR
    locale = Locale.parse(LANGUAGES[code].locale)
    words = format_date(day, patterns.get(code, "full"), locale=locale)
    if code == "fr":
        words = words.replace(" 1 ", " 1er ")
    # A day and its month stay on one line.
    return words.replace(f" {day.day} ", f" {day.day}{WIDE}").replace(" 1er ", f" 1er{WIDE}")


# « l’heure du Caire », « l’ora del Cairo »: the article of a city melts into the word before it.
_CONTRACTIONS = {
    "fr": {"Le ": "heure du ", "Les ": "heure des "},
    "it": {"Il ": "ora del ", "L’": "ora dell’", "L'": "ora dell’"},
}


@lru_cache(maxsize=2048)
def _zone(zone: str, code: str) -> str:
    if zone == "UTC":
        return {
            "fr": "temps universel (UTC)",
            "es": "hora universal (UTC)",
            "it": "ora universale (UTC)",
        }.get(code, "UTC")
    # A city without a translation comes with its country: “Argentina/Buenos Aires”.
    city = get_timezone_location(zone, locale=LANGUAGES[code].locale, return_city=True).rpartition("/")[2]
    for article, joined in _CONTRACTIONS.get(code, {}).items():
        if city.startswith(article):
            return joined + city.removeprefix(article)
    if code == "fr":
        return f"heure d’{city}" if city[0].lower() in _VOWELS else f"heure de {city}"
    if code == "es":
        return f"hora de {city}"
    if code == "it":
        return f"ora di {city}"
    return f"{city} time"
