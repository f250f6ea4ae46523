"""What ends by itself: needs after the last meeting, people after the last thing they did here. At night.

How long is a setting (`privacy.period`). What is announced before: `protection.announcing`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Exists, delete, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from ..catalogue.models import Meeting
from ..clock import now
from ..database import db, transaction
from ..privacy import period
from .applying import CLOCK
from .erasure import erase_learner
from .models import ACTIVE, Learner, LearnerNeed, Registration

BATCH = 20


def forget_needs(until: datetime | None = None) -> int:
    """Forget the accessibility needs that were due by then (default: now), some at a time; return how many."""
    due = select(LearnerNeed.learner_id).where(needs_due(until or now()))
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction() as session:
        return session.execute(
            delete(LearnerNeed).where(LearnerNeed.learner_id.in_(due.limit(BATCH)))
        ).rowcount


def forget_learners(until: datetime | None = None) -> int:
    """Erase people who were due by then (default: now), some at a time; return how many."""
    due = db.session.scalars(
        select(Learner.public_id).where(learners_due(until or now())).order_by(Learner.id).limit(BATCH)
    ).all()
    return sum(erase_learner(public_id, actor=CLOCK) for public_id in due)


def needs_due(moment: datetime, length: timedelta | None = None) -> ColumnElement[bool]:
    """Return the predicate "these needs are no longer kept at that moment", under the period in force or another."""
    length = length or period("needs")
    return (LearnerNeed.consent_at <= moment - length) & ~_is_awaited(LearnerNeed.learner_id, moment - length)


def learners_due(moment: datetime, length: timedelta | None = None) -> ColumnElement[bool]:
    """Return the predicate "this person is no longer kept at that moment", under the period in force or another.

    They did nothing here for so long, nothing happened to their registrations, nothing lies ahead, and the team does
    not keep them longer.
    """
    limit = moment - (length or period("registrations"))
    last_step = (
        select(func.max(Registration.status_at))
        .where(Registration.learner_id == Learner.id)
        .correlate(Learner)
        .scalar_subquery()
    )
    return (
        (Learner.created_at <= limit)
        & or_(Learner.keep_until.is_(None), Learner.keep_until <= moment)
        & or_(Learner.acted_at.is_(None), Learner.acted_at <= limit)
        & (func.coalesce(last_step, Learner.created_at) <= limit)
        & ~_is_awaited(Learner.id, limit)
    )


def _is_awaited(learner_id: Any, limit: datetime) -> Exists:
    """Return the predicate "has a meeting that ends after that"."""
    return exists().where(
        Registration.learner_id == learner_id,
        Registration.status.in_(ACTIVE),
        Meeting.training_session_id == Registration.training_session_id,
        Meeting.cancelled_at.is_(None),
        Meeting.ends_at > limit,
    )
