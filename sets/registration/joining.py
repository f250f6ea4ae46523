"""The way into a live meeting: one link per learner and meeting, the same for life, whatever becomes of the room.

The room's address is told here only, to who has a place, from 30 minutes before the start until the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..clock import now
from ..database import db, transaction
from ..statements import insert_or_ignore
from .keys import LinkUnknown, read_join_token
from .links_of_people import person_of
from .models import AttendanceFact, Learner, Registration, Status
from .standing import OPENS_BEFORE, is_room_open

EARLY, OPEN, OVER, CANCELLED, NOT_YOURS, NO_ROOM = (
    "early",
    "open",
    "over",
    "cancelled",
    "not_yours",
    "no_room",
)


class DoorClosed(Exception):  # noqa: N818  (a refusal)
    """The room cannot be entered; `doorway.state` says why."""

    def __init__(self, doorway: Doorway) -> None:
        super().__init__(doorway.state)
        self.doorway = doorway


@dataclass(frozen=True)
class Doorway:
    """A learner before a meeting. `registration_id` is the one that gives the right to enter, or the nearest to it."""

    state: str
    learner: Learner
    registration_id: int | None
    session: TrainingSession
    meeting: Meeting

    @property
    def opens_at(self) -> datetime:
        """From when the room can be entered."""
        return self.meeting.starts_at - OPENS_BEFORE


def find_doorway(token: str) -> Doorway:
    """Return where this link leads now. Raises LinkUnknown."""
    read = read_join_token(token)
    if read is None:
        raise LinkUnknown
    meeting_public_id, learner_public_id, version = read
    learner, link_version, _feed_version = person_of(learner_public_id)
    meeting = db.session.scalar(select(Meeting).where(Meeting.public_id == meeting_public_id))
    if learner is None or meeting is None:
        raise LinkUnknown
    if link_version != version:
        raise LinkUnknown(is_revoked=True)
    session = meeting.session
    registration = db.session.scalar(
        select(Registration).where(
            Registration.learner_id == learner.id, Registration.training_session_id == session.id
        )
    )
    state = _state(registration, session, meeting)
    return Doorway(state, learner, registration.id if registration else None, session, meeting)


def enter_room(token: str) -> tuple[Doorway, str]:
    """Note that the learner joined, and that the address is theirs; return the doorway and the room's address.

    Raises LinkUnknown, or DoorClosed when the room cannot be entered now.
    """
    with transaction() as session:
        doorway = find_doorway(token)
        if doorway.state != OPEN:
            raise DoorClosed(doorway)
        moment = now()
        insert_or_ignore(
            AttendanceFact,
            {
                "registration_id": doorway.registration_id,
                "meeting_id": doorway.meeting.id,
                "kind": "joined",
                "at": moment,
            },
        )
        session.execute(
            update(Learner)
            .where(Learner.id == doorway.learner.id, Learner.proven_at.is_(None))
            .values(proven_at=moment, changed_at=Learner.changed_at)
        )
    return doorway, str(doorway.meeting.room_url)


def is_room(address: str | None) -> bool:
    """Tell whether a room's address can be linked to: https, with a host."""
    try:
        parts = urlsplit(address or "")
        return parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False


def _state(registration: Any, session: TrainingSession, meeting: Meeting) -> str:
    moment = now()
    if meeting.cancelled_at is not None or session.state == SessionState.CANCELLED:
        return CANCELLED
    if registration is None or registration.status != Status.CONFIRMED:
        return NOT_YOURS
    if moment >= meeting.ends_at:
        return OVER
    if not is_room_open(meeting.starts_at, meeting.ends_at, moment):
        return EARLY
    return OPEN if is_room(meeting.room_url) else NO_ROOM
