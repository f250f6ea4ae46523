"""Days on which most of Europe does not work: worth a look when a session is planned, never a reason to refuse it."""

from __future__ import annotations

from datetime import date, timedelta

# (month, day): New Year, Labour Day, Assumption, All Saints, Christmas and the day after.
FIXED = {(1, 1), (5, 1), (8, 15), (11, 1), (12, 25), (12, 26)}
# Days after Easter: Easter Monday, Ascension, Whit Monday.
MOVING = (1, 39, 50)


def is_common_holiday(day: date) -> bool:
    """Tell whether a day is a public holiday in many European countries."""
    return (day.month, day.day) in FIXED or day - easter(day.year) in (timedelta(one) for one in MOVING)


def easter(year: int) -> date:
    """Return Easter Sunday of a year in the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, century, rest = year % 19, year // 100, year % 100
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)
