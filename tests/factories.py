"""Rows for tests: each function stores what a use case would have stored, with sensible values for all not given.

They need an app context (the fixture `app` opens one) and commit, so that requests, commands and workers see them.
Members of staff come from tests/staff/signing.py.
"""

from __future__ import annotations

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from sets import clock
from sets.catalogue.models import Meeting, SessionState, Training, TrainingSession, TrainingText
from sets.catalogue.versions import bump_catalogue_version
from sets.database import db, transaction
from sets.mailing.models import Delivery, DeliveryRegistration, Priority
from sets.registration.models import HOLDING, Learner, Registration, RegistrationEvent, Status

_numbers = itertools.count(1)


def training(
    slug: str | None = None, *, languages: tuple[str, ...] = ("fr", "en", "es", "it"), **values: Any
) -> Training:
    """Store a training with short texts. With the catalogue loaded, `training("its-slug")` returns that one."""
    if slug is not None and (found := db.session.scalar(select(Training).where(Training.slug == slug))):
        return found
    slug = slug or f"training-{next(_numbers)}"
    with transaction() as session:
        position = (session.scalar(select(func.max(Training.position))) or 0) + 1
        made = Training(**{"slug": slug, "position": position, "hours": 6} | values)
        for language in languages:
            made.texts[language] = TrainingText(
                language=language, title=f"{slug} ({language})", fields=_texts(slug)
            )
        session.add(made)
        bump_catalogue_version(session)
    return made


def training_session(
    of: Training | None = None,
    *,
    starts: datetime | None = None,
    meetings: int = 1,
    minutes: int = 90,
    room_url: str | None = "https://rooms.example.org/one",
    **values: Any,
) -> TrainingSession:
    """Store an open session: 20 places, in French, in Paris, first meeting in two weeks, one meeting a week."""
    of = of or training()
    starts = starts or clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=14)
    with transaction() as session:
        made = TrainingSession(
            **{
                "public_id": str(uuid.uuid4()),
                "training_id": of.id,
                "language": "fr",
                "time_zone": "Europe/Paris",
                "capacity": 20,
                "state": SessionState.PUBLISHED,
                "opens_at": clock.now() - timedelta(days=1),
                "created_at": clock.now(),
            }
            | values
        )
        for number in range(meetings):
            begins = starts + timedelta(weeks=number)
            made.meetings.append(
                Meeting(
                    public_id=str(uuid.uuid4()),
                    starts_at=begins,
                    ends_at=begins + timedelta(minutes=minutes),
                    room_url=room_url,
                )
            )
        session.add(made)
        bump_catalogue_version(session)
    return made


def learner(email: str | None = None, **values: Any) -> Learner:
    """Store a person."""
    number = next(_numbers)
    email = email or f"learner{number}@example.org"
    with transaction() as session:
        made = Learner(
            **{
                "public_id": str(uuid.uuid4()),
                "email": email,
                "email_key": email.casefold(),
                "first_name": "Zoé",
                "last_name": f"Lefèvre {number}",
                "organisation": "Coopérative des Tilleuls",
                "organisation_kind": "cooperative",
                "role": "Formatrice",
                "country": "FR",
                "language": "fr",
                "time_zone": "Europe/Paris",
                "created_at": clock.now(),
            }
            | values
        )
        session.add(made)
    return made


def registration(
    session: TrainingSession | None = None,
    person: Learner | None = None,
    *,
    of: Training | None = None,
    status: str = Status.CONFIRMED,
    **values: Any,
) -> Registration:
    """Store a registration: in `session` (its place is counted), or waiting for any date of training `of`."""
    if session is None and of is None:
        session = training_session()
    person = person or learner()
    subject = of if session is None else session.training
    assert subject is not None
    status = status if session is not None else Status.WAITING
    with transaction() as store:
        if session is not None and status in HOLDING:
            session.places_taken += 1
            bump_catalogue_version(store)
        if status == Status.WAITING:
            subject.queue_counter += 1
            values.setdefault("queue_number", subject.queue_counter)
        made = Registration(
            **{
                "public_id": str(uuid.uuid4()),
                "learner_id": person.id,
                "training_id": subject.id,
                "training_session_id": session.id if session is not None else None,
                "status": status,
                "wants": [] if session is not None else [person.language],
                "confirmed_at": clock.now() if status == Status.CONFIRMED else None,
                "status_at": clock.now(),
                "created_at": clock.now(),
            }
            | values
        )
        made.events.append(
            RegistrationEvent(at=clock.now(), verb="register", to_status=status, actor_kind="learner")
        )
        store.add(made)
    return made


def delivery(
    to: str = "learner@example.org", *, about: Registration | None = None, **values: Any
) -> Delivery:
    """Store a mail that waits to be sent."""
    with transaction() as session:
        made = Delivery(
            **{
                "public_id": str(uuid.uuid4()),
                "kind": "registration_received",
                "priority": Priority.CONFIRMATION,
                "learner_id": about.learner_id if about is not None else None,
                "to_address": to,
                "language": "fr",
                "next_at": clock.now(),
                "posted_at": clock.now(),
            }
            | values
        )
        if about is not None:
            made.registrations.append(DeliveryRegistration(registration_id=about.id))
        session.add(made)
    return made


def _texts(slug: str) -> dict[str, Any]:
    words = f"Words about {slug}."
    header = ("short_title", "audience", "audience_short", "description", "lead", "intro")
    sections = ("outcome", "skills", "programme", "method")
    return dict.fromkeys(header, words) | {
        "sections": {
            key: {"heading": key.capitalize(), "markdown": f"- {words}\n- {words}"} for key in sections
        }
    }
