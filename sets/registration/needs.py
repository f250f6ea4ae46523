"""Accessibility needs that wait for an answer of the team: a to-do, for organisers only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import selectinload

from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from .models import ACTIVE, Learner, LearnerNeed, Registration


def count_open() -> int:
    """Return how many people with an active registration have needs that nobody has answered."""
    return int(db.session.scalar(select(func.count()).select_from(_open().subquery())) or 0)


def list_open() -> list[tuple[Learner, Registration]]:
    """Return those people, the one who has waited longest first, each with an active registration."""
    learners = db.session.scalars(
        _open(Learner)
        .join(Learner, Learner.id == LearnerNeed.learner_id)
        .options(selectinload(Learner.need), selectinload(Learner.registrations))
        .order_by(LearnerNeed.consent_at)
    )
    return [(learner, _first_active(learner)) for learner in learners]


def note_answered(registration_public_id: str) -> bool:
    """Note that the needs of the person behind a registration are answered; tell whether there were any open."""
    learner = select(Registration.learner_id).where(Registration.public_id == registration_public_id)
    statement = (
        update(LearnerNeed)
        .where(LearnerNeed.learner_id == learner.scalar_subquery(), LearnerNeed.answered_at.is_(None))
        .values(answered_at=now())
        .execution_options(synchronize_session=False)
    )
    with transaction() as session:
        found = bool(session.execute(statement).rowcount)
        if found:
            record_activity("need_answered", subject_type="registration", subject_id=registration_public_id)
    return found


def _open(*columns: Any) -> Any:
    is_active = (
        select(Registration.id)
        .where(Registration.learner_id == LearnerNeed.learner_id, Registration.status.in_(ACTIVE))
        .correlate(LearnerNeed)
        .exists()
    )
    chosen = columns or (LearnerNeed.learner_id,)
    return select(*chosen).select_from(LearnerNeed).where(LearnerNeed.answered_at.is_(None), is_active)


def _first_active(learner: Learner) -> Registration:
    return next(one for one in learner.registrations if one.status in ACTIVE)
