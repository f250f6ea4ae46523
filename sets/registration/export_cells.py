"""What a cell of an export is, and how the words of values that repeat are worked out once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# Those of the kinds of question (`questionnaires.types`), and moments.
TEXT, MOMENT, DATE, NUMBER = "text", "moment", "day", "number"
# Values of a column whose words are remembered.
MOST_REMEMBERED = 5000


class Remembered(dict[Any, Any]):
    """Words by value, each worked out once."""

    def __init__(self, words: Callable[[Any], Any]) -> None:
        super().__init__()
        self._words = words

    def __missing__(self, value: Any) -> Any:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        words = self[value] = self._words(value)
        return words


class Offset:
    """How far a zone's clock is from UTC on a day of UTC; None where it changes within the day."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def __call__(self, day: int) -> timedelta | None:
        """Return the distance on that day (its ordinal)."""
        begin, end = self._at(day), self._at(day + 1)
        return begin if begin == end else None

    def _at(self, day: int) -> timedelta | None:
        return datetime.fromordinal(day).replace(tzinfo=UTC).astimezone(self._zone).utcoffset()
