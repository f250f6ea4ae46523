"""Reminders before meetings, and the question whether people still come: when each is due, until when, to whom.

Both are worked out from the meetings as they stand, so that what has not left follows a change of date; what left once
is never repeated. Whoever was confirmed after a reminder was due does not get it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, exists, func, literal, select, update
from sqlalchemy.orm import aliased

from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..clock import now
from ..database import db, transaction
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from . import reminder_messages
from .models import Learner, Registration, Status

# Rows per round: the worker writes in small steps, so that sign-ups never wait long.
BATCH = 100
DAY = 24 * 60
# A reminder is sent at most so late, and at most half of its lead.
LATEST = timedelta(hours=24)
# Meetings further away are not looked at.
FURTHEST = timedelta(days=62)
# "Still coming?" is asked so long before the first meeting, in minutes.
ASKED_BEFORE = 3 * DAY
# A mail that was dropped unsent, because its meeting had moved, may be written again for the new date.
_DROPPED = (Delivery.status == DeliveryStatus.CANCELLED) & Delivery.reason.in_(("outdated", "superseded"))


@dataclass(frozen=True)
class Window:
    """From when a reminder is sent, and until when it still makes sense."""

    due_at: datetime
    until: datetime


@dataclass(frozen=True)
class Errand:
    """One mail to the people of one session that is due now: a reminder, or (`asks`) the question."""

    session_id: int
    meeting_id: int
    starts_at: datetime
    minutes: int
    window: Window
    asks: bool

    @property
    def key(self) -> tuple[str, str]:
        """What stands before and after the registration's id in the mail's once_key."""
        return ("coming:", "") if self.asks else (f"remind:{self.meeting_id}:", f":{self.minutes}")


def due_moment(starts_at: datetime, zone: str, minutes: int) -> datetime:
    """Return when a reminder is due, in UTC: whole days before at the same hour on the zone's clocks, else exactly."""
    if minutes % DAY:
        return starts_at - timedelta(minutes=minutes)
    there = starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - timedelta(minutes=minutes)
    return there.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def windows(starts_at: datetime, zone: str, leads: Iterable[int]) -> dict[int, Window]:
    """Return the window of each lead (minutes before): it ends when the next one begins, or when it would be late."""
    found: dict[int, Window] = {}
    following = starts_at
    for minutes in sorted({lead for lead in leads if lead > 0}):
        due_at = due_moment(starts_at, zone, minutes)
        until = min(due_at + min((starts_at - due_at) / 2, LATEST), following)
        if due_at < until:
            found[minutes] = Window(due_at, until)
            following = due_at
    return found


def post_due() -> int:
    """Post what is due now, a batch of it; return how many mails."""
    return next((posted for errand in _errands(now()) if (posted := _post(errand))), 0)


def _errands(moment: datetime) -> Iterator[Errand]:
    rows = db.session.execute(_meetings(moment)).all()
    for row in rows:
        leads = {int(lead) for lead in row.reminders or ()}
        asks = row.asks_presence and row.capacity is not None and row.starts_at == row.first_at
        # The question says what the reminder would, so that nobody gets both at once.
        every = windows(row.starts_at, row.time_zone, leads | ({ASKED_BEFORE} if asks else set()))
        for minutes, window in every.items():
            if window.due_at <= moment < window.until:
                is_question = asks and minutes == ASKED_BEFORE
                yield Errand(row.session_id, row.id, row.starts_at, minutes, window, is_question)


def _meetings(moment: datetime) -> Any:
    other = aliased(Meeting)
    first_at = (
        select(func.min(other.starts_at))
        .where(other.training_session_id == TrainingSession.id, other.cancelled_at.is_(None))
        .correlate(TrainingSession)
        .scalar_subquery()
    )
    return (
        select(
            Meeting.id,
            Meeting.starts_at,
            TrainingSession.id.label("session_id"),
            TrainingSession.time_zone,
            TrainingSession.reminders,
            TrainingSession.asks_presence,
            TrainingSession.capacity,
            first_at.label("first_at"),
        )
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(
            Meeting.cancelled_at.is_(None),
            Meeting.starts_at > moment,
            Meeting.starts_at <= moment + FURTHEST,
            TrainingSession.state.in_((SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)),
        )
        .order_by(Meeting.starts_at, Meeting.id)
    )


def _post(errand: Errand) -> int:
    """Post one batch of an errand; two workers may try at once, since each mail has a key."""
    if db.session.execute(_people(errand).limit(1)).first() is None:
        return 0
    with transaction():
        people = db.session.execute(_people(errand).limit(BATCH)).all()
        _free_keys([_key(errand, person.id) for person in people])
        for person in people:
            told = {"to": person.email, "language": person.language, "learner_id": person.learner_id}
            post = reminder_messages.still_coming if errand.asks else reminder_messages.meeting_reminder
            post(
                **told,
                registration_id=person.id,
                once_key=_key(errand, person.id),
                meeting_id=errand.meeting_id,
                starts_at=errand.starts_at,
                until=errand.window.until,
            )
    return len(people)


def _people(errand: Errand) -> Any:
    """Return those whose place was confirmed when it became due, and who have no such mail yet."""
    before, after = errand.key
    key = literal(before) + cast(Registration.id, String) + literal(after)
    return (
        select(Registration.id, Registration.learner_id, Learner.email, Learner.language)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            Registration.training_session_id == errand.session_id,
            Registration.status == Status.CONFIRMED,
            Registration.silent.is_(False),
            Registration.confirmed_at <= errand.window.due_at,
            ~exists().where(Delivery.once_key == key, ~_DROPPED),
            # Somebody who was told of a new date since needs no reminder of it yet.
            ~exists().where(
                DeliveryRegistration.registration_id == Registration.id,
                Delivery.id == DeliveryRegistration.delivery_id,
                Delivery.kind == "session_changed",
                Delivery.posted_at > errand.window.due_at,
            ),
        )
        .order_by(Registration.id)
    )


def _key(errand: Errand, registration_id: int) -> str:
    before, after = errand.key
    return f"{before}{registration_id}{after}"


def _free_keys(keys: list[str]) -> None:
    db.session.execute(
        update(Delivery)
        .where(Delivery.once_key.in_(keys), _DROPPED)
        .values(once_key=None)
        .execution_options(synchronize_session=False)
    )
