"""The staff's list of registrations: what a filter finds, in order and counted.

What the filter (`filtering`) shows is what is exported and mailed; what each of its parts means is in `criteria`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, exists, false, func, select

from ..catalogue.models import Training
from ..database import db
from .criteria import criteria
from .filtering import Filter
from .models import Learner, LearnerWord, Registration, Status
from .people import LONGEST_WORD, SAME_NAME, SAME_PLACE, WORD, folded

__all__ = ["SORTS", "Filter", "count_exactly", "list_page", "matching"]

PER_PAGE = 50
# An exact total stops here; beyond, the page says "more than".
COUNTED = 1000
# A word that more learners than these have is a common one; than those, a very common one.
COMMON, VERY_COMMON = 5000, 20_000
# A character after every other, for "begins with" as a range of the index.
LAST_CHARACTER = "\U0010ffff"

SORTS: dict[str, tuple[Any, ...]] = {
    "-received": (Registration.created_at.desc(), Registration.id.desc()),
    "received": (Registration.created_at, Registration.id),
    "name": (Learner.last_name, Learner.first_name, Registration.id),
    "-name": (Learner.last_name.desc(), Learner.first_name.desc(), Registration.id.desc()),
}


def matching(wanted: Filter, *columns: Any, with_learner: bool = False, few: bool = False) -> Select[Any]:
    """Return the statement of the registrations that match, unsorted.

    `with_learner` joins who is not erased; `few` says that only the first ones in order will be read.
    """
    statement = select(*columns).select_from(Registration)
    if with_learner:
        statement = statement.outerjoin(Learner, Learner.id == Registration.learner_id)
    for criterion in (*criteria(wanted), *_search(wanted.q, few=few)):
        statement = statement.where(criterion)
    return statement


def list_page(wanted: Filter, page: int) -> list[Any]:
    """Return one page's registrations with their learner, in the order asked for."""
    by_name = "name" in wanted.sort
    ids = matching(wanted, Registration.id, with_learner=by_name, few=True).order_by(*SORTS[wanted.sort])
    if by_name and not _is_anyone_erased():
        # Lets the database walk the index of names, which it cannot where some have none.
        ids = ids.where(Registration.learner_id == Learner.id)
    chosen = [row.id for row in db.session.execute(ids.limit(PER_PAGE).offset((page - 1) * PER_PAGE))]
    if not chosen:
        return []
    statement = (
        select(Registration, Learner)
        .outerjoin(Learner, Learner.id == Registration.learner_id)
        .where(Registration.id.in_(chosen))
    )
    rows = {
        registration.id: (registration, learner) for registration, learner in db.session.execute(statement)
    }
    return [rows[identifier] for identifier in chosen if identifier in rows]


def count_up_to(wanted: Filter, most: int = COUNTED) -> tuple[int, dict[str, int]]:
    """Return how many match, counting no further than `most`, and how many in each state.

    The second is empty where more than `most` match.
    """
    found = matching(wanted, Registration.status).limit(most + 1).subquery()
    statement = select(found.c.status, func.count().label("number")).group_by(found.c.status)
    numbers = {row.status: row.number for row in db.session.execute(statement)}
    number = sum(numbers.values())
    return min(number, most), _in_order(numbers) if number <= most else {}


def count_exactly(wanted: Filter) -> int:
    """Return how many match, however many they are: what an export says of itself."""
    return int(db.session.scalar(matching(wanted, func.count(Registration.id))) or 0)


def count_by_status(wanted: Filter) -> dict[str, int]:
    """Return how many match in each state, in the order of the states."""
    statement = matching(wanted, Registration.status, func.count().label("number")).group_by(
        Registration.status
    )
    return _in_order({row.status: row.number for row in db.session.execute(statement)})


def _in_order(numbers: dict[str, int]) -> dict[str, int]:
    return {str(status): numbers[status] for status in Status if status in numbers}


def count_by_training_and_status() -> dict[int, dict[str, int]]:
    """Return how many registrations each training has in each state, by the training's id."""
    keys = [
        (training_id, str(status))
        for training_id in db.session.scalars(select(Training.id))
        for status in Status
    ]
    # One count for each key is a range of the index; SQLite takes ten times longer to group the same rows.
    counts = [
        select(func.count())
        .where(Registration.training_id == training_id, Registration.status == status)
        .scalar_subquery()
        for training_id, status in keys
    ]
    found: dict[int, dict[str, int]] = {}
    for (training_id, status), count in zip(
        keys, db.session.execute(select(*counts)).one() if keys else (), strict=True
    ):
        if count:
            found.setdefault(training_id, {})[status] = count
    return found


def _is_anyone_erased() -> bool:
    found = select(Registration.id).where(Registration.learner_id.is_(None)).limit(1)
    return db.session.scalar(found) is not None


def _search(q: str, *, few: bool) -> list[Any]:
    """Return one criterion per word: the learner has a word that begins like it. A whole address is one word.

    The rarest word is looked up, the others are checked beside what it finds. Where even that one is common, and only
    the first in order are wanted (`few`), all are checked beside each registration: a page is soon filled.
    """
    text = folded(q)
    words = [text] if "@" in text else WORD.findall(text)
    if text and not words:
        words = [text]
    if not words:
        return []
    if text.startswith((SAME_NAME, SAME_PLACE)):
        # Such entries of the index are not words.
        return [false()]
    counts = {word: _count_word(word) for word in words}
    rarest, *others = sorted(counts, key=counts.__getitem__)
    if few and counts[rarest] > COMMON:
        return [_has_word(word) for word in words]
    return [
        _found_by(rarest),
        *(_has_word(word) if counts[word] > VERY_COMMON else _found_by(word) for word in others),
    ]


def _count_word(word: str) -> int:
    """Return how many learners have such a word, counting no further than where it is a very common one."""
    found = select(LearnerWord.word).where(*_begins_like(word)).limit(VERY_COMMON + 1).subquery()
    return int(db.session.scalar(select(func.count()).select_from(found)) or 0)


def _found_by(word: str) -> Any:
    return Registration.learner_id.in_(select(LearnerWord.learner_id).where(*_begins_like(word)))


def _has_word(word: str) -> Any:
    return exists().where(LearnerWord.learner_id == Registration.learner_id, *_begins_like(word))


def _begins_like(word: str) -> tuple[Any, ...]:
    begin = word[:LONGEST_WORD]
    return LearnerWord.word >= begin, LearnerWord.word < begin + LAST_CHARACTER
