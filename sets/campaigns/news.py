"""Getting no news any more, and getting them again: the link at the foot of each mail of news."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from ..clock import now
from ..database import db, transaction
from ..registration import consents
from ..registration.keys import LinkUnknown
from ..registration.models import Erasure, Learner
from ..tokens import read_token
from .letters import NEWS


@dataclass(frozen=True)
class Subscriber:
    """Whose link it is. `is_current` is false for a link that was replaced: such a one ends the news all the same."""

    learner_id: int
    is_subscribed: bool
    is_current: bool


def find_subscriber(token: str) -> Subscriber:
    """Return whose news this link ends. Raises LinkUnknown."""
    read = read_token(NEWS, token)
    if read is None:
        raise LinkUnknown
    learner = db.session.execute(
        select(Learner.id, Learner.link_version).where(Learner.public_id == read[0])
    ).one_or_none()
    if learner is None:
        raise LinkUnknown(is_erased=db.session.get(Erasure, read[0]) is not None)
    return Subscriber(learner.id, consents.is_given(learner.id, NEWS), learner.link_version == read[1])


def unsubscribe(learner_id: int) -> None:
    """End somebody's news at once. Mails of news that wait for them are dropped when their turn comes."""
    with transaction():
        consents.withdraw(learner_id, NEWS, now())


def subscribe(learner_id: int, language: str) -> None:
    """Let somebody have news again who stopped them; `language` is that of the words they read."""
    with transaction():
        consents.give(learner_id, NEWS, language, now())
