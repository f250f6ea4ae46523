"""Changes to sessions: each is a verb here, since a published session's change moves, fills or informs people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from ..catalogue import places, planning
from ..catalogue.models import SessionState, TrainingSession
from ..catalogue.planning import Plan, PlanRefused
from ..catalogue.versions import bump_catalogue_version
from ..database import db, transaction
from ..staff.activity import record_activity
from . import workflow
from .models import ACTIVE, Registration

# verb: (from states, to state)
STEPS: dict[str, tuple[tuple[str, ...], str]] = {
    "publish": ((SessionState.DRAFT,), SessionState.PUBLISHED),
    "pause": ((SessionState.PUBLISHED,), SessionState.PAUSED),
    "resume": ((SessionState.PAUSED, SessionState.CLOSED), SessionState.PUBLISHED),
    "close": ((SessionState.PUBLISHED, SessionState.PAUSED), SessionState.CLOSED),
}


def plan_session(plan: Plan) -> str:
    """Store a new session as a draft; return its public id."""
    with transaction():
        session = planning.create_draft(plan)
        record_activity("plan_session", subject_type="session", subject_id=session.id)
        return session.public_id


def change_session(public_id: str, plan: Plan, revision: int) -> None:
    """Store what the form says of a session.

    While people are registered, its training, language, zone and dates stay as they were told; places, window and
    rooms change, and added places find their people. Raises PlanRefused when somebody changed it since `revision`.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id, plan.training_id], [ids.id])
        session = planning.read_session(public_id, revision=revision)
        if count_active(session.id):
            planning.apply_running(session, plan)
        else:
            planning.apply_plan(session, plan)
        record_activity("change_session", subject_type="session", subject_id=session.id)
        db.session.flush()
        _tell(session)


def step_session(public_id: str, verb: str) -> None:
    """Publish, pause, resume or close a session. A new session's places are offered to those who wait, at once."""
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id], [ids.id])
        session = planning.read_session(public_id)
        before, after = STEPS[verb]
        if session.state not in before:
            raise PlanRefused("changed")
        session.state = after
        session.revision += 1
        record_activity(f"{verb}_session", subject_type="session", subject_id=session.id)
        db.session.flush()
        _tell(session)


def count_active(session_id: int) -> int:
    """Return how many people have a place in a session or wait for it."""
    return int(
        db.session.scalar(
            select(func.count(Registration.id)).where(
                Registration.training_session_id == session_id, Registration.status.in_(ACTIVE)
            )
        )
        or 0
    )


def _ids(public_id: str) -> Any:
    statement = select(TrainingSession.id, TrainingSession.training_id)
    row = db.session.execute(statement.where(TrainingSession.public_id == public_id)).first()
    if row is None:
        raise PlanRefused("not_found")
    return row


def _tell(session: TrainingSession) -> None:
    """Renew the public pages, and offer what places there are now."""
    if session.state == SessionState.DRAFT:
        return
    bump_catalogue_version(db.session)
    workflow.fill_locked(places.lock([session.training_id], [session.id])[session.id])
