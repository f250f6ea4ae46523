"""Countries by ISO code, named and sorted in the language being spoken; and each one's main time zone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from babel import Locale
from babel.core import get_global

from ..dates import zone_names
from ..languages import LANGUAGES, current_language

# Where a country has several zones, the one of most of its people; other countries of many zones have no entry.
_MAIN_ZONES = {
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "XK": "Europe/Belgrade",
}


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """Return every code: the countries and territories that have a time zone, and Kosovo, which shares one."""
    known = Locale("en").territories
    zoned = {*get_global("zone_territories").values(), "XK"}
    return frozenset(code for code in zoned if len(code) == 2 and code in known and code != "ZZ")


def country_words(code: str) -> str:
    """Return the country's name in the language being spoken."""
    return _names(current_language()).get(code, code)


def country_choices(first: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return (code, name): those of `first`, then all the others, each in alphabetical order."""
    names = _names(current_language())
    near = set(first) & set(names)
    return sorted(names.items(), key=lambda one: (one[0] not in near, sortable(one[1])))


def zone_of(country: str, otherwise: str) -> str:
    """Return the time zone of a country; `otherwise` where it has many, or is not known."""
    return _zones().get(country, otherwise)


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for zone, country in get_global("zone_territories").items():
        if zone in zone_names():
            found.setdefault(country, set()).add(zone)
    return {country: next(iter(zones)) for country, zones in found.items() if len(zones) == 1} | _MAIN_ZONES


@lru_cache(maxsize=16)
def _names(code: str) -> dict[str, str]:
    territories = Locale.parse(LANGUAGES[code].locale).territories
    return {country: territories.get(country, country) for country in country_codes()}


def sortable(name: str) -> str:
    """Return a name as it is sorted: without accents or capitals."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
