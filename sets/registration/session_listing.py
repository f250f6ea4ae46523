"""Sessions as the team sees them: the list by training, one session with its places and its queue, what a step does.

Reads only. Numbers that link to the list of registrations equal its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import TrainingLabel, training_labels
from ..catalogue.models import Filling, Meeting, SessionState, TrainingSession
from ..catalogue.remarks import is_past, remarks, standing
from ..clock import now
from ..database import db
from . import listing, queue
from .listing import Filter
from .models import Registration, Status
from .seating import LAST_HOURS
from .session_changes import STEPS, can_cancel, count_active, possible_steps

# Past sessions that the list shows, the latest first.
MOST_PAST = 100


@dataclass(frozen=True)
class SessionRow:
    """A session in a list. `waiting` is its own queue, not those who wait for any date."""

    session: TrainingSession
    standing: str
    waiting: int

    @property
    def over(self) -> int:
        """Return how many more people have a place than there are places."""
        if self.session.capacity is None:
            return 0
        return max(0, self.session.places_taken - self.session.capacity)


@dataclass
class SessionGroup:
    """A training's sessions that lie ahead (drafts too), and how many wait for any date."""

    training: TrainingLabel
    rows: list[SessionRow] = field(default_factory=list)
    waiting_any_date: int = 0


@dataclass(frozen=True)
class SessionRecord:
    """What the page of one session shows."""

    session: TrainingSession
    training: TrainingLabel
    standing: str
    remarks: list[str]
    counts: dict[str, int]
    waiting: int
    queue_words: str
    steps: list[str]
    can_cancel: bool


def list_groups() -> list[SessionGroup]:
    """Return every training with its sessions that lie ahead or have no date yet, the nearest first."""
    moment = now()
    ahead = (
        select(TrainingSession)
        .where(~_ended_before(moment))
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id)
    )
    rows = _rows(db.session.scalars(ahead), moment)
    groups = {training.id: SessionGroup(training) for training in training_labels().values()}
    for row in sorted(rows, key=_by_date):
        groups[row.session.training_id].rows.append(row)
    for training_id, number in _count_any_date():
        groups[training_id].waiting_any_date = number
    return list(groups.values())


def list_past() -> list[SessionRow]:
    """Return the latest sessions that are over, the last one first."""
    moment = now()
    over = (
        select(TrainingSession)
        .where(_ended_before(moment))
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id.desc())
        .limit(MOST_PAST)
    )
    return sorted(_rows(db.session.scalars(over), moment), key=_by_date, reverse=True)


def coming_sessions(most: int) -> list[SessionRow]:
    """Return the next sessions that the public knows, the nearest first."""
    moment = now()
    starts_at = func.min(Meeting.starts_at)
    nearest = (
        select(Meeting.training_session_id)
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(
            Meeting.starts_at > moment,
            Meeting.cancelled_at.is_(None),
            TrainingSession.state.in_((SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)),
        )
        .group_by(Meeting.training_session_id)
        .order_by(starts_at)
        .limit(most)
    )
    statement = (
        select(TrainingSession)
        .where(TrainingSession.id.in_(list(db.session.scalars(nearest))))
        .options(selectinload(TrainingSession.meetings))
    )
    return sorted(_rows(db.session.scalars(statement), moment), key=lambda row: _next_start(row, moment))


def read_session_record(session: TrainingSession) -> SessionRecord:
    """Return the page of a session that was read with its meetings and its training's texts."""
    moment = now()
    waiting = queue.count_waiting(session.id, session.training_id, session.language)
    return SessionRecord(
        session=session,
        training=training_labels()[session.training_id],
        standing=standing(session, moment),
        remarks=remarks(session, moment),
        counts=listing.count_by_status(Filter(session=(session.public_id,))),
        waiting=waiting,
        queue_words=_queue_words(session, waiting, moment),
        steps=[] if is_past(session, moment) else possible_steps(session.state),
        can_cancel=can_cancel(session),
    )


def what_follows(session: TrainingSession, step: str) -> list[str]:
    """Return what a step leads to, in sentences, before it is taken."""
    moment = now()
    _verb, _before, after = STEPS[step]
    waiting = queue.count_waiting(session.id, session.training_id, session.language)
    if after == SessionState.PAUSED:
        found = [_("Nobody can register and no place is offered until you resume it.")]
        if count_active(session.id):
            found.append(_("Places that people have, or were offered, stay theirs. Nobody is written to."))
        return found
    if after == SessionState.CLOSED:
        found = [_("Nobody new can register. The public pages say that registration is closed.")]
        if waiting:
            found.append(_("Those who wait keep their rank: a place that is given up still goes to them."))
        return found
    found = [_("The public pages show the session at once.")] if step == "publication" else []
    if session.first_meeting is None:
        return [*found, _("It has no date yet: nobody can register for it, and no place is offered.")]
    found.append(_opening_words(session, moment))
    if number := _count_fillable(session, waiting, moment):
        found.append(_filling_words(session, number))
    elif not waiting:
        found.append(_("Nobody waits for it, so nobody is written to."))
    return found


