"""One registration on one screen: the person, their answers, what happened, every mail. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..dates import day_words, time_words
from ..languages import LANGUAGES, current_language, localised
from ..mailing.models import Delivery, DeliveryRegistration
from ..questionnaires.answers import Answered, AnswerReader
from . import queue
from .models import Consent, Learner, Registration, RegistrationEvent


@dataclass
class Record:
    """What the record's page shows."""

    registration: Registration
    learner: Learner | None
    training: TrainingLabel
    session: TrainingSession | None
    rank: int | None
    answers: list[Answered]
    events: list[RegistrationEvent]
    deliveries: list[Delivery]
    others: list[tuple[Registration, TrainingLabel]] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)


@dataclass(frozen=True)
class TrainingLabel:
    """A training as lists name it: what the emblem macros need, and its short title in the reader's language."""

    id: int
    slug: str
    position: int
    short_title: str

    @property
    def tone_class(self) -> str:
        """Return the class that gives the training its colour."""
        return f"is-{self.position}" if self.position <= 3 else "is-other"

    @property
    def emblem(self) -> Any:
        """Return the training's emblem."""
        from ..catalogue.emblems import emblem

        return emblem(self.position, self.slug)


def training_labels() -> dict[int, TrainingLabel]:
    """Return every training by id, in the catalogue's order."""
    language = current_language()
    found = {}
    statement = (
        select(Training).options(selectinload(Training.texts)).order_by(Training.position, Training.id)
    )
    for training in db.session.scalars(statement):
        _code, text = localised(training.texts, language)
        title = text.fields.get("short_title", text.title) if text else training.slug
        found[training.id] = TrainingLabel(training.id, training.slug, training.position, title)
    return found


def sessions_for_choice(training_slug: str = "") -> list[TrainingSession]:
    """Return the sessions that a filter offers, newest first; of one training when its slug is given."""
    statement = (
        select(TrainingSession)
        .join(Training, Training.id == TrainingSession.training_id)
        .options(selectinload(TrainingSession.meetings))
        .order_by(TrainingSession.id.desc())
        .limit(300)
    )
    if training_slug:
        statement = statement.where(Training.slug == training_slug)
    return list(db.session.scalars(statement))


def session_words(session: TrainingSession | None) -> str:
    """Return a session as lists name it: day, hour and language; or that there is no date yet."""
    if session is None:
        return _("Any date")
    language = language_words(session.language)
    meeting = session.first_meeting
    if meeting is None:
        return _("Date to come, in %(language)s", language=language)
    return _(
        "%(day)s, %(hour)s, in %(language)s",
        day=day_words(meeting.starts_at, session.time_zone),
        hour=time_words(meeting.starts_at, session.time_zone),
        language=language,
    )


def language_words(code: str) -> str:
    """Return a language's name in the language being spoken."""
    from babel import Locale

    return Locale.parse(LANGUAGES[current_language()].locale).languages.get(code, code)


def read_record(public_id: str) -> Record | None:
    """Return the record of that registration, or None."""
    registration = db.session.scalar(
        select(Registration)
        .where(Registration.public_id == public_id)
        .options(selectinload(Registration.events), selectinload(Registration.session))
    )
    if registration is None:
        return None
    labels, learner = training_labels(), registration.learner
    reader = AnswerReader(current_language())
    answers = list(reader.read(registration.answers))
    if learner is not None:
        answers += list(reader.read(learner.answers))
    return Record(
        registration=registration,
        learner=learner,
        training=labels[registration.training_id],
        session=registration.session,
        rank=queue.rank_of(registration),
        answers=answers,
        events=registration.events,
        deliveries=_deliveries(registration),
        others=[
            (other, labels[other.training_id])
            for other in (learner.registrations if learner else [])
            if other.id != registration.id
        ],
        consents=list(learner.consents) if learner else [],
    )


def _deliveries(registration: Registration) -> list[Delivery]:
    """Return the mails that speak of the registration, and those to the person that speak of none, newest first."""
    about = select(DeliveryRegistration.delivery_id).where(
        DeliveryRegistration.registration_id == registration.id
    )
    criteria = Delivery.id.in_(about)
    if registration.learner_id is not None:
        unbound = (
            ~select(DeliveryRegistration.delivery_id)
            .where(DeliveryRegistration.delivery_id == Delivery.id)
            .exists()
        )
        criteria = criteria | ((Delivery.learner_id == registration.learner_id) & unbound)
    return list(db.session.scalars(select(Delivery).where(criteria).order_by(Delivery.id.desc())))
