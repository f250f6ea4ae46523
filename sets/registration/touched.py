"""How many people a training concerns, for the catalogue, which knows none."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from ..catalogue.touching import tell_people
from ..database import db
from .models import ACTIVE, Registration


def init_app(app: Flask) -> None:
    """Let the catalogue ask."""
    tell_people(app, count_people)


def count_people(training_id: int) -> int:
    """Return how many people have a place in a training, or wait for one."""
    query = select(func.count(Registration.learner_id.distinct())).where(
        Registration.training_id == training_id, Registration.status.in_(ACTIVE)
    )
    return db.session.scalar(query) or 0
