"""The sessions that lines of a file can be for: with a date, neither a draft nor cancelled; over or still to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.models import SessionState, TrainingSession
from ..clock import now
from ..database import db
from ..dates import local

TAKES_PEOPLE = (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)


@dataclass(frozen=True)
class Hour:
    """A meeting of such a session."""

    id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Held:
    """A session as a line finds it: its days on its own clocks, and whether it is over."""

    id: int
    public_id: str
    training_id: int
    language: str
    zone: str
    state: str
    meetings: tuple[Hour, ...]
    is_over: bool
    has_begun: bool

    @property
    def days(self) -> set[date]:
        """The days of its meetings."""
        return {local(meeting.starts_at, self.zone).date() for meeting in self.meetings}


def held_sessions() -> list[Held]:
    """Return every session that people can be imported into: with a date, neither a draft nor cancelled."""
    moment, found = now(), []
    statement = (
        select(TrainingSession)
        .where(TrainingSession.state.in_(TAKES_PEOPLE))
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id)
    )
    for session in db.session.scalars(statement):
        meetings = tuple(Hour(one.id, one.starts_at, one.ends_at) for one in session.standing_meetings)
        if meetings:
            found.append(
                Held(
                    session.id, session.public_id, session.training_id, session.language, session.time_zone,
                    session.state, meetings, max(one.ends_at for one in meetings) <= moment,
                    meetings[0].starts_at <= moment,
                )
            )  # fmt: skip
    return found
