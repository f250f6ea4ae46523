"""How long an offer lasts: never into the night or the weekend of the session's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

LONGEST = timedelta(hours=48)
# People answer between these hours, Monday to Friday; a deadline that falls elsewhere goes to MORNING of a working day.
OPENS, CLOSES, MORNING = 8, 20, 10
BEFORE_START = timedelta(hours=2)


def offer_deadline(now: datetime, starts_at: datetime, zone: str) -> datetime:
    """Return when an offer made now ends: min(48 h, a quarter of the time left), moved to an hour people are up.

    At night or at a weekend it becomes the next working day, 10:00, when that is 2 h or more before the start; else the
    last allowed hour before. If there is none left either, the plain length stands. All aware.
    """
    plain = now + min(LONGEST, (starts_at - now) / 4)
    there = plain.astimezone(ZoneInfo(zone))
    if _is_allowed(there):
        return plain
    morning = _next_morning(there)
    if morning <= starts_at - BEFORE_START:
        return morning.astimezone(now.tzinfo)
    evening = _last_evening(there)
    return evening.astimezone(now.tzinfo) if evening > now else plain


def _is_allowed(there: datetime) -> bool:
    closing = there.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
    return there.weekday() < 5 and there.hour >= OPENS and there <= closing


def _next_morning(there: datetime) -> datetime:
    morning = there.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    while morning <= there or morning.weekday() >= 5:
        morning += timedelta(days=1)
    return morning


def _last_evening(there: datetime) -> datetime:
    evening = there.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
    while evening > there or evening.weekday() >= 5:
        evening -= timedelta(days=1)
    return evening
