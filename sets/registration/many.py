"""One step for many registrations: one transaction for each, and what was refused, with why and whose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..database import db
from . import workflow
from .applying import Actor
from .deciding import MOST
from .listing import SORTS, Filter, matching
from .models import ACTIVE, Learner, Registration
from .transitions import RegistrationRefused
from .wording import refusal_words


@dataclass
class Outcome:
    """How many were done, and the names of those that were refused, by the reason in words."""

    done: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)


def cancel_many(ids: Iterable[str], *, actor: Actor, reason: str, mail: bool) -> Outcome:
    """Cancel each of these registrations; freed places pass on one by one."""
    return _each(ids, lambda one: workflow.cancel(one, actor=actor, reason=reason, mail=mail))


def move_many(ids: Iterable[str], session: str, *, actor: Actor, reason: str, mail: bool) -> Outcome:
    """Move each to that session, who came first first; for whom there is no place stays where they are."""
    return _each(ids, lambda one: workflow.move(one, session, actor=actor, reason=reason, mail=mail))


def shown_ids(wanted: Filter) -> list[str]:
    """Return the public ids of what the filter shows, in its order, at most MOST."""
    by_name = "name" in wanted.sort
    statement = matching(wanted, Registration.public_id, with_learner=by_name, few=True)
    return list(db.session.scalars(statement.order_by(*SORTS[wanted.sort]).limit(MOST)))


def read_many(public_ids: Sequence[str]) -> list[tuple[Registration, Learner]]:
    """Return those of these registrations that have a person, who came first first."""
    statement = (
        select(Registration, Learner)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(Registration.public_id.in_(list(public_ids)[:MOST]))
        .order_by(Registration.created_at, Registration.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(statement)]


def can_step(rows: Sequence[tuple[Registration, Learner]]) -> list[tuple[Registration, Learner]]:
    """Return those that a cancellation or a move can be asked for: what is over stays as it is."""
    return [row for row in rows if row[0].status in ACTIVE]


def _each(ids: Iterable[str], verb: Callable[[str], Any]) -> Outcome:
    rows = read_many(list(dict.fromkeys(ids)))
    names = {registration.public_id: learner.full_name for registration, learner in rows}
    missing = len(set(ids)) - len(names)
    db.session.rollback()
    outcome = Outcome()
    for public_id, name in names.items():
        try:
            verb(public_id)
            outcome.done += 1
        except RegistrationRefused as refusal:
            outcome.refused.setdefault(refusal_words(refusal), []).append(name)
    if missing > 0:
        outcome.refused[_("This registration no longer exists.")] = [_("Erased person")] * missing
    return outcome
