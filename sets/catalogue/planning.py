"""Planning sessions: a plan becomes a draft with its meetings. Changes to published sessions are registration's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..clock import now
from ..database import db
from .models import REMINDERS, Filling, Meeting, SessionState, Training, TrainingSession, TrainingState


class PlanRefused(Exception):  # noqa: N818  (a refusal)
    """A plan cannot be stored.

    `reason` is "changed" (somebody else changed the session meanwhile), "not_found", "training" (people registered for
    this one), "people" (others are concerned than those who were shown), "no_page" or "no_texts" (see `hindrance`).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class PlannedMeeting:
    """One meeting of a plan; `id` when it exists already. Times are aware."""

    starts_at: datetime
    ends_at: datetime
    room_url: str = ""
    id: int | None = None


@dataclass(frozen=True)
class Plan:
    """A whole session as the form has it. `capacity` None is without limit."""

    training_id: int
    language: str
    time_zone: str
    capacity: int | None
    meetings: tuple[PlannedMeeting, ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    needs_approval: bool = False
    decide_by: datetime | None = None
    filling: str = Filling.OFFER
    trainer: str = ""
    # Minutes before each meeting.
    reminders: tuple[int, ...] = REMINDERS
    asks_presence: bool = True
    lessons_url: str = ""
    lessons_note: str = ""
    materials_url: str = ""
    materials_note: str = ""
    replay_url: str = ""


def create_draft(plan: Plan) -> TrainingSession:
    """Add a draft session to the open transaction and return it."""
    session = TrainingSession(
        public_id=str(uuid.uuid4()), state=SessionState.DRAFT, created_at=now(), revision=0
    )
    apply_plan(session, plan)
    db.session.add(session)
    db.session.flush()
    return session


def apply_plan(session: TrainingSession, plan: Plan) -> None:
    """Write the whole plan into a session, inside the open transaction."""
    for name in ("training_id", "language", "time_zone"):
        setattr(session, name, getattr(plan, name))
    _write_conditions(session, plan)
    kept = {meeting.id: meeting for meeting in session.standing_meetings}
    for planned in plan.meetings:
        meeting = kept.pop(planned.id, None) if planned.id else None
        if meeting is None:
            meeting = Meeting(public_id=str(uuid.uuid4()), revision=0)
            session.meetings.append(meeting)
        if (meeting.starts_at, meeting.ends_at) != (planned.starts_at, planned.ends_at):
            meeting.revision += 1
        meeting.starts_at, meeting.ends_at = planned.starts_at, planned.ends_at
        meeting.room_url = planned.room_url or None
    for meeting in kept.values():
        # Kept as cancelled, never deleted: somebody's calendar may have known it.
        meeting.cancelled_at = now()


def read_session(public_id: str, *, revision: int | None = None) -> TrainingSession:
    """Return that session with its meetings; raise PlanRefused when it is gone or was changed since `revision`."""
    session: Any = db.session.scalar(
        select(TrainingSession)
        .where(TrainingSession.public_id == public_id)
        .options(
            selectinload(TrainingSession.meetings),
            selectinload(TrainingSession.training).selectinload(Training.texts),
        )
        .execution_options(populate_existing=True)
    )
    if session is None:
        raise PlanRefused("not_found")
    if revision is not None and session.revision != revision:
        raise PlanRefused("changed")
    return session


def hindrance(session: TrainingSession) -> str:
    """Return why the public could not read about a session: "no_page" (its training is not on the site), "no_texts"
    (it has none in the session's language), or "".
    """
    if session.training.state != TrainingState.PUBLISHED:
        return "no_page"
    return "" if session.language in session.training.texts else "no_texts"


def _write_conditions(session: TrainingSession, plan: Plan) -> None:
    for name in ("capacity", "opens_at", "closes_at", "needs_approval", "decide_by", "filling"):
        setattr(session, name, getattr(plan, name))
    session.trainer, session.asks_presence = plan.trainer, plan.asks_presence
    session.reminders = list(plan.reminders)
    for name in ("lessons_url", "lessons_note", "materials_url", "materials_note", "replay_url"):
        setattr(session, name, getattr(plan, name) or None)
    session.revision += 1