def _opening_words(session: TrainingSession, moment: datetime) -> str:
    first = session.first_meeting
    assert first is not None
    if moment >= min(session.closes_at or first.starts_at, first.starts_at):
        return _("The time to register is over, so nobody can.")
    if session.opens_at and moment < session.opens_at:
        return _("People can register as soon as the date of opening comes.")
    return _("People can register at once.")


def _count_fillable(session: TrainingSession, waiting: int, moment: datetime) -> int:
    """Return how many of those who wait find a place when the session gives places."""
    first = session.first_meeting
    if first is None or moment >= first.starts_at:
        return 0
    return queue.count_served(waiting, session.capacity, session.places_taken)


def _filling_words(session: TrainingSession, number: int) -> str:
    if session.needs_approval:
        return ngettext(
            "One person who waits for a date will have a place held until you approve, and is told by mail.",
            "%(num)d people who wait for a date will have a place held until you approve, and are told by mail.",
            number,
        )
    if session.filling == Filling.AUTOMATIC:
        return ngettext(
            "One person who waits for a date will have a place at once, and is told by mail.",
            "%(num)d people who wait for a date will have a place at once, and are told by mail.",
            number,
        )
    return ngettext(
        "One person who waits for a date will be offered a place by mail.",
        "%(num)d people who wait for a date will be offered a place by mail.",
        number,
    )


def _queue_words(session: TrainingSession, waiting: int, moment: datetime) -> str:
    """Return why the next person in line was or was not offered a place."""
    if not waiting:
        return _("Nobody waits for this session.")
    first, taken = session.first_meeting, session.places_taken
    if first is None:
        return _("There is no date yet. Places are offered once there is one.")
    if moment >= first.starts_at:
        return _("The session has begun, so no place is offered any more.")
    if session.state == SessionState.DRAFT:
        return _("Places are offered, in the order of the queue, when the session is published.")
    if session.state == SessionState.PAUSED:
        return _("No place is offered while the session is paused.")
    if session.state == SessionState.CANCELLED:
        return _("The session is cancelled, so no place is offered.")
    if session.capacity is not None and taken > session.capacity:
        return ngettext(
            "No place is free. The next in line is served once %(num)d is given up.",
            "No place is free. The next in line is served once %(num)d are given up.",
            taken - session.capacity + 1,
        )
    if session.capacity is not None and taken == session.capacity:
        return _("No place is free. The next in line is served as soon as one is given up.")
    is_offered = session.filling == Filling.OFFER and not session.needs_approval
    if is_offered and first.starts_at - moment <= LAST_HOURS:
        return _("A place is free. In the last 48 hours all who wait are told, and who answers first has it.")
    return _("A place is free: it goes to the next in line within a minute.")


def _rows(sessions: Iterable[TrainingSession], moment: datetime) -> list[SessionRow]:
    found = list(sessions)
    waiting = _count_waiting([session.id for session in found])
    return [SessionRow(session, standing(session, moment), waiting.get(session.id, 0)) for session in found]


def _count_waiting(session_ids: list[int]) -> dict[int, int]:
    statement = (
        select(Registration.training_session_id, func.count())
        .where(Registration.training_session_id.in_(session_ids), Registration.status == Status.WAITING)
        .group_by(Registration.training_session_id)
    )
    return {session_id: count for session_id, count in db.session.execute(statement) if session_id}


def _count_any_date() -> list[Any]:
    # The sum keeps the planner off the index of trainings: few wait for any date, many for a session.
    training_id = Registration.training_id + 0
    statement = (
        select(training_id, func.count())
        .where(Registration.training_session_id.is_(None), Registration.status == Status.WAITING)
        .group_by(training_id)
    )
    return list(db.session.execute(statement))


def _ended_before(moment: datetime) -> Any:
    """Return the predicate "all its meetings are over": it has one, and none ends later."""
    standing_meetings = (
        select(Meeting.id)
        .where(Meeting.training_session_id == TrainingSession.id, Meeting.cancelled_at.is_(None))
        .correlate(TrainingSession)
    )
    return standing_meetings.exists() & ~standing_meetings.where(Meeting.ends_at > moment).exists()


def _by_date(row: SessionRow) -> tuple[bool, Any, int]:
    first = row.session.first_meeting
    return first is None, first.starts_at if first else 0, row.session.id


def _next_start(row: SessionRow, moment: datetime) -> datetime:
    return min(m.starts_at for m in row.session.standing_meetings if m.starts_at > moment)
