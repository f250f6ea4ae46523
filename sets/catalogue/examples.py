"""Example sessions for a site that is tried on one's own machine: dated from today, marked on every page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ..clock import now
from ..database import transaction
from .models import Meeting, SessionState, Training, TrainingSession, TrainingState
from .programme import Programme
from .showing import current_programme
from .versions import bump_catalogue_version

ROOMS = "https://rooms.example.org"
ZONES = {"es": "Europe/Madrid", "it": "Europe/Rome"}
DURATION = timedelta(minutes=90)
OPENING = time(9)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = range(4)


@dataclass(frozen=True)
class Example:
    """A session to invent: its language, its first evening so many days ahead, and what is particular about it."""

    language: str
    days: int = 0
    weekday: int = TUESDAY
    at: time = time(18)
    meetings: int = 3
    capacity: int | None = 20
    opens_in: int = -1
    needs_approval: bool = False


# One row for each training, over and over: open, last places, to be approved, not open yet, without a date.
EXAMPLES = (
    (
        Example("fr", 14, TUESDAY, meetings=4),
        Example("en", 16, THURSDAY, time(12, 30), meetings=4, capacity=3),
        Example("es"),
    ),
    (
        Example("fr", 18, WEDNESDAY),
        Example("it", 24, MONDAY, time(17, 30), needs_approval=True, capacity=12),
        Example("en", 40, WEDNESDAY, opens_in=10),
    ),
    (
        Example("fr", 21, THURSDAY, time(12, 30), capacity=3),
        Example("es", 28, TUESDAY, time(17), capacity=None),
        Example("it"),
    ),
)


def make_examples() -> int:
    """Add example sessions to a catalogue that has no session yet; return how many."""
    programme, moment = current_programme(), now()
    with transaction() as session:
        if session.scalar(select(TrainingSession.id).limit(1)) is not None:
            return 0
        query = select(Training).where(Training.state == TrainingState.PUBLISHED).order_by(Training.position)
        made = [
            _session(training, example, programme, moment)
            for number, training in enumerate(session.scalars(query).all())
            for example in EXAMPLES[number % len(EXAMPLES)]
            if example.language in programme.languages
        ]
        session.add_all(made)
        bump_catalogue_version(session)
    return len(made)


def _session(training: Training, example: Example, programme: Programme, moment: datetime) -> TrainingSession:
    zone = ZONES.get(example.language, programme.time_zone)
    made = TrainingSession(
        public_id=str(uuid.uuid4()),
        training_id=training.id,
        language=example.language,
        time_zone=zone,
        capacity=example.capacity,
        state=SessionState.PUBLISHED,
        opens_at=_at(moment, zone, example.opens_in, OPENING),
        needs_approval=example.needs_approval,
        is_example=True,
        created_at=moment,
    )
    if example.days:
        made.meetings = list(_meetings(example, zone, moment))
        if example.needs_approval:
            made.decide_by = made.meetings[0].starts_at - timedelta(days=1)
    return made


def _meetings(example: Example, zone: str, moment: datetime) -> Any:
    day = _at(moment, zone, example.days, example.at).date()
    day += timedelta(days=(example.weekday - day.weekday()) % 7)
    room = f"{ROOMS}/{uuid.uuid4().hex[:12]}"
    for week in range(example.meetings):
        starts_at = datetime.combine(day + timedelta(weeks=week), example.at, ZoneInfo(zone))
        yield Meeting(
            public_id=str(uuid.uuid4()), starts_at=starts_at, ends_at=starts_at + DURATION, room_url=room
        )


def _at(moment: datetime, zone: str, days: int, hour: time) -> datetime:
    day = moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime.combine(day, hour, ZoneInfo(zone))
