"""What the team can register somebody for, and what that person would get now. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import TrainingLabel, session_words
from ..catalogue.models import SessionState, TrainingSession
from ..catalogue.remarks import is_past
from ..clock import now
from . import queue
from .adding import TAKES_PEOPLE
from .session_listing import list_groups


@dataclass(frozen=True)
class Door:
    """One way into a training: a session, or (None) any date. `value` is what the form sends."""

    value: str
    session: TrainingSession | None
    title: str
    detail: str


@dataclass
class DoorGroup:
    """A training with the ways into it, the nearest session first."""

    training: TrainingLabel
    doors: list[Door] = field(default_factory=list)


def list_doors() -> list[DoorGroup]:
    """Return every training with the sessions that still take people, and "any date"."""
    moment, found = now(), []
    for group in list_groups():
        sessions = [
            row.session
            for row in group.rows
            if row.session.state in TAKES_PEOPLE
            and row.session.first_meeting
            and not is_past(row.session, moment)
        ]
        doors = [Door(one.public_id, one, session_words(one), places_words(one)) for one in sessions]
        any_date = Door(
            f"any:{group.training.slug}",
            None,
            _("Any date"),
            _("Is offered a place when there is a date in a language that they read."),
        )
        found.append(DoorGroup(group.training, [*doors, any_date]))
    return found


def doors_elsewhere(training_id: int, session_id: int | None) -> tuple[list[Door], list[Door]]:
    """Return the other sessions of a training to which somebody can change: with a free place, and without."""
    moment = now()
    rows = [row for group in list_groups() if group.training.id == training_id for row in group.rows]
    free, full = [], []
    for session in (row.session for row in rows):
        first = session.first_meeting
        if (
            session.id == session_id
            or session.state not in (SessionState.PUBLISHED, SessionState.CLOSED)
            or first is None
            or first.starts_at <= moment
        ):
            continue
        door = Door(session.public_id, session, session_words(session), places_words(session))
        (free if rank_there(session) is None else full).append(door)
    return free, full


def rank_there(session: TrainingSession) -> int | None:
    """Return the rank that a newcomer would wait at; None when they would have a place."""
    waiting = queue.count_waiting(session.id, session.training_id, session.language)
    is_full = session.capacity is not None and session.places_taken >= session.capacity
    return waiting + 1 if waiting or is_full else None


def places_words(session: TrainingSession) -> str:
    """Return what somebody who is put into the session gets now."""
    if rank := rank_there(session):
        return _("No place free: joins the waiting list at rank %(rank)s.", rank=rank)
    if session.needs_approval:
        return _("A place is held until the team approves.")
    if session.capacity is None:
        return _("Has a place at once: no limit.")
    return ngettext(
        "Has a place at once: %(num)d is free.",
        "Has a place at once: %(num)d are free.",
        session.capacity - session.places_taken,
    )
