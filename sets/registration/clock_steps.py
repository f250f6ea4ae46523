"""What the clock does to registrations: called by the worker every half minute, harmless when repeated."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select

from ..catalogue.models import SessionState, TrainingSession, first_start
from ..clock import now
from ..database import db, transaction
from . import steps, workflow
from .models import Registration, Status, Submission

# Rows per round: the worker writes in small steps, so that sign-ups never wait long.
BATCH = 100


def run_due() -> int:
    """End and expire what is due, then fill free places; return how many registrations changed."""
    return _end_past() + _expire_due() + _fill_free()


def purge_submissions() -> int:
    """Forget held forms and differing details whose time is over; return how many."""
    with transaction():
        due = select(Submission.id).where(Submission.purge_at <= now()).limit(BATCH)
        done = db.session.execute(
            delete(Submission).where(Submission.id.in_(due), Submission.held_at.is_not(None))
        )
        held = cast("CursorResult[Any]", done).rowcount
        rest = (
            db.session.query(Submission)
            .filter(Submission.id.in_(due))
            .update({"payload": None, "purge_at": None}, synchronize_session=False)
        )
        return int(held) + int(rest)


def _end_past() -> int:
    """Note which registrations' sessions are over, so that these people can take the training again."""
    if not steps.has_past():
        return 0
    with transaction():
        return steps.end_past_of_all()


def _expire_due() -> int:
    moment = now()
    starts_at = first_start()
    offers = select(Registration.id).where(
        Registration.status == Status.OFFERED, Registration.offer_ends_at <= moment
    )
    started = (
        select(Registration.id)
        .join(TrainingSession, TrainingSession.id == Registration.training_session_id)
        .where(
            or_(
                (Registration.status == Status.WAITING) & (starts_at <= moment),
                (Registration.status == Status.PENDING)
                & (func.coalesce(TrainingSession.decide_by, starts_at) <= moment),
            )
        )
    )
    due = [
        *db.session.scalars(offers.order_by(Registration.offer_ends_at).limit(BATCH)),
        *db.session.scalars(started.order_by(Registration.id).limit(BATCH)),
    ]
    for registration_id in due:
        workflow.expire(registration_id)
    return len(due)


def _fill_free() -> int:
    """Find sessions with a free place and somebody waiting: the net under every path that frees one."""
    waiting = select(Registration.training_id).where(Registration.status == Status.WAITING).distinct()
    sessions = db.session.scalars(
        select(TrainingSession.id).where(
            TrainingSession.state.in_((SessionState.PUBLISHED, SessionState.CLOSED)),
            TrainingSession.training_id.in_(waiting),
            or_(TrainingSession.capacity.is_(None), TrainingSession.places_taken < TrainingSession.capacity),
        )
    ).all()
    return sum(workflow.fill_session(session_id) for session_id in sessions)
