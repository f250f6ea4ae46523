"""Planning a session again: the form that asks from when and how often, and each copy as a plan with its remarks.

Copies keep the hours on the clocks of the session's zone, whatever those clocks do in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import NumberRange

from ..clock import now
from ..dates import date_words, day_words, time_words
from ..forms import SiteForm
from .holidays import is_common_holiday
from .models import TrainingSession
from .planning import Plan, PlannedMeeting
from .planning_fields import LAST_YEAR, Day, Filled, Number, exists
from .planning_forms import MeetingForm, SessionForm, filled_in

MOST_COPIES, MOST_WEEKS = 26, 52
_EVERY = _l("Write a number of weeks, from 1 to 52.")
_COUNT = _l("Write how many sessions, from 1 to 26.")


class SeriesForm(SiteForm):
    """From which day on, every how many weeks, how many times."""

    first = Day(_l("First day of the first copy"), [Filled(_l("Choose the first day."))])
    every = Number(
        _l("Weeks from one to the next"),
        [Filled(_EVERY), NumberRange(1, MOST_WEEKS, _EVERY)],
        message=_EVERY,
    )
    count = Number(
        _l("How many sessions"), [Filled(_COUNT), NumberRange(1, MOST_COPIES, _COUNT)], message=_COUNT
    )

    def __init__(self, typed: Any = None, *, session: TrainingSession) -> None:
        super().__init__(typed, data={"first": next_day(session), "every": _weeks(session), "count": 4})

    def days(self) -> list[date]:
        """Return the first day of each copy, on a valid form; none beyond the last year of the calendar."""
        assert self.first.data is not None
        wanted = [
            self.first.data + timedelta(weeks=int(self.every.data or 1) * number)
            for number in range(int(self.count.data or 0))
        ]
        return [day for day in wanted if day.year <= LAST_YEAR]


@dataclass(frozen=True)
class Copy:
    """One copy before it is stored: its first day, its meetings in words, and what deserves a look."""

    day: date
    meetings: tuple[str, ...]
    remarks: tuple[str, ...]


def next_day(session: TrainingSession) -> date:
    """Return the first day to come that is whole weeks after the session's own."""
    first = session.first_meeting
    zone = ZoneInfo(session.time_zone)
    today = now().astimezone(zone).date()
    day = first.starts_at.astimezone(zone).date() if first else today
    return max(day, today - (today - day) % timedelta(weeks=1)) + timedelta(weeks=1)


def copied_values(session: TrainingSession, day: date) -> dict[str, Any]:
    """Return the form's data of a session that begins on that day, everything else as it is but for the replay."""
    values = filled_in(session)
    meetings = values["meetings"]
    by = day - meetings[0]["day"] if meetings else timedelta()
    for name in ("opens_at", "closes_at", "decide_by"):
        values[name] = values[name] + by if values[name] else None
    values["meetings"] = [{**meeting, "meeting_id": None, "day": meeting["day"] + by} for meeting in meetings]
    return values | {"revision": None, "replay_url": ""}


def copied_plan(session: TrainingSession, day: date) -> Plan:
    """Return the plan of a session that begins on that day and is otherwise as this one."""
    return _CopyForm(None, data=copied_values(session, day)).as_plan()


class _CopyForm(SessionForm):
    """A form that nobody typed in: each of its rows is a meeting."""

    def _rows(self) -> list[MeetingForm]:
        return [entry.form for entry in self.meetings]


def copies(session: TrainingSession, days: Iterable[date], taken: Sequence[datetime]) -> list[Copy]:
    """Return the copies that begin on these days; `taken` is when sessions of this training and language begin."""
    found, before = [], session.first_meeting.starts_at if session.first_meeting else None
    hours: set[datetime] = set()
    for day in days:
        meetings = copied_plan(session, day).meetings
        remarks = [*_remarks(session, day, meetings, before, taken)]
        if hours & {meeting.starts_at for meeting in meetings}:
            remarks.append(_("One of its meetings falls together with one of a copy before it."))
        hours |= {meeting.starts_at for meeting in meetings}
        found.append(
            Copy(day, tuple(_words(meeting, session.time_zone) for meeting in meetings), tuple(remarks))
        )
        before = meetings[0].starts_at if meetings else None
    return found


def _remarks(
    session: TrainingSession, day: date, meetings: Sequence[PlannedMeeting], before: datetime | None,
    taken: Sequence[datetime],
) -> Iterable[str]:  # fmt: skip
    zone = ZoneInfo(session.time_zone)
    days = [meeting.starts_at.astimezone(zone).date() for meeting in meetings]
    if meetings and meetings[0].starts_at <= now():
        yield _("It begins in the past.")
    if meetings and meetings[0].starts_at in taken:
        yield _("A session of this training in this language begins then already.")
    for meeting, one in zip(meetings, days, strict=True):
        if is_common_holiday(one):
            words = day_words(meeting.starts_at, session.time_zone)
            yield _("%(day)s is a public holiday in many countries.", day=words[:1].upper() + words[1:])
    first = session.first_meeting
    if first and day.weekday() != first.starts_at.astimezone(zone).weekday():
        yield _("It is another day of the week than the session that it repeats.")
    if any(one.weekday() >= 5 for one in days):
        yield _("It falls on a weekend.")
    hours = [(values["day"], values["starts"]) for values in copied_values(session, day)["meetings"]]
    if any(not exists(datetime.combine(one, hour), zone) for one, hour in hours):
        yield _("Its hour does not exist on that day, when the clocks change: it is an hour later.")
    elif before and meetings and _offset(before, zone) != _offset(meetings[0].starts_at, zone):
        yield _(
            "The clocks have changed since the one before: it stays at %(hour)s there, and moves where they do not.",
            hour=time_words(meetings[0].starts_at, session.time_zone),
        )


def _weeks(session: TrainingSession) -> int:
    """Return after how many weeks a session can begin again without meeting itself."""
    zone = ZoneInfo(session.time_zone)
    days = [meeting.starts_at.astimezone(zone).date() for meeting in session.standing_meetings]
    return (days[-1] - days[0]).days // 7 + 1 if days else 1


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _words(meeting: PlannedMeeting, zone: str) -> str:
    return _(
        "%(day)s, %(start)s to %(end)s",
        day=date_words(meeting.starts_at, zone),
        start=time_words(meeting.starts_at, zone),
        end=time_words(meeting.ends_at, zone),
    )
