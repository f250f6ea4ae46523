"""The dashboard's figures: what waits for somebody, what is registered, what comes next. Reads only.

Every number that links to a list is counted as that list counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import TrainingLabel, training_labels
from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..catalogue.remarks import ROOM_WANTED
from ..clock import now
from ..database import db
from ..languages import LANGUAGES
from ..protection.announcing import latest_notice
from ..protection.models import RetentionNotice
from ..registration import deciding, listing, needs
from ..registration.models import Learner, Registration, Status
from ..registration.session_listing import SessionRow, coming_sessions
from ..staff.deliveries import OutboxState, outbox_state, today_began

COMING, WEEKS = 8, 8
# The columns: places first, then what may become one, then what is over.
STATES = (
    Status.CONFIRMED, Status.PENDING, Status.OFFERED, Status.WAITING, Status.CANCELLED, Status.REJECTED, Status.EXPIRED,
)  # fmt: skip
RUNNING = (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)


@dataclass(frozen=True)
class TrainingFigures:
    """One training's registrations in each state."""

    training: TrainingLabel
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """Return how many there are in all."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Figures:
    """What the dashboard shows."""

    trainings: list[TrainingFigures]
    coming: list[SessionRow]
    without_room: list[TrainingSession]
    oldest_pending_at: datetime | None
    next_decision: tuple[datetime, int] | None
    needs_open: int
    mail: OutboxState
    weeks: list[tuple[date, int]]
    languages: list[tuple[str, int]]
    is_new: bool
    retention: RetentionNotice | None = None

    @property
    def totals(self) -> dict[str, int]:
        """Return how many registrations there are in each state that occurs."""
        found = {str(status): sum(row.counts.get(status, 0) for row in self.trainings) for status in Status}
        return {status: number for status, number in found.items() if number}


def read_figures(zone: str, *, with_needs: bool) -> Figures:
    """Return today's figures for a reader in that zone; needs are counted for those who may read them."""
    counts, labels = listing.count_by_training_and_status(), training_labels()
    trainings = [TrainingFigures(label, counts.get(label.id, {})) for label in labels.values()]
    is_pending = any(row.counts.get(Status.PENDING) for row in trainings)
    return Figures(
        trainings=trainings,
        coming=coming_sessions(COMING),
        without_room=sessions_without_room(),
        oldest_pending_at=_oldest_pending_at(list(labels)) if is_pending else None,
        next_decision=deciding.next_decision() if is_pending else None,
        needs_open=needs.count_open() if with_needs else 0,
        mail=outbox_state(today_began(zone)),
        weeks=_weeks(zone),
        languages=_languages(),
        retention=latest_notice() if with_needs else None,
        is_new=not counts and db.session.scalar(select(TrainingSession.id).limit(1)) is None,
    )


def sessions_without_room() -> list[TrainingSession]:
    """Return the sessions that begin soon, or run, and have a meeting without room; the first one first."""
    moment = now()
    wanting = select(Meeting.training_session_id).where(
        Meeting.ends_at > moment,
        Meeting.starts_at < moment + ROOM_WANTED,
        Meeting.cancelled_at.is_(None),
        func.coalesce(Meeting.room_url, "") == "",
    )
    statement = (
        select(TrainingSession)
        .where(TrainingSession.id.in_(wanting), TrainingSession.state.in_(RUNNING))
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id)
    )
    return sorted(
        db.session.scalars(statement), key=lambda session: min(m.starts_at for m in session.standing_meetings)
    )


def _oldest_pending_at(training_ids: list[int]) -> datetime | None:
    return db.session.scalar(
        select(func.min(Registration.status_at)).where(
            Registration.training_id.in_(training_ids), Registration.status == Status.PENDING
        )
    )


def _weeks(zone: str) -> list[tuple[date, int]]:
    """Return the latest weeks, the present one last, each by its Monday, with the registrations received in it."""
    today = now().astimezone(ZoneInfo(zone)).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=number) for number in range(WEEKS - 1, -1, -1)]
    counts = _counts(
        (Registration.created_at >= _midnight(begins, zone))
        & (Registration.created_at < _midnight(begins + timedelta(weeks=1), zone))
        for begins in mondays
    )
    return list(zip(mondays, counts, strict=True))


def _languages() -> list[tuple[str, int]]:
    """Return how many people get their mails in each language, the most spoken first."""
    counts = zip(LANGUAGES, _counts(Learner.language == code for code in LANGUAGES), strict=True)
    return sorted((one for one in counts if one[1]), key=lambda one: -one[1])


def _counts(criteria: Iterable[Any]) -> list[int]:
    """Return how many rows each criterion finds, in one statement: each is a range of an index."""
    counts = [select(func.count()).where(criterion).scalar_subquery() for criterion in criteria]
    return list(db.session.execute(select(*counts)).one())


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
