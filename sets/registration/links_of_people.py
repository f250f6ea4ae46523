"""Whom a learner's link stands for: the person, or the one whom they turned out to be."""

from __future__ import annotations

from sqlalchemy import select, update

from ..database import db
from .desk_models import MergedPerson
from .models import Learner


def person_of(public_id: str) -> tuple[Learner | None, int, int]:
    """Return the person of a link's public id with the versions of their links: of the page, of the feed."""
    learner = db.session.scalar(select(Learner).where(Learner.public_id == public_id))
    if learner is not None:
        return learner, learner.link_version, learner.feed_version
    merged = db.session.get(MergedPerson, public_id)
    if merged is None:
        return None, 0, 0
    return db.session.get(Learner, merged.learner_id), merged.link_version, merged.feed_version


def end_links_of_merged(learner_id: int, *, feed_only: bool = False) -> None:
    """End the links to a person's other addresses too: whoever asks for a new link wants no old one to work."""
    versions = {"feed_version": MergedPerson.feed_version + 1}
    if not feed_only:
        versions["link_version"] = MergedPerson.link_version + 1
    db.session.execute(
        update(MergedPerson)
        .where(MergedPerson.learner_id == learner_id)
        .values(**versions)
        .execution_options(synchronize_session=False)
    )


def other_addresses_of(learner_id: int) -> list[str]:
    """Return the addresses that a person had here under which they were taken for somebody else."""
    statement = select(MergedPerson.email).where(MergedPerson.learner_id == learner_id)
    return list(db.session.scalars(statement.order_by(MergedPerson.merged_at)))
