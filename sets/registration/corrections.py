"""A learner's details put right by the learner."""

from __future__ import annotations

from sqlalchemy import update

from ..clock import now
from ..database import db, transaction
from .models import Learner, Submission
from .people import DETAILS, index_words
from .personal import latest_payload


def take_typed_details(learner_id: int) -> bool:
    """Replace the details that are kept by those typed at the last sign-up; tell whether there were any.

    What was typed is forgotten with it. Language, zone and address stay as they are.
    """
    with transaction() as session:
        payload = latest_payload(learner_id)
        learner = session.get(Learner, learner_id)
        if payload is None or learner is None:
            return False
        for name in DETAILS:
            if payload.get(name) and name != "time_zone":
                setattr(learner, name, payload[name])
        learner.proven_at = learner.proven_at or now()
        session.flush()
        index_words(learner.id, learner)
        db.session.execute(
            update(Submission)
            .where(Submission.learner_id == learner_id, Submission.held_at.is_(None))
            .values(payload=None, purge_at=None)
        )
        return True
