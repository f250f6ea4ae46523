"""Of what the figures tell: a training or all, a session or all, and a period of whole months on the programme's clock.

It lives in the address: `training`, `session`, `from` and `to` (2026-03). Erased people are counted by month, so that
every figure can be told of any months.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from ..catalogue.models import Training, TrainingSession
from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..registration.frozen_models import FrozenCount
from ..registration.models import Registration

MONTH = re.compile(r"(?:19[7-9]|2[0-8]\d)\d-(?:0[1-9]|1[0-2])")
# Months that are shown unless others are asked for, the present one included.
USUAL = 12
# In the address: from the beginning.
ALL = "all"
ANY_DATE = "any"


@dataclass(frozen=True)
class Scope:
    """What is counted. Empty texts are: all trainings, all sessions, from the beginning, without end."""

    training: str = ""
    session: str = ""
    begin: str = ""
    end: str = ""
    zone: str = "UTC"

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, usual: str = "") -> Scope:
        """Return what an address asks for; without a beginning, from the month `usual`."""
        texts = {name: _plain(query.get(name, "")) for name in ("training", "session")}
        begin, end = (query.get(name, "").strip() for name in ("from", "to"))
        begin = begin if MONTH.fullmatch(begin) else "" if begin == ALL else usual
        end = end if MONTH.fullmatch(end) else ""
        if begin and end and end < begin:
            begin, end = end, begin
        return cls(**texts, begin=begin, end=end, zone=current_programme().time_zone)

    def as_query(self, **changes: str) -> str:
        """Return the address's query, with some parts changed."""
        values = {
            "training": self.training,
            "session": self.session,
            "from": self.begin or ALL,
            "to": self.end,
        }
        return urlencode({name: value for name, value in (values | changes).items() if value})

    def list_query(self, **parts: Any) -> str:
        """Return the query of the list of the registrations that are counted, narrowed to some of them."""
        asked: dict[str, Any] = {"training": self.training, "session": self.session}
        if self.begin:
            asked["received_from"] = f"{self.begin}-01"
        if self.end:
            asked["received_to"] = (month_begins(month_after(self.end)) - timedelta(days=1)).isoformat()
        return listing_query(**{"outcome": "kept", "zone": self.zone} | asked | parts)

    @property
    def begins_at(self) -> datetime | None:
        """When the period begins."""
        return midnight(month_begins(self.begin), self.zone) if self.begin else None

    @property
    def ends_at(self) -> datetime | None:
        """When the period is over."""
        return midnight(month_begins(month_after(self.end)), self.zone) if self.end else None

    def holds(self, month: str) -> bool:
        """Tell whether a month is of the period."""
        return (not self.begin or month >= self.begin) and (not self.end or month <= self.end)

    def criteria(self) -> list[Any]:
        """Return the conditions of the registrations that came in the period, wherever they went since."""
        found = self._of_what(Registration.training_id, Registration.training_session_id, None)
        # A beginning that cuts nothing off is not asked for: the database then counts by an index alone.
        if self.begins_at and self.begin > first_month():
            found.append(Registration.created_at >= self.begins_at)
        if self.ends_at:
            found.append(Registration.created_at < self.ends_at)
        return found

    def frozen_criteria(self) -> list[Any]:
        """Return the same conditions of the counts of people who are gone."""
        found = self._of_what(FrozenCount.training_id, FrozenCount.session_id, 0)
        if self.begin:
            found.append(FrozenCount.month >= self.begin)
        if self.end:
            found.append(FrozenCount.month <= self.end)
        return found

    def _of_what(self, training: Any, session: Any, nothing: Any) -> list[Any]:
        found = []
        if self.training:
            found.append(
                training == select(Training.id).where(Training.slug == self.training).scalar_subquery()
            )
        if self.session == ANY_DATE:
            found.append(session.is_(None) if nothing is None else session == nothing)
        elif self.session:
            named = select(TrainingSession.id).where(TrainingSession.public_id == self.session)
            found.append(session == named.scalar_subquery())
        return found


def _plain(text: str) -> str:
    """Return a text as a database can compare it; what nobody typed finds nothing."""
    text = text.strip()[:80]
    return text if text.isprintable() else "?"


def listing_query(**parts: Any) -> str:
    """Return the query of the list of registrations that are of all these parts (texts, or several of them)."""
    if not (parts.get("received_from") or parts.get("received_to")):
        parts.pop("zone", None)
    return urlencode({name: value for name, value in parts.items() if value}, doseq=True)


def this_month() -> str:
    """Return the present month on the programme's clock."""
    return f"{now().astimezone(ZoneInfo(current_programme().time_zone)):%Y-%m}"


def usual_month() -> str:
    """Return the month from which figures are shown unless another is asked for."""
    return month_after(this_month(), 1 - USUAL)


def first_month() -> str:
    """Return the month of the first registration that is known, or the present one."""
    first = db.session.scalar(select(func.min(Registration.created_at)))
    zone = ZoneInfo(current_programme().time_zone)
    return f"{first.astimezone(zone):%Y-%m}" if first else this_month()


def month_after(month: str, number: int = 1) -> str:
    """Return the month so many months later (earlier when negative)."""
    months = int(month[:4]) * 12 + int(month[5:]) - 1 + number
    return f"{months // 12:04}-{months % 12 + 1:02}"


def months_between(begin: str, end: str) -> list[str]:
    """Return the months from one to another, both included."""
    found = [begin]
    while found[-1] < end:
        found.append(month_after(found[-1]))
    return found


def month_begins(month: str) -> date:
    """Return the first day of a month."""
    return date(int(month[:4]), int(month[5:]), 1)


def midnight(day: date, zone: str) -> datetime:
    """Return the moment at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
