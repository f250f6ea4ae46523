"""How a learner stands: their registrations in order, as the personal page and the mails show them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from ..catalogue.emblems import Emblem, emblem
from ..catalogue.models import (
    Filling,
    Meeting,
    SessionState,
    Training,
    TrainingSession,
    TrainingText,
    first_start,
)
from ..catalogue.showing import snapshot
from ..clock import now
from ..database import db
from ..languages import current_language, localised
from ..mailing.batch import once
from ..statements import kept
from . import queue
from .models import ACTIVE, PlaceNotice, Registration, RegistrationEvent, Status

# From when the room of a meeting can be entered.
OPENS_BEFORE = timedelta(minutes=30)
# For so long a learner may take back a cancellation of theirs.
UNDO_FOR = timedelta(hours=24)
# What matters first: an offer runs out, a place has a date, the rest waits.
ORDER = (Status.OFFERED, Status.CONFIRMED, Status.PENDING, Status.WAITING)


@dataclass(frozen=True)
class Subject:
    """A training as learners read it. `lang` is set where the title falls back to another language."""

    id: int
    slug: str
    position: int
    title: str
    lang: str = ""

    @property
    def tone_class(self) -> str:
        """The class that gives the training its colour."""
        return f"is-{self.position}" if self.position <= 3 else "is-other"

    @property
    def emblem(self) -> Emblem:
        """The training's emblem."""
        return emblem(self.position, self.slug)


@dataclass(frozen=True)
class Hour:
    """One meeting that takes place. The room's address is not here: nobody but the join page tells it."""

    id: int
    public_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Run:
    """How a session is run, as its people read it: who teaches, the lessons, what stays afterwards."""

    trainer: str = ""
    lessons_url: str | None = None
    lessons_note: str | None = None
    materials_url: str | None = None
    materials_note: str | None = None
    replay_url: str | None = None


def is_room_open(starts_at: datetime, ends_at: datetime, moment: datetime) -> bool:
    """Tell whether a meeting's room can be entered at that moment."""
    return starts_at - OPENS_BEFORE <= moment < ends_at


@dataclass(frozen=True)
class Standing:
    """One registration as it stands at the moment `at`."""

    at: datetime
    id: int
    public_id: str
    status: str
    subject: Subject
    reply_to: str
    session_id: int | None
    language: str
    zone: str
    session_state: str
    filling: str
    decide_by: datetime | None
    hours: tuple[Hour, ...]
    rank: int | None
    offer_ends_at: datetime | None
    wants: tuple[str, ...]
    is_moved: bool
    status_at: datetime
    run: Run = Run()
    # The sessions (public ids) in which a place is free for who answers first, and this person was told so.
    told_free: tuple[str, ...] = ()
    is_undoable: bool = False

    @property
    def is_any_date(self) -> bool:
        """Whether it waits for a date rather than for a place."""
        return self.session_id is None

    @property
    def is_over(self) -> bool:
        """Whether the last meeting has ended."""
        return bool(self.hours) and self.hours[-1].ends_at <= self.at

    @property
    def is_current(self) -> bool:
        """Whether it still matters: not ended in any way."""
        return self.status in ACTIVE and not self.is_over and self.session_state != SessionState.CANCELLED

    @property
    def has_place(self) -> bool:
        """Whether the learner takes part in what is to come."""
        return self.status == Status.CONFIRMED and self.is_current

    @property
    def has_lessons(self) -> bool:
        """Whether the learner is told of lessons: from the confirmation on, also once the session is over."""
        return self.status == Status.CONFIRMED and bool(self.run.lessons_url or self.run.lessons_note)

    @property
    def has_materials(self) -> bool:
        """Whether something stays for the learner after a meeting: from the end of the first one on."""
        begun = bool(self.hours) and self.hours[0].ends_at <= self.at
        told = self.run.materials_url or self.run.materials_note or self.run.replay_url
        return self.status == Status.CONFIRMED and begun and bool(told)

    @property
    def can_claim(self) -> bool:
        """Whether a free place was told, which goes to who answers first."""
        return self.status == Status.WAITING and bool(self.told_free)

    @property
    def can_undo(self) -> bool:
        """Whether the learner can take back their own cancellation: for 24 hours, before the session begins."""
        begun = self.first is not None and self.first.starts_at <= self.at
        return self.is_undoable and not begun and self.session_state != SessionState.CANCELLED

    @property
    def is_automatic(self) -> bool:
        """Whether a freed place is given at once instead of being offered."""
        return self.filling == Filling.AUTOMATIC

    @property
    def first(self) -> Hour | None:
        """The first meeting."""
        return self.hours[0] if self.hours else None

    @property
    def next(self) -> Hour | None:
        """The first meeting that has not ended."""
        return next((hour for hour in self.hours if hour.ends_at > self.at), None)

    @property
    def can_enter(self) -> bool:
        """Whether the room of the next meeting is open to the learner."""
        hour = self.next
        return self.has_place and hour is not None and is_room_open(hour.starts_at, hour.ends_at, self.at)


