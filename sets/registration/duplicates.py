"""Who may be the same person twice: by name, by address, by last name and organisation. Suggestions; reads only."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from ..database import db
from .desk_models import DismissedPair
from .listing import LAST_CHARACTER
from .models import Learner, LearnerWord, Registration
from .people import SAME_NAME, SAME_PLACE, folded, likeness

# Entries of the index looked at for a page; of each, so many people are compared with one another.
PER_PAGE, MOST_ALIKE = 25, 5
MOST_SHARED = 50
# On the way to a page, so many entries whose pairs were all looked at are passed.
MOST_PASSED = 400


@dataclass(frozen=True)
class Pair:
    """Two people, and why they may be one."""

    one: Learner
    other: Learner
    why: str


@dataclass
class Found:
    """A page of pairs; `after` is where the next page begins, or nothing."""

    pairs: list[Pair] = field(default_factory=list)
    after: str = ""
    counts: dict[int, int] = field(default_factory=dict)


def list_duplicates(after: str = "") -> Found:
    """Return pairs that nobody has looked at yet, by name; those who share an address come first."""
    found = Found(pairs=[] if after else _undismissed(_sharing_address()))
    passed = 0
    while len(found.pairs) < PER_PAGE and passed < MOST_PASSED:
        words = _words_of_several(after)
        for word in words:
            found.pairs += _undismissed(_alike(word))
            after, passed = word, passed + 1
            if len(found.pairs) >= PER_PAGE:
                break
        if len(words) < PER_PAGE:
            after = "" if not words or after == words[-1] else after
            break
    found.after = after
    found.counts = _counts([person.id for pair in found.pairs for person in (pair.one, pair.other)])
    return found


def _words_of_several(after: str) -> list[str]:
    word = LearnerWord.word
    ranges = [
        and_(word >= sign, word < sign + LAST_CHARACTER, word > after) for sign in (SAME_NAME, SAME_PLACE)
    ]
    statement = (
        select(word)
        .where(or_(*ranges))
        .group_by(word)
        .having(func.count() > 1)
        .order_by(word)
        .limit(PER_PAGE)
    )
    return list(db.session.scalars(statement))


def _alike(word: str) -> list[Pair]:
    statement = (
        select(Learner)
        .join(LearnerWord, LearnerWord.learner_id == Learner.id)
        .where(LearnerWord.word == word)
        .order_by(Learner.id)
        .limit(MOST_ALIKE)
    )
    people = list(db.session.scalars(statement))
    if word.startswith(SAME_NAME):
        return [Pair(one, other, _("The same name")) for one, other in combinations(people, 2)]
    return [
        Pair(one, other, _("The same last name and organisation, and the same initial"))
        for one, other in combinations(people, 2)
        if _name(one) != _name(other) and folded(one.first_name)[:1] == folded(other.first_name)[:1]
    ]


def _name(person: Learner) -> set[str]:
    return {word for word in likeness(person) if word.startswith(SAME_NAME)}


def _sharing_address() -> list[Pair]:
    one, other = aliased(Learner), aliased(Learner)
    statement = (
        select(one, other)
        .join(other, and_(other.email_key == one.email_key, other.id != one.id, other.email_slot == 0))
        .where(one.email_slot > 0)
        .order_by(one.email_key, one.id)
        .limit(MOST_SHARED)
    )
    rows = [(row[1], row[0]) for row in db.session.execute(statement)]
    return [
        Pair(first, second, _("The same address")) for first, second in rows if _name(first) != _name(second)
    ]


def _undismissed(pairs: list[Pair]) -> list[Pair]:
    if not pairs:
        return []
    ids = {person.id for pair in pairs for person in (pair.one, pair.other)}
    rows: Any = db.session.execute(
        select(DismissedPair.learner_id, DismissedPair.other_id).where(DismissedPair.learner_id.in_(ids))
    )
    gone = {(row.learner_id, row.other_id) for row in rows}
    return [pair for pair in pairs if _key(pair) not in gone]


def _key(pair: Pair) -> tuple[int, int]:
    return min(pair.one.id, pair.other.id), max(pair.one.id, pair.other.id)


def _counts(ids: list[int]) -> dict[int, int]:
    statement = (
        select(Registration.learner_id, func.count())
        .where(Registration.learner_id.in_(ids))
        .group_by(Registration.learner_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}
