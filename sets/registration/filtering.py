"""What somebody wants to see of the registrations: one filter of the screen, the exports, the campaigns, the figures.

It lives in an address (`from_query`, `as_query`) and in a row (`from_stored`, `as_stored`). What it finds is
`listing.matching`, what it is called `filter_words`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from ..dates import zone_names
from ..forms import clean_line

# An address that asks for more values of one part than these is nobody's.
MOST_VALUES, LONGEST, LONGEST_QUERY = 50, 200, 8000
# The parts that take several values; each found registration has one of them.
SEVERAL = (
    "training",
    "session",
    "status",
    "language",
    "country",
    "kind",
    "source",
    "tag",
    "answer",
    "outcome",
)
NEWEST = "-received"
SORTED_BY = (NEWEST, "received", "name", "-name")
# Needs are health data: only the screen may ask for them (`from_query`), and nothing else may say that it did.
FOR_SCREENS_ONLY = "needs"
YES, REFUSED = "1", "refused"


@dataclass(frozen=True)
class Filter:
    """What is asked for. Nothing asks for everything; unknown values find nothing. A lone text is one value."""

    training: tuple[str, ...] = ()
    # Public ids, or "any" for those who wait for any date.
    session: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    # How they heard of the programme.
    source: tuple[str, ...] = ()
    # Ids of tags, of which the person has one.
    tag: tuple[str, ...] = ()
    # "<question id>.<option id>", or "<question id>.yes" and ".no": of one question one of them, of each question.
    answer: tuple[str, ...] = ()
    # What became of it, beyond its state: names of `outcomes.OUTCOMES`.
    outcome: tuple[str, ...] = ()
    # Days as 2026-03-31, both included, on the clock of `zone`.
    received_from: str = ""
    received_to: str = ""
    zone: str = ""
    # "1": messages to the person come back; they have accessibility needs.
    returned: str = ""
    needs: str = ""
    # The language in which somebody asks for a date; only links ask for it.
    wants: str = ""
    q: str = ""
    sort: str = NEWEST
    # Public ids of registrations chosen one by one; in a stored filter only.
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take a lone text for one value, and nothing for none."""
        for name in (*SEVERAL, "ids"):
            value: Any = getattr(self, name)
            values = (value,) if isinstance(value, str) else value
            object.__setattr__(self, name, tuple(dict.fromkeys(one for one in values if one)))

    def __getitem__(self, name: str) -> Any:
        """Return a part by its name."""
        return getattr(self, name)

    @classmethod
    def from_query(cls, query: Mapping[str, Any], *, zone: str = "UTC", with_needs: bool = False) -> Filter:
        """Return the filter that a URL's query asks for; a name that is repeated has several values.

        `zone` is the clock of its days where the query names none. Without `with_needs` a filter that asks for needs
        finds nobody.
        """
        values: dict[str, Any] = {name: _values(query, name) for name in SEVERAL}
        for name in ("received_from", "received_to", "zone", "returned", "needs", "wants", "q", "sort"):
            values[name] = next(iter(_values(query, name)), "")
        if values["sort"] not in SORTED_BY:
            values["sort"] = NEWEST
        if values["needs"] and not with_needs:
            values["needs"] = REFUSED
        has_days = values["received_from"] or values["received_to"]
        known = values["zone"] if values["zone"] in zone_names() else zone
        values["zone"] = known if has_days else ""
        return cls(**values)

    @classmethod
    def from_text(cls, query: str, *, zone: str = "UTC", with_needs: bool = False) -> Filter:
        """Return the filter of a query as `as_query` gives it."""
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query[:LONGEST_QUERY]):
            values.setdefault(name, []).append(value)
        return cls.from_query(values, zone=zone, with_needs=with_needs)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Filter:
        """Return the filter that `as_stored` gave; what it does not know is left out."""
        values: dict[str, Any] = {
            name: [str(one) for one in _listed(stored.get(name))] for name in (*SEVERAL, "ids")
        }
        for field in fields(cls):
            if field.name not in values and stored.get(field.name):
                values[field.name] = str(stored[field.name])
        if values.get("sort") not in SORTED_BY:
            values["sort"] = NEWEST
        return cls(**values)

    def as_stored(self) -> dict[str, Any]:
        """Return the filter as a row keeps it: texts, lists where there are several; nothing that asks for nothing."""
        found = {}
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if value and (field.name, value) != ("sort", NEWEST):
                several = [value] if isinstance(value, str) else list(value)
                found[field.name] = several if len(several) > 1 else several[0]
        return found

    def pairs(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the filter as names and values of an address or of hidden fields, with some parts changed."""
        stored = self.as_stored() | changes
        if stored.get("sort") == NEWEST:
            del stored["sort"]
        names = [field.name for field in fields(self) if field.name != "ids"]
        return [(name, value) for name in names for value in _listed(stored.get(name)) if value]

    def as_query(self, **changes: Any) -> str:
        """Return the filter as a URL's query, with some parts changed (a text, or several)."""
        return urlencode(self.pairs(**changes))

    def without(self, name: str, value: str) -> Filter:
        """Return the filter without one of its values."""
        left: Any = tuple(one for one in _listed(getattr(self, name)) if one != value)
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        values[name] = left if name in SEVERAL else ""
        return Filter(**values)

    def parts(self) -> list[tuple[str, str]]:
        """Return each thing that is asked for, as (part, value), in their order."""
        return [pair for pair in self.pairs() if pair[0] not in ("sort", "zone")]

    def is_empty(self) -> bool:
        """Tell whether everything is asked for."""
        return not self.parts() and not self.ids

    def for_log(self) -> dict[str, str]:
        """Return what the activity log keeps: choices, never the free text nor who was chosen."""
        found: dict[str, list[str]] = {}
        for name, value in self.parts():
            if name != FOR_SCREENS_ONLY:
                found.setdefault(name, []).append("…" if name == "q" else value)
        kept = {name: ", ".join(values) for name, values in found.items()}
        return kept | ({"chosen": str(len(self.ids))} if self.ids else {})

    def received_between(self) -> tuple[datetime | None, datetime | None]:
        """Return the moments from and before which registrations came. Raises ValueError: a day cannot be read."""
        begin = _midnight(self.received_from, self.zone)
        end = _midnight(self.received_to, self.zone, days=1)
        return begin, end


def is_day(text: str) -> bool:
    """Tell whether a text is a day of this age, as 2026-03-31."""
    try:
        return _midnight(text, "UTC") is not None
    except ValueError:
        return False


def _midnight(day: str, zone: str, *, days: int = 0) -> datetime | None:
    if not day:
        return None
    read = date.fromisoformat(day)
    if not 1970 <= read.year < 2970:
        raise ValueError(day)
    read += timedelta(days=days)
    at = datetime(read.year, read.month, read.day, tzinfo=ZoneInfo(zone if zone in zone_names() else "UTC"))
    return at.astimezone(UTC)


def _values(query: Mapping[str, Any], name: str) -> Iterable[str]:
    many = getattr(query, "getlist", None)
    found = many(name) if many is not None else _listed(query.get(name))
    clean = [clean_line(value)[:LONGEST] for value in found[:MOST_VALUES]]
    return [value for value in clean if value]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value] if value else []


def each(values: Iterable[str]) -> Iterator[int]:
    """Yield those of some texts that are numbers a database can hold."""
    yield from (int(one) for one in values if one.isascii() and one.isdecimal() and len(one) < 10)
