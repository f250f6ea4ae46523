"""One registration on one screen: the person, their answers, what happened, every mail. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import TrainingLabel, training_labels
from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..languages import current_language
from ..mailing.models import Delivery, DeliveryRegistration
from ..questionnaires.answers import Answered, AnswerReader
from . import queue
from .attendance import Attended, attendance_of
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
    attended: list[Attended] = field(default_factory=list)


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
        attended=attendance_of(registration.id),
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
