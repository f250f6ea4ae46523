"""Places of a session: lock, take, release. The only writer of `places_taken`; who may take one is not known here.

The order is always the same: lock the trainings, then the sessions, both by id; look at the queue (registration does);
then take. A conditional UPDATE alone is not enough: one that matches nothing takes no lock, and a cancellation and a
sign-up that race would leave a free place beside a waiting person (docs/decisions/0003-lock-look-take.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from ..database import db
from ..statements import kept
from .models import SessionState, Training, TrainingSession, first_start
from .versions import bump_catalogue_version

# Public pages say "last places" from here on: at most a fifth, or at most three.
LAST_SHARE, LAST_PLACES = 0.2, 3


@dataclass(frozen=True)
class LockedSession:
    """A session as it stands under the lock. Times are aware UTC; `starts_at` is its first meeting's, if any."""

    id: int
    training_id: int
    language: str
    time_zone: str
    state: str
    capacity: int | None
    places_taken: int
    opens_at: datetime | None
    closes_at: datetime | None
    decide_by: datetime | None
    needs_approval: bool
    filling: str
    starts_at: datetime | None

    def has_free_place(self) -> bool:
        """Tell whether a place was free when the lock was taken."""
        return self.capacity is None or self.places_taken < self.capacity

    def is_open(self, moment: datetime) -> bool:
        """Tell whether newcomers may register at that moment."""
        if self.state != SessionState.PUBLISHED or self.starts_at is None:
            return False
        if self.opens_at is not None and moment < self.opens_at:
            return False
        return moment < (self.closes_at or self.starts_at) and moment < self.starts_at

    def gives_places(self, moment: datetime) -> bool:
        """Tell whether freed places still find their next person: closed registrations do not end the queue."""
        return (
            self.state in (SessionState.PUBLISHED, SessionState.CLOSED)
            and self.starts_at is not None
            and moment < self.starts_at
        )


def lock(training_ids: Iterable[int], session_ids: Iterable[int]) -> dict[int, LockedSession]:
    """Lock trainings, then sessions, in order of id, until the transaction ends; return the sessions by id."""
    trainings, sessions = sorted(set(training_ids)), sorted(set(session_ids))
    # On SQLite the transaction itself is the lock (BEGIN IMMEDIATE), and FOR UPDATE is left out by the dialect.
    if trainings and db.engine.dialect.name != "sqlite":
        _lock_trainings(ids=trainings).all()
    if not sessions:
        return {}
    return {row.id: LockedSession(**row._mapping) for row in _locked(session_ids=sessions)}


def take(session_id: int) -> bool:
    """Take one place if one is free. To be called under `lock` only."""
    row = _take(session_id=session_id).first()
    if row is None:
        return False
    _tell_pages(row.capacity, row.places_taken - 1, row.places_taken)
    return True


def count_past(session_id: int) -> None:
    """Count a place that somebody had in a session that is over, whatever its capacity. Under `lock` only."""
    db.session.execute(
        update(TrainingSession)
        .where(TrainingSession.id == session_id)
        .values(places_taken=TrainingSession.places_taken + 1)
        .execution_options(synchronize_session=False)
    )


def release(session_id: int) -> None:
    """Give one place back. To be called under `lock` only."""
    row = db.session.execute(
        update(TrainingSession)
        .where(TrainingSession.id == session_id)
        .values(places_taken=TrainingSession.places_taken - 1)
        .returning(TrainingSession.places_taken, TrainingSession.capacity)
        .execution_options(synchronize_session=False)
    ).one()
    _tell_pages(row.capacity, row.places_taken + 1, row.places_taken)


def release_all(session_id: int) -> None:
    """Give every place back at once: the session is cancelled. To be called under `lock` only."""
    db.session.execute(
        update(TrainingSession)
        .where(TrainingSession.id == session_id)
        .values(places_taken=0)
        .execution_options(synchronize_session=False)
    )
    bump_catalogue_version(db.session)


def has_free_place(session_id: int) -> bool:
    """Tell whether a place is free at this moment of the transaction. To be called under `lock` only."""
    row = db.session.execute(
        select(TrainingSession.capacity, TrainingSession.places_taken).where(TrainingSession.id == session_id)
    ).one()
    return row.capacity is None or row.places_taken < row.capacity


def availability(capacity: int | None, places_taken: int) -> str:
    """Return what public pages say of the places: "open", "last_places" or "full"; never a number."""
    if capacity is None:
        return "open"
    left = capacity - places_taken
    if left <= 0:
        return "full"
    return "last_places" if left <= max(LAST_PLACES, capacity * LAST_SHARE) else "open"


def _tell_pages(capacity: int | None, before: int, after: int) -> None:
    if availability(capacity, before) != availability(capacity, after):
        bump_catalogue_version(db.session)


@kept
def _take() -> Any:
    sessions: Any = TrainingSession.__table__
    taken, capacity = sessions.c.places_taken, sessions.c.capacity
    return (
        update(sessions)
        .where(sessions.c.id == bindparam("session_id"), or_(capacity.is_(None), taken < capacity))
        .values(places_taken=taken + 1)
        .returning(taken, capacity)
    )


@kept
def _lock_trainings() -> Any:
    ids = bindparam("ids", expanding=True)
    return select(Training.id).where(Training.id.in_(ids)).order_by(Training.id).with_for_update()


@kept
def _locked() -> Any:
    starts_at = first_start()
    names = [name for name in LockedSession.__dataclass_fields__ if name != "starts_at"]
    return (
        select(*(getattr(TrainingSession, name) for name in names), starts_at.label("starts_at"))
        .where(TrainingSession.id.in_(bindparam("session_ids", expanding=True)))
        .order_by(TrainingSession.id)
        .with_for_update(of=TrainingSession)
    )
