"""What became of a registration, beyond its state: predicates of the list's filter, by which the figures count too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..clock import now
from .models import AttendanceFact, Registration, Status

TICKED = "ticked"
PRESENT = ("present", "partial")
GIVEN_UP = (Status.CANCELLED, Status.REJECTED)


def is_kept() -> ColumnElement[bool]:
    """Return the condition "was not moved to another session": who was is counted there."""
    return Registration.moved_to_id.is_(None)


def had_place() -> ColumnElement[bool]:
    """Return the condition "has a confirmed place, or had one", in a session that the team did not cancel."""
    had = and_(Registration.status.in_(GIVEN_UP), Registration.confirmed_at.is_not(None))
    return and_(is_kept(), or_(Registration.status == Status.CONFIRMED, had), _in_a_standing_session())


def lost_place() -> ColumnElement[bool]:
    """Return the condition "had a confirmed place and gave it up", in a session that the team did not cancel."""
    had = and_(Registration.status == Status.CANCELLED, Registration.confirmed_at.is_not(None))
    return and_(is_kept(), had, _in_a_standing_session())


def was_expected() -> ColumnElement[bool]:
    """Return the condition "had a place in a session that is over and of which attendance was noted"."""
    return and_(
        is_kept(),
        Registration.status == Status.CONFIRMED,
        Registration.training_session_id.in_(noted_sessions()),
    )


def came() -> ColumnElement[bool]:
    """Return the condition "was at one of its meetings at least, whole or in part"."""
    return and_(was_expected(), _was_present())


def missed() -> ColumnElement[bool]:
    """Return the condition "was expected, was at none of its meetings, and was not excused"."""
    return and_(was_expected(), ~_was_present(), ~_has_fact(AttendanceFact.mark == "excused"))


OUTCOMES: dict[str, tuple[Callable[[], ColumnElement[bool]], Any]] = {
    "kept": (is_kept, _l("Not moved elsewhere")),
    "moved": (lambda: ~is_kept(), _l("Moved to another session")),
    "had_place": (had_place, _l("Had a confirmed place")),
    "lost_place": (lost_place, _l("Gave up a confirmed place")),
    "expected": (was_expected, _l("Had a place, attendance noted")),
    "came": (came, _l("Came")),
    "missed": (missed, _l("Did not come")),
}


def outcome_words(name: str) -> str:
    """Return what an outcome is called in the language being spoken."""
    return str(OUTCOMES[name][1]) if name in OUTCOMES else name


def held_sessions() -> Any:
    """Return the ids of the sessions that took place: not cancelled, and their last meeting has ended."""
    return (
        select(Meeting.training_session_id)
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(
            Meeting.cancelled_at.is_(None),
            TrainingSession.state.not_in((SessionState.CANCELLED, SessionState.DRAFT)),
        )
        .group_by(Meeting.training_session_id)
        .having(func.max(Meeting.ends_at) <= now())
    )


def noted_sessions() -> Any:
    """Return the ids of the sessions that took place and of which somebody's attendance is known."""
    noted = exists().where(
        AttendanceFact.meeting_id == Meeting.id,
        Meeting.training_session_id == TrainingSession.id,
        Meeting.cancelled_at.is_(None),
    )
    return select(TrainingSession.id).where(TrainingSession.id.in_(held_sessions()), noted)


def _in_a_standing_session() -> ColumnElement[bool]:
    cancelled = select(TrainingSession.id).where(TrainingSession.state == SessionState.CANCELLED)
    return and_(
        Registration.training_session_id.is_not(None), Registration.training_session_id.not_in(cancelled)
    )


def _was_present() -> ColumnElement[bool]:
    """What the team ticked for a meeting counts before what the link noted."""
    ticked = aliased(AttendanceFact)
    is_overruled = exists().where(
        ticked.registration_id == AttendanceFact.registration_id,
        ticked.meeting_id == AttendanceFact.meeting_id,
        ticked.kind == TICKED,
    )
    is_present = func.coalesce(AttendanceFact.mark, "present").in_(PRESENT)
    return _has_fact(is_present, or_(AttendanceFact.kind == TICKED, ~is_overruled))


def _has_fact(*criteria: Any) -> ColumnElement[bool]:
    return exists().where(AttendanceFact.registration_id == Registration.id, *criteria)
