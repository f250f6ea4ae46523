"""Trainings as the team runs them: added, put in order, published, retired, brought back. Their texts: `editing`."""

from __future__ import annotations

from sqlalchemy import exists, func, or_, select

from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from .models import Meeting, SessionState, Training, TrainingSession, TrainingState
from .subjects import training_subject
from .versions import bump_catalogue_version

SHOWN = (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)


class TrainingRefused(ValueError):  # noqa: N818  (a refusal)
    """A training cannot be changed so.

    `reason` is "taken" (another one has that short name), "changed" (somebody changed it meanwhile), "texts" (the first
    language is not whole), "sessions" (a session that is shown would be left without a page) or "state".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def add_training(slug: str, *, hours: int, position: int) -> None:
    """Store a draft. Raises TrainingRefused("taken")."""
    with transaction() as session:
        if session.scalar(select(Training.id).where(Training.slug == slug)) is not None:
            raise TrainingRefused("taken")
        training = Training(slug=slug, hours=hours, position=max(1, position), state=TrainingState.DRAFT)
        session.add(training)
        session.flush()
        record_activity("training_added", subject_type="trainings", subject_id=training.id)


def change_training(slug: str, *, hours: int, reply_to: str, was: tuple[int, str]) -> None:
    """Store a training's hours and its address for replies; `was` is what the form began with.

    Raises LookupError and TrainingRefused("changed").
    """
    with transaction() as session:
        training = _locked(slug)
        if (training.hours, training.reply_to or "") not in (was, (hours, reply_to)):
            raise TrainingRefused("changed")
        training.hours, training.reply_to = hours, reply_to or None
        record_activity("training_changed", subject_type="trainings", subject_id=training.id)
        bump_catalogue_version(session)


def move_training(slug: str, *, by: int) -> None:
    """Move a training so many places down the list (up: below 0). Raises LookupError."""
    with transaction() as session:
        training = _locked(slug)
        shown = _shown()
        if training.state == TrainingState.PUBLISHED:
            place = shown.index(training)
            shown.insert(max(0, min(len(shown) - 1, place + by)), shown.pop(place))
        else:
            training.position = max(1, min(len(shown) + 1, training.position + by))
        _number(shown)
        record_activity("training_moved", subject_type="trainings", subject_id=training.id)
        bump_catalogue_version(session)


def publish_training(slug: str) -> None:
    """Show a draft or a retired training, at its position. Raises LookupError, TrainingRefused("texts", "state")."""
    with transaction() as session:
        training = _locked(slug)
        if training.state == TrainingState.PUBLISHED:
            raise TrainingRefused("state")
        if not can_publish(training):
            raise TrainingRefused("texts")
        shown = _shown()
        shown.insert(max(0, min(len(shown), training.position - 1)), training)
        training.state = TrainingState.PUBLISHED
        _number(shown)
        record_activity("training_published", subject_type="trainings", subject_id=training.id)
        bump_catalogue_version(session)


def retire_training(slug: str) -> None:
    """Take a training off the site; its past, its people and its texts stay. Raises LookupError, TrainingRefused."""
    with transaction() as session:
        training = _locked(slug)
        if training.state == TrainingState.RETIRED:
            raise TrainingRefused("state")
        if shown_sessions(training.id):
            raise TrainingRefused("sessions")
        training.state = TrainingState.RETIRED
        _number(_shown())
        record_activity("training_retired", subject_type="trainings", subject_id=training.id)
        bump_catalogue_version(session)


def can_publish(training: Training) -> bool:
    """Tell whether readers would find a text: the first language is whole."""
    subject = training_subject(training)
    return subject.completeness(subject.source).is_shown


def shown_sessions(training_id: int) -> list[TrainingSession]:
    """Return the sessions of a training that the public sees and that are not over."""
    own = Meeting.training_session_id == TrainingSession.id
    standing = Meeting.cancelled_at.is_(None)
    ahead = exists().where(own, standing, Meeting.ends_at > now())
    query = select(TrainingSession).where(
        TrainingSession.training_id == training_id,
        TrainingSession.state.in_(SHOWN),
        or_(ahead, ~exists().where(own, standing)),
    )
    return list(db.session.scalars(query.order_by(TrainingSession.id)))


def count_sessions() -> dict[int, int]:
    """Return how many sessions each training has, cancelled ones left out."""
    query = (
        select(TrainingSession.training_id, func.count())
        .where(TrainingSession.state != SessionState.CANCELLED)
        .group_by(TrainingSession.training_id)
    )
    return dict(db.session.execute(query).tuples().all())


def read_training(slug: str) -> Training | None:
    """Return the training of that short name."""
    return db.session.scalar(select(Training).where(Training.slug == slug))


def _shown() -> list[Training]:
    query = select(Training).where(Training.state == TrainingState.PUBLISHED)
    return list(db.session.scalars(query.order_by(Training.position, Training.id)))


def _number(shown: list[Training]) -> None:
    # Those that are shown count 1, 2, 3; a draft's position is where it wants to be.
    for position, training in enumerate(shown, 1):
        training.position = position


def _locked(slug: str) -> Training:
    query = select(Training).where(Training.slug == slug).with_for_update()
    training = db.session.scalar(query.execution_options(populate_existing=True))
    if training is None:
        raise LookupError(slug)
    return training