def standings_of(learner_id: int) -> list[Standing]:
    """Return everything that a learner registered for, what matters most first."""
    return _read(_of_learner(learner_id=learner_id).all())


def standings_among(registration_ids: Iterable[int]) -> list[Standing]:
    """Return these registrations, what matters most first."""
    return _read(_among(ids=list(registration_ids)).all())


def subjects_of(training_ids: Iterable[int]) -> dict[int, Subject]:
    """Return trainings by id, titled in the language being spoken; from memory where they are published."""
    wanted = frozenset(training_ids)
    return once(("subjects", wanted, current_language()), lambda: _subjects(wanted))


def _subjects(wanted: frozenset[int]) -> dict[int, Subject]:
    shown = {training.id: training for training in snapshot().trainings if training.id in wanted}
    subjects = {
        training.id: Subject(
            training.id, training.slug, training.position, training.text.title, training.text.foreign
        )
        for training in shown.values()
    }
    return subjects | (_stored_subjects(missing) if (missing := wanted - set(shown)) else {})


def _stored_subjects(training_ids: frozenset[int]) -> dict[int, Subject]:
    """Return trainings that public pages show no more."""
    statement = (
        select(Training.id, Training.slug, Training.position, TrainingText.language, TrainingText.title)
        .join(TrainingText, TrainingText.training_id == Training.id, isouter=True)
        .where(Training.id.in_(training_ids))
    )
    titles: dict[int, dict[str, str]] = {}
    found = {}
    for row in db.session.execute(statement):
        titles.setdefault(row.id, {}).update({row.language: row.title} if row.language else {})
        found[row.id] = row
    spoken = current_language()
    subjects = {}
    for training_id, row in found.items():
        code, title = localised(titles[training_id], spoken)
        lang = code if code and code != spoken else ""
        subjects[training_id] = Subject(training_id, row.slug, row.position, title or row.slug, lang)
    return subjects


# Columns, not objects: mails read this by the hundred.
_COLUMNS = (
    Registration.id, Registration.public_id, Registration.training_id, Registration.training_session_id,
    Registration.status, Registration.queue_number, Registration.offer_ends_at, Registration.wants,
    Registration.moved_to_id, Registration.status_at, Training.reply_to, TrainingSession.language,
    TrainingSession.time_zone, TrainingSession.state, TrainingSession.filling, TrainingSession.decide_by,
    TrainingSession.trainer, TrainingSession.lessons_url, TrainingSession.lessons_note,
    TrainingSession.materials_url, TrainingSession.materials_note, TrainingSession.replay_url,
)  # fmt: skip


@kept
def _of_learner() -> Any:
    return _rows().where(Registration.learner_id == bindparam("learner_id"))


@kept
def _among() -> Any:
    return _rows().where(Registration.id.in_(bindparam("ids", expanding=True)))


def _rows() -> Any:
    return (
        select(*_COLUMNS)
        .join(Training, Training.id == Registration.training_id)
        .join(TrainingSession, TrainingSession.id == Registration.training_session_id, isouter=True)
    )


def _read(rows: Sequence[Any]) -> list[Standing]:
    subjects = subjects_of(row.training_id for row in rows)
    sessions = frozenset(row.training_session_id for row in rows if row.training_session_id is not None)
    hours = once(("hours", sessions), lambda: _hours(sessions))
    moment = now()
    told_free = _told_free([row.id for row in rows if row.status == Status.WAITING], moment)
    recent = [row.id for row in rows if row.status == Status.CANCELLED and moment - row.status_at < UNDO_FOR]
    undoable = _cancelled_by_learner(recent)
    return sorted(
        (
            _standing(
                row,
                subjects[row.training_id],
                hours.get(row.training_session_id, ()),
                moment,
                told_free=told_free.get(row.id, ()),
                is_undoable=row.id in undoable and row.moved_to_id is None,
            )
            for row in rows
        ),
        key=_order,
    )


