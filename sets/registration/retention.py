"""What ends by itself: needs 30 days after the last meeting, people 24 months after the last thing they did here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Exists, delete, exists, func, or_, select

from ..catalogue.models import Meeting
from ..clock import now
from ..database import db, transaction
from ..privacy import PERIODS
from .applying import CLOCK
from .erasure import erase_learner
from .models import ACTIVE, Learner, LearnerNeed, Registration

BATCH = 20


def forget_needs() -> int:
    """Forget the accessibility needs of people whose meetings are over long enough; return how many."""
    due = select(LearnerNeed.learner_id).where(
        LearnerNeed.consent_at <= now() - PERIODS["needs"], ~_is_awaited(LearnerNeed.learner_id, "needs")
    )
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction() as session:
        return session.execute(
            delete(LearnerNeed).where(LearnerNeed.learner_id.in_(due.limit(BATCH)))
        ).rowcount


def forget_learners() -> int:
    """Erase people who did nothing here for so long, and have nothing ahead; return how many."""
    last_step = (
        select(func.max(Registration.status_at))
        .where(Registration.learner_id == Learner.id)
        .scalar_subquery()
    )
    limit = now() - PERIODS["registrations"]
    due = db.session.scalars(
        select(Learner.public_id)
        .where(
            Learner.created_at <= limit,
            or_(Learner.keep_until.is_(None), Learner.keep_until <= now()),
            func.coalesce(last_step, Learner.created_at) <= limit,
            ~_is_awaited(Learner.id, "registrations"),
        )
        .limit(BATCH)
    ).all()
    return sum(erase_learner(public_id, actor=CLOCK) for public_id in due)


def _is_awaited(learner_id: Any, period: str) -> Exists:
    """Return the predicate "has a meeting that is not over for that long"."""
    return exists().where(
        Registration.learner_id == learner_id,
        Registration.status.in_(ACTIVE),
        Meeting.training_session_id == Registration.training_session_id,
        Meeting.cancelled_at.is_(None),
        Meeting.ends_at > now() - PERIODS[period],
    )
