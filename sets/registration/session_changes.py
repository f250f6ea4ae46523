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
from . import seating
from .models import ACTIVE, Registration

# step: (the verb in the activity log, from states, to state)
STEPS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "publication": ("session_published", (SessionState.DRAFT,), SessionState.PUBLISHED),
    "pause": ("session_paused", (SessionState.PUBLISHED,), SessionState.PAUSED),
    "resumption": ("session_resumed", (SessionState.PAUSED, SessionState.CLOSED), SessionState.PUBLISHED),
    "closure": ("session_closed", (SessionState.PUBLISHED, SessionState.PAUSED), SessionState.CLOSED),
}


def plan_session(plan: Plan) -> str:
    """Store a new session as a draft; return its public id."""
    with transaction():
        session = planning.create_draft(plan)
        record_activity("session_planned", subject_type="session", subject_id=session.id)
        return session.public_id


def change_session(public_id: str, plan: Plan, revision: int) -> int:
    """Store what the form says of a session; return how many people were offered or given a place by it.

    While people are registered, its training, language, zone and dates stay as they were told; places, window and
    rooms change, and added places find their people. Raises PlanRefused: "changed" when somebody changed it since
    `revision`, "running" when the plan touches what must stay.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id, plan.training_id], [ids.id])
        session = planning.read_session(public_id, revision=revision)
        if plan.training_id != session.training_id and _count(session.id):
            # A cancelled registration belongs to its training too.
            raise PlanRefused("running")
        if count_active(session.id):
            planning.apply_running(session, plan)
        else:
            planning.apply_plan(session, plan)
        record_activity("session_changed", subject_type="session", subject_id=session.id)
        db.session.flush()
        return _tell(session)


def step_session(public_id: str, step: str) -> int:
    """Publish, pause, resume or close a session; return how many people were offered or given a place by it.

    A new session's places are offered to those who wait, at once. Raises PlanRefused("changed") when the session is
    not in a state that the step leads from.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id], [ids.id])
        session = planning.read_session(public_id)
        verb, before, after = STEPS[step]
        if session.state not in before:
            raise PlanRefused("changed")
        session.state = after
        session.revision += 1
        record_activity(verb, subject_type="session", subject_id=session.id)
        db.session.flush()
        return _tell(session)


def possible_steps(state: str) -> list[str]:
    """Return the steps that lead on from a state."""
    return [step for step, (_verb, before, _after) in STEPS.items() if state in before]


def count_active(session_id: int) -> int:
    """Return how many people have a place in a session or wait for it."""
    return _count(session_id, Registration.status.in_(ACTIVE))


def _count(session_id: int, *criteria: Any) -> int:
    statement = select(func.count(Registration.id)).where(
        Registration.training_session_id == session_id, *criteria
    )
    return int(db.session.scalar(statement) or 0)


def _ids(public_id: str) -> Any:
    statement = select(TrainingSession.id, TrainingSession.training_id)
    row = db.session.execute(statement.where(TrainingSession.public_id == public_id)).first()
    if row is None:
        raise PlanRefused("not_found")
    return row


def _tell(session: TrainingSession) -> int:
    """Renew the public pages, and offer what places there are now; return to how many."""
    if session.state == SessionState.DRAFT:
        return 0
    bump_catalogue_version(db.session)
    return seating.fill(places.lock([session.training_id], [session.id])[session.id])
