"""Several sessions at once: stored as drafts together, published one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ..catalogue import places, planning
from ..catalogue.models import Meeting, SessionState, TrainingSession, first_start
from ..catalogue.planning import Plan, PlanRefused
from ..database import db, transaction
from ..staff.activity import record_activity
from . import session_changes

# So many are published by one press.
MOST = 60


@dataclass
class Published:
    """How many sessions were published, how many people were told of a place; how many had changed meanwhile, and how
    many have no page in their language.
    """

    sessions: int = 0
    told: int = 0
    changed: int = 0
    hindered: int = 0


def plan_series(plans: Sequence[Plan], *, known: int) -> list[str]:
    """Store sessions of one training and language as drafts, all of them or none; return their public ids.

    Raises PlanRefused("changed") when there are not `known` sessions of these any more: the button was pressed twice,
    or a colleague planned the same.
    """
    with transaction():
        places.lock({plan.training_id for plan in plans}, [])
        if len(beginnings(plans[0].training_id, plans[0].language)) != known:
            raise PlanRefused("changed")
        found = []
        for plan in plans:
            session = planning.create_draft(plan)
            record_activity("session_planned", subject_type="session", subject_id=session.id)
            found.append(session.public_id)
        return found


def publish_series(public_ids: Iterable[str]) -> Published:
    """Publish drafts in the order of their dates, each in a transaction of its own; what is no draft stays as it is."""
    published = Published()
    for public_id in _in_order(list(dict.fromkeys(public_ids))[:MOST]):
        try:
            published.told += session_changes.step_session(public_id, "publication")
            published.sessions += 1
        except PlanRefused as refusal:
            if refusal.reason in ("no_page", "no_texts"):
                published.hindered += 1
            else:
                published.changed += 1
    return published


def beginnings(training_id: int, language: str) -> Sequence[datetime]:
    """Return when the sessions of a training in a language begin."""
    statement = (
        select(func.min(Meeting.starts_at))
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(
            TrainingSession.training_id == training_id,
            TrainingSession.language == language,
            TrainingSession.state != SessionState.CANCELLED,
            Meeting.cancelled_at.is_(None),
        )
        .group_by(TrainingSession.id)
    )
    return list(db.session.scalars(statement))


def _in_order(public_ids: list[str]) -> list[str]:
    """Return the ids of sessions that exist, the earliest first: who waits is offered the earliest."""
    starts_at = first_start()
    statement = (
        select(TrainingSession.public_id)
        .where(TrainingSession.public_id.in_(public_ids))
        .order_by(starts_at.is_(None), starts_at, TrainingSession.id)
    )
    found = list(db.session.scalars(statement))
    db.session.rollback()
    return found
