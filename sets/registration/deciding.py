"""Approving or refusing many registrations: one transaction for each, and what could not be decided any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from ..catalogue.models import TrainingSession, first_start
from ..database import UTCDateTime, db
from . import workflow
from .applying import Actor
from .listing import SORTS, Filter, matching
from .models import Learner, Registration, Status
from .transitions import RegistrationRefused

# So many are decided at once; the next ones afterwards.
MOST = 200
STEPS = ("approval", "refusal")


@dataclass
class Decided:
    """How many were decided, and the names of those who had changed in the meantime."""

    done: int = 0
    changed: list[str] = field(default_factory=list)


def decide(
    public_ids: Iterable[str], step: str, *, actor: Actor, reason: str = "", tell_reason: bool = False,
    mail: bool = True,
) -> Decided:  # fmt: skip
    """Approve or refuse each of these; one that is no longer pending stays as it is and is named."""
    decided, ids = Decided(), list(dict.fromkeys(public_ids))[:MOST]
    names = {registration.public_id: _name(learner) for registration, learner in _read(ids)}
    db.session.rollback()
    for public_id in ids:
        try:
            if step == "approval":
                workflow.approve(public_id, actor=actor, mail=mail)
            else:
                workflow.reject(public_id, actor=actor, reason=reason, tell_reason=tell_reason, mail=mail)
            decided.done += 1
        except RegistrationRefused:
            decided.changed.append(names.get(public_id, _("Erased person")))
    return decided


def pending_among(public_ids: Sequence[str]) -> list[tuple[Registration, Learner]]:
    """Return those of these registrations that await a decision, with their person, who came first first."""
    return [row for row in _read(public_ids) if row[0].status == Status.PENDING and row[1] is not None]


def pending_ids(wanted: Filter) -> list[str]:
    """Return what the filter shows and awaits a decision, in the list's order, at most MOST."""
    by_name = "name" in wanted.sort
    statement = (
        matching(wanted, Registration.public_id, with_learner=by_name)
        .where(Registration.status == Status.PENDING)
        .order_by(*SORTS[wanted.sort])
        .limit(MOST)
    )
    return list(db.session.scalars(statement))


def next_decision() -> tuple[datetime, int] | None:
    """Return when the next registrations run out undecided, and how many do then; None where none awaits one."""
    starts_at = first_start()
    due = func.coalesce(TrainingSession.decide_by, starts_at, type_=UTCDateTime)
    statement = (
        select(due, func.count(Registration.id))
        .join(Registration, Registration.training_session_id == TrainingSession.id)
        .where(Registration.status == Status.PENDING)
        .group_by(TrainingSession.id, due)
    )
    found: dict[datetime, int] = {}
    for moment, number in db.session.execute(statement):
        if moment is not None:
            found[moment] = found.get(moment, 0) + number
    return min(found.items()) if found else None


def _read(public_ids: Sequence[str]) -> list[Any]:
    statement = (
        select(Registration, Learner)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(Registration.public_id.in_(list(public_ids)[:MOST]))
        .order_by(Registration.created_at, Registration.id)
    )
    return [tuple(row) for row in db.session.execute(statement)]


def _name(learner: Learner | None) -> str:
    return learner.full_name if learner else _("Erased person")
