"""Somebody whom the team registered refuses it: cancelled, and erased where the team alone had ever noted them."""

from __future__ import annotations

from sqlalchemy import select

from ..database import db
from . import erasure, workflow
from .applying import LEARNER
from .models import Consent, Learner, Registration

# How registrations come about without the person: an offer and a move follow what the team entered.
TEAMS_OWN = ("staff", "offer", "move")


def object_to(registration_public_id: str) -> bool:
    """Cancel a registration that the team made, on the person's own word; tell whether they were erased with it.

    Raises RegistrationRefused where it is not active any more and the person stays.
    """
    row = db.session.execute(
        select(Learner.id, Learner.public_id)
        .join(Registration, Registration.learner_id == Learner.id)
        .where(Registration.public_id == registration_public_id)
    ).first()
    if row is not None and erases(row.id):
        return erasure.erase_learner(row.public_id, actor=LEARNER)
    workflow.cancel(registration_public_id, actor=LEARNER)
    if row is not None:
        workflow.prove_address(row.id)
    return False


def erases(learner_id: int) -> bool:
    """Tell whether refusing erases the person: the team made them, and they never used a link of ours."""
    is_proven = db.session.scalar(select(Learner.proven_at).where(Learner.id == learner_id)) is not None
    registrations = Registration.learner_id == learner_id
    own = select(Registration.id).where(registrations, Registration.origin.not_in(TEAMS_OWN))
    agreed = select(Consent.id).where(Consent.learner_id == learner_id)
    return not is_proven and all(db.session.scalar(one.limit(1)) is None for one in (own, agreed))


def is_by_team(registration_public_id: str) -> bool:
    """Tell whether the team made that registration, or the one that it follows from."""
    row = db.session.execute(
        select(Registration.origin, Registration.learner_id, Registration.training_id).where(
            Registration.public_id == registration_public_id
        )
    ).first()
    if row is None or row.origin not in TEAMS_OWN:
        return False
    entered = select(Registration.id).where(
        Registration.learner_id == row.learner_id,
        Registration.training_id == row.training_id,
        Registration.origin == "staff",
    )
    return db.session.scalar(entered.limit(1)) is not None
