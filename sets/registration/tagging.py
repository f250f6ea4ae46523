"""Tags: the team's own words for people. Given and taken one by one or many at once; renamed and deleted as words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, select

from ..database import db, transaction
from ..staff.activity import record_activity
from ..statements import insert_or_ignore
from .desk_models import LearnerTag, Tag
from .models import Registration
from .people import folded

LONGEST_TAG = 60


class TagRefused(Exception):  # noqa: N818 - it is a refusal, not an error
    """The tag cannot be changed: "not_found", "empty", or "known": another has that name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class TagRow:
    """A word of the vocabulary, with how many people have it and how many registrations the list shows for it."""

    id: int
    name: str
    people: int
    registrations: int


def give_tag(registration_public_ids: Iterable[str], name: str) -> int:
    """Give the people of these registrations a tag, a new one where nobody has it yet; return to how many people.

    Who has it already is not counted. Raises TagRefused: "empty".
    """
    name = " ".join(name.split())[:LONGEST_TAG]
    if not tag_key(name):
        raise TagRefused("empty")
    with transaction():
        tag_id = _tag_id(name)
        people = _people(registration_public_ids)
        had = select(LearnerTag.learner_id).where(
            LearnerTag.tag_id == tag_id, LearnerTag.learner_id.in_(people)
        )
        fresh = sorted(set(people) - set(db.session.scalars(had)))
        for learner_id in fresh:
            db.session.add(LearnerTag(learner_id=learner_id, tag_id=tag_id))
        if fresh:
            record_activity("tag_given", subject_type="tag", subject_id=tag_id, rows=len(fresh))
        return len(fresh)


def take_tag(registration_public_ids: Iterable[str], tag_id: int) -> int:
    """Take a tag from the people of these registrations; return from how many."""
    with transaction() as session:
        people = _people(registration_public_ids)
        gone = session.execute(
            delete(LearnerTag)
            .where(LearnerTag.tag_id == tag_id, LearnerTag.learner_id.in_(people))
            .execution_options(synchronize_session=False)
        ).rowcount
        if gone:
            record_activity("tag_taken", subject_type="tag", subject_id=tag_id, rows=gone)
        return gone


def rename_tag(tag_id: int, name: str) -> None:
    """Call a tag otherwise, for everybody who has it. Raises TagRefused."""
    name = " ".join(name.split())[:LONGEST_TAG]
    with transaction():
        tag = db.session.get(Tag, tag_id)
        if tag is None:
            raise TagRefused("not_found")
        if not tag_key(name):
            raise TagRefused("empty")
        if db.session.scalar(select(Tag.id).where(Tag.key == tag_key(name), Tag.id != tag_id)) is not None:
            raise TagRefused("known")
        tag.name, tag.key = name, tag_key(name)
        record_activity("tag_renamed", subject_type="tag", subject_id=tag_id)


def delete_tag(tag_id: int) -> None:
    """Take a tag from everybody and out of the vocabulary. Raises TagRefused("not_found")."""
    with transaction() as session:
        tag = db.session.get(Tag, tag_id)
        if tag is None:
            raise TagRefused("not_found")
        rows = session.execute(delete(LearnerTag).where(LearnerTag.tag_id == tag_id)).rowcount
        session.delete(tag)
        record_activity("tag_deleted", subject_type="tag", subject_id=tag_id, rows=rows)


def list_tags() -> list[TagRow]:
    """Return the vocabulary in alphabetical order."""
    people = select(func.count()).where(LearnerTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()
    rows = (
        select(func.count(Registration.id))
        .join(LearnerTag, LearnerTag.learner_id == Registration.learner_id)
        .where(LearnerTag.tag_id == Tag.id)
        .correlate(Tag)
        .scalar_subquery()
    )
    statement = select(Tag.id, Tag.name, people.label("people"), rows.label("rows")).order_by(Tag.key)
    return [TagRow(row.id, row.name, row.people, row.rows) for row in db.session.execute(statement)]


def read_tag(tag_id: int) -> TagRow | None:
    """Return one word of the vocabulary."""
    return next((one for one in list_tags() if one.id == tag_id), None)


def tag_names() -> list[str]:
    """Return the names of the vocabulary, to choose from while typing."""
    return list(db.session.scalars(select(Tag.name).order_by(Tag.key)))


def tags_of(learner_ids: Sequence[int]) -> dict[int, list[Tag]]:
    """Return the tags of people, by the person's id."""
    statement = (
        select(LearnerTag.learner_id, Tag)
        .join(Tag, Tag.id == LearnerTag.tag_id)
        .where(LearnerTag.learner_id.in_(learner_ids))
        .order_by(Tag.key)
    )
    found: dict[int, list[Tag]] = {}
    for learner_id, tag in db.session.execute(statement):
        found.setdefault(learner_id, []).append(tag)
    return found


def tag_key(name: str) -> str:
    """Return what names of tags are compared by."""
    return " ".join(folded(name).split())[:LONGEST_TAG]


def _tag_id(name: str) -> int:
    made = insert_or_ignore(Tag, {"name": name, "key": tag_key(name)}, "key")
    if made is not None:
        return made
    return db.session.scalars(select(Tag.id).where(Tag.key == tag_key(name))).one()


def _people(registration_public_ids: Iterable[str]) -> list[int]:
    statement = select(Registration.learner_id).where(
        Registration.public_id.in_(list(registration_public_ids)), Registration.learner_id.is_not(None)
    )
    return [one for one in db.session.scalars(statement.distinct()) if one is not None]


def has_tag(tag_id: int) -> bool:
    """Tell whether the vocabulary has that tag."""
    return bool(db.session.scalar(select(exists().where(Tag.id == tag_id))))