def _told_free(registration_ids: list[int], moment: datetime) -> dict[int, tuple[str, ...]]:
    """Return in which sessions a place is free that these waiting people were told of."""
    if not registration_ids:
        return {}
    starts_at = first_start()
    statement = (
        select(PlaceNotice.registration_id, TrainingSession.public_id)
        .join(TrainingSession, TrainingSession.id == PlaceNotice.training_session_id)
        .where(
            PlaceNotice.registration_id.in_(registration_ids),
            TrainingSession.state.in_((SessionState.PUBLISHED, SessionState.CLOSED)),
            or_(TrainingSession.capacity.is_(None), TrainingSession.places_taken < TrainingSession.capacity),
            starts_at > moment,
        )
        .order_by(PlaceNotice.told_at, TrainingSession.id)
    )
    found: dict[int, tuple[str, ...]] = {}
    for registration_id, public_id in db.session.execute(statement):
        found[registration_id] = (*found.get(registration_id, ()), public_id)
    return found


def _cancelled_by_learner(registration_ids: list[int]) -> set[int]:
    """Return which of these ended by the learner's own cancellation."""
    if not registration_ids:
        return set()
    last = (
        select(func.max(RegistrationEvent.id))
        .where(RegistrationEvent.registration_id.in_(registration_ids))
        .group_by(RegistrationEvent.registration_id)
    )
    statement = select(RegistrationEvent.registration_id).where(
        RegistrationEvent.id.in_(last),
        RegistrationEvent.verb == "cancel",
        RegistrationEvent.actor_kind == "learner",
    )
    return set(db.session.scalars(statement))


def _standing(
    row: Any,
    subject: Subject,
    hours: tuple[Hour, ...],
    moment: datetime,
    *,
    told_free: tuple[str, ...],
    is_undoable: bool,
) -> Standing:
    session_id = row.training_session_id
    rank = None
    if row.status == Status.WAITING and session_id is not None and row.queue_number is not None:
        rank = queue.rank_at(session_id, row.training_id, row.language, row.queue_number)
    return Standing(
        at=moment,
        id=row.id,
        public_id=row.public_id,
        status=row.status,
        subject=subject,
        reply_to=row.reply_to or "",
        session_id=session_id,
        language=row.language or "",
        zone=row.time_zone or "UTC",
        session_state=row.state or "",
        filling=row.filling or "",
        decide_by=row.decide_by,
        hours=hours,
        told_free=told_free,
        is_undoable=is_undoable,
        rank=rank,
        offer_ends_at=row.offer_ends_at,
        wants=tuple(row.wants or ()),
        is_moved=row.moved_to_id is not None,
        status_at=row.status_at,
        run=Run(
            row.trainer or "",
            row.lessons_url,
            row.lessons_note,
            row.materials_url,
            row.materials_note,
            row.replay_url,
        ),
    )


def _hours(session_ids: frozenset[int]) -> dict[int, tuple[Hour, ...]]:
    if not session_ids:
        return {}
    statement = (
        select(Meeting.training_session_id, Meeting.id, Meeting.public_id, Meeting.starts_at, Meeting.ends_at)
        .where(Meeting.training_session_id.in_(session_ids), Meeting.cancelled_at.is_(None))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    found: dict[int, tuple[Hour, ...]] = {}
    for session_id, *hour in db.session.execute(statement):
        found[session_id] = (*found.get(session_id, ()), Hour(*hour))
    return found


def _order(standing: Standing) -> tuple[Any, ...]:
    """Order by what matters: current ones by state, then by date; the past latest first."""
    if standing.is_current:
        hour = standing.next or standing.first
        date = hour.starts_at.timestamp() if hour else float("inf")
        return 0, ORDER.index(Status(standing.status)), date, standing.subject.position, standing.id
    hour = standing.first
    return 1, 0, -hour.starts_at.timestamp() if hour else 0.0, standing.subject.position, standing.id
