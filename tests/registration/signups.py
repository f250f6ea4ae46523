"""Trainings, sessions and applications for the tests of the workflow, with sane defaults."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from sets.catalogue.models import Meeting, Training, TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.registration.applying import Application, Choice
from sets.registration.models import Learner, Registration


def a_training(slug: str = "social-economy", **values: Any) -> int:
    """Store a training and return its id."""
    with transaction() as session:
        training = Training(slug=slug, position=values.pop("position", 1), hours=10, **values)
        session.add(training)
        session.flush()
        return training.id


def a_session(training_id: int, *, starts_in: timedelta | None = timedelta(days=20), **values: Any) -> int:
    """Store a published session with one meeting (none when `starts_in` is None) and return its id."""
    facts: dict[str, Any] = {
        "language": "fr",
        "time_zone": "Europe/Paris",
        "state": "published",
        "capacity": 20,
    }
    with transaction() as session:
        row = TrainingSession(
            public_id=str(uuid.uuid4()), training_id=training_id, created_at=now(), **facts | values
        )
        session.add(row)
        session.flush()
        if starts_in is not None:
            start = now() + starts_in
            session.add(
                Meeting(
                    public_id=str(uuid.uuid4()),
                    training_session_id=row.id,
                    starts_at=start,
                    ends_at=start + timedelta(hours=2),
                    room_url="https://rooms.example/one",
                )
            )
        return row.id


def an_application(name: str, *choices: tuple[int, int | None] | Choice, **values: Any) -> Application:
    """Return a person's application; a choice is (training, session or None)."""
    facts: dict[str, Any] = {
        "form_nonce": uuid.uuid4().hex,
        "page_language": "fr",
        "first_name": name.capitalize(),
        "last_name": "Martin",
        "email": f"{name}@example.org",
        "country": "FR",
    }
    asked = tuple(
        choice if isinstance(choice, Choice) else Choice(choice[0], choice[1], () if choice[1] else ("fr",))
        for choice in choices
    )
    return Application(choices=asked, **facts | values)


def registration_of(name: str, session_id: int | None = None, **criteria: Any) -> Registration:
    """Return the registration of that person, in that session when given."""
    db.session.rollback()
    equal = [getattr(Registration, column) == value for column, value in criteria.items()]
    statement = select(Registration).join(Learner).where(Learner.email == f"{name}@example.org", *equal)
    if session_id is not None:
        statement = statement.where(Registration.training_session_id == session_id)
    return db.session.scalars(statement.order_by(Registration.id)).one()


def states(session_id: int) -> dict[str, str]:
    """Return who stands how in a session, by first name."""
    db.session.rollback()
    statement = (
        select(Learner.first_name, Registration.status)
        .join(Registration, Registration.learner_id == Learner.id)
        .where(Registration.training_session_id == session_id)
    )
    return {name.lower(): status for name, status in db.session.execute(statement)}


def places_taken(session_id: int) -> int:
    """Return the session's counter of places."""
    db.session.rollback()
    return db.session.scalars(
        select(TrainingSession.places_taken).where(TrainingSession.id == session_id)
    ).one()


def at(text: str, zone: str = "Europe/Paris") -> datetime:
    """Return an aware moment from "2026-03-02 18:00" on the clocks of a zone."""
    from zoneinfo import ZoneInfo

    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
