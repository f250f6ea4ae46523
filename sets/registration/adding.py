"""The team registers somebody: the same places, the same queue and the same lock as at the public form.

Consents are the person's own to give: none is recorded here, and the mail leads to the privacy notice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from ..catalogue import places
from ..catalogue.models import Meeting, SessionState
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db, transaction
from ..staff.models import Account
from . import messages, seating, steps
from .applying import Actor, Application
from .models import HOLDING, Learner, Registration, Status
from .people import folded, learners_at, make_learner
from .transitions import RegistrationRefused

# To whom the details belong when the address is known: this, or the public id of one of those who have it.
ANOTHER = "another"
TAKES_PEOPLE = (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)


def add_person(application: Application, *, account_id: int, person: str = "", mail: bool = True) -> str:
    """Register somebody for the one training that the application names; return the registration's public id.

    Where people have the address already, `person` says which of them it is (their stored details stand), or ANOTHER.
    Pauses and closing hours do not bind the team; places and the queue do. `mail=False` writes to nobody, and the
    history says so. Raises RegistrationRefused: address_known, already_registered, refused_before, session_unknown,
    no_place (the session has begun and is full).
    """
    with transaction():
        learner_id = _learner(application, person)
        choice = application.choices[0]
        steps.end_past(learner_id)
        sessions = places.lock([choice.training_id], [choice.session_id] if choice.session_id else [])
        before = _row_to_revive(learner_id, choice.training_id, choice.session_id)
        actor, values = Actor("staff", account_id), _values(application, learner_id)
        if choice.session_id is None:
            registration_id = seating.enter_any_date(before, values, actor=actor, mailed=mail)
            status = Status.WAITING
        else:
            session = _session(sessions, choice.training_id, choice.session_id)
            values["training_session_id"] = session.id
            registration_id, status, _number = seating.enter(
                before, values, session, actor=actor, mailed=mail
            )
            if status == Status.WAITING and session.starts_at is not None and session.starts_at <= now():
                raise RegistrationRefused("no_place")
        row = steps.read(Registration.id == registration_id)
        if mail:
            messages.added_by_team(
                **steps.addressee(row), registration_id=row.id, status=status, by=_name(account_id)
            )
        return row.public_id


def people_at(email: str) -> list[Learner]:
    """Return who is known under that address, in the order in which they came."""
    return learners_at(email) if email else []


def _learner(application: Application, person: str) -> int:
    known = learners_at(application.email)
    chosen = next((one for one in known if one.public_id == person), None)
    if chosen is not None:
        return chosen.id
    if known and person != ANOTHER:
        raise RegistrationRefused("address_known")
    # The same form sent twice makes one person.
    name = folded(application.first_name, application.last_name)
    same = next((one for one in known if folded(one.first_name, one.last_name) == name), None)
    return same.id if same else _make_learner(application, len(known))


def _make_learner(application: Application, slot: int) -> int:
    """Insert the person; somebody of the team may be adding another one on the same address right now."""
    moment = now()
    learner_id = make_learner(application, moment, slot=slot)
    while learner_id is None:
        if slot == 0:
            raise RegistrationRefused("address_known")
        slot += 1
        learner_id = make_learner(application, moment, slot=slot)
    return learner_id


def _row_to_revive(learner_id: int, training_id: int, session_id: int | None) -> int | None:
    """Return the row that the person had for this and gave up; refuse where they have or await something already."""
    statement = select(Registration.id, Registration.training_session_id, Registration.status).where(
        Registration.learner_id == learner_id,
        Registration.training_id == training_id,
        Registration.ended_at.is_(None),
    )
    rows = list(db.session.execute(statement))
    same = next((row for row in rows if row.training_session_id == session_id), None)
    if any(row.status in HOLDING for row in rows) or (same and same.status == Status.WAITING):
        raise RegistrationRefused("already_registered")
    if same and same.status == Status.REJECTED:
        raise RegistrationRefused("refused_before")
    return same.id if same else None


def _session(sessions: dict[int, LockedSession], training_id: int, session_id: int) -> LockedSession:
    session = sessions.get(session_id)
    if (
        session is None
        or session.training_id != training_id
        or session.state not in TAKES_PEOPLE
        or session.starts_at is None
        or _ends_at(session_id) <= now()
    ):
        raise RegistrationRefused("session_unknown")
    return session


def _ends_at(session_id: int) -> datetime:
    statement = select(Meeting.ends_at).where(
        Meeting.training_session_id == session_id, Meeting.cancelled_at.is_(None)
    )
    return max(db.session.scalars(statement))


def _values(application: Application, learner_id: int) -> dict[str, Any]:
    choice = application.choices[0]
    return {
        "learner_id": learner_id,
        "training_id": choice.training_id,
        "wants": [] if choice.session_id else list(choice.languages),
        "origin": "staff",
    }


def _name(account_id: int) -> str:
    return db.session.scalar(select(func.coalesce(Account.name, "")).where(Account.id == account_id)) or ""
