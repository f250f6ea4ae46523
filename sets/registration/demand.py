"""How many people a session that does not exist yet would fill, by training and language. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import TrainingLabel, training_labels
from ..catalogue.models import SessionState, TrainingSession
from ..clock import now
from ..database import db
from ..languages import LANGUAGES
from . import listing, queue
from .listing import Filter
from .models import Registration, Status

# No session has this id: "waits for it" then means "waits for any date in that language".
NO_SESSION = 0


@dataclass(frozen=True)
class Demand:
    """What people wait for in one language of a training.

    `people` would fill a new session, each counted once; `any_date` is the number of the list of registrations, of whom
    `served` have a place or an offer elsewhere meanwhile.
    """

    language: str
    people: int
    any_date: int
    served: int
    full: tuple[tuple[TrainingSession, int], ...]
    drafts: tuple[TrainingSession, ...]


@dataclass(frozen=True)
class TrainingDemand:
    """A training with the languages in which people wait, the most wanted first."""

    training: TrainingLabel
    languages: tuple[Demand, ...]


def list_demand() -> list[TrainingDemand]:
    """Return every training in which somebody waits whom no session serves now."""
    ahead = _sessions_ahead()
    found = []
    for training in training_labels().values():
        sessions = [session for session in ahead if session.training_id == training.id]
        rows = [_demand(training, code, sessions) for code in LANGUAGES]
        rows = sorted((row for row in rows if row.people), key=lambda row: -row.people)
        if rows:
            found.append(TrainingDemand(training, tuple(rows)))
    return found


def _demand(training: TrainingLabel, language: str, sessions: list[TrainingSession]) -> Demand:
    here = [session for session in sessions if session.language == language]
    full = [session for session in here if _is_full(session)]
    waiting = [(session, _count_in(session)) for session in full]
    people = set(db.session.scalars(_for_any_date(training.id, language)))
    undated = len(people)
    people |= set(db.session.scalars(_in_queues([session.id for session in full])))
    wanted = Filter((training.slug,), ("any",), (str(Status.WAITING),), wants=language)
    any_date = listing.count_exactly(wanted)
    return Demand(
        language=language,
        people=len(people),
        any_date=any_date,
        served=any_date - undated,
        full=tuple((session, number) for session, number in waiting if number),
        drafts=tuple(session for session in here if session.state == SessionState.DRAFT),
    )


def _for_any_date(training_id: int, language: str) -> Any:
    return select(Registration.learner_id).where(queue.waits_for(NO_SESSION, training_id, language))


def _in_queues(session_ids: list[int]) -> Any:
    return select(Registration.learner_id).where(
        Registration.training_session_id.in_(session_ids), Registration.status == Status.WAITING
    )


def _count_in(session: TrainingSession) -> int:
    statement = select(func.count(Registration.id)).where(
        Registration.training_session_id == session.id, Registration.status == Status.WAITING
    )
    return int(db.session.scalar(statement) or 0)


def _is_full(session: TrainingSession) -> bool:
    return (
        session.state in (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)
        and session.capacity is not None
        and session.places_taken >= session.capacity
    )


def _sessions_ahead() -> list[TrainingSession]:
    """Return the sessions that have not begun, or have no date yet."""
    moment = now()
    statement = (
        select(TrainingSession)
        .where(TrainingSession.state != SessionState.CANCELLED)
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id)
    )
    return [
        session
        for session in db.session.scalars(statement)
        if session.first_meeting is None or session.first_meeting.starts_at > moment
    ]
