"""What each part of a filter means in the database; the search by words is `listing`'s.

What many people have in common is checked beside each registration, since a page of them is soon found; what few have
is looked up first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import String, and_, cast, exists, false, func, literal, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from ..catalogue.models import Training, TrainingSession
from ..database import db
from . import queue
from .desk_models import LearnerTag
from .filtering import YES, Filter, each
from .models import Learner, LearnerNeed, Registration
from .outcomes import OUTCOMES

# What more people than these have in common is common.
COMMON = 5000
ANY_DATE = "any"


def criteria(wanted: Filter) -> list[Any]:
    """Return the conditions of everything that a filter asks for but its words."""
    found: list[Any] = []
    if wanted.training:
        trainings = select(Training.id).where(_one_of(Training.slug, wanted.training))
        found.append(_among(Registration.training_id, trainings, wanted.training))
    if wanted.session:
        found.append(_in_sessions(wanted.session))
    if wanted.status:
        found.append(_one_of(Registration.status, wanted.status))
    if wanted.ids:
        found.append(Registration.public_id.in_(wanted.ids))
    found += [*_received(wanted), *_of_people(wanted)]
    if wanted.tag:
        tagged = select(LearnerTag.learner_id).where(LearnerTag.tag_id.in_(list(each(wanted.tag))))
        found.append(Registration.learner_id.in_(tagged))
    if wanted.needs:
        needing = Registration.learner_id.in_(select(LearnerNeed.learner_id))
        found.append(needing if wanted.needs == YES else false())
    if wanted.wants:
        # An unknown language finds nothing; a sign that LIKE would read is in none.
        found.append(queue.wants(wanted.wants) if wanted.wants.isalnum() else false())
    if wanted.outcome:
        known = [OUTCOMES[one][0]() for one in wanted.outcome if one in OUTCOMES]
        found.append(or_(false(), *known))
    return [*found, *_answered(wanted.answer)]


def _one_of(column: Any, values: tuple[str, ...]) -> Any:
    return column == values[0] if len(values) == 1 else column.in_(values)


def _among(column: Any, ids: Any, values: tuple[str, ...]) -> Any:
    """Compare with the one id, or be among several; one id alone lets the database walk an index in order."""
    return column == ids.scalar_subquery() if len(values) == 1 else column.in_(ids)


def _in_sessions(values: tuple[str, ...]) -> Any:
    named = tuple(one for one in values if one != ANY_DATE)
    column, parts = Registration.training_session_id, []
    if named:
        ids = select(TrainingSession.id).where(_one_of(TrainingSession.public_id, named))
        parts.append(_among(column, ids, named))
    if len(named) < len(values):
        parts.append(column.is_(None))
    return or_(*parts)


def _received(wanted: Filter) -> list[Any]:
    try:
        begin, end = wanted.received_between()
    except ValueError:
        return [false()]
    return [
        *([Registration.created_at >= begin] if begin else []),
        *([Registration.created_at < end] if end else []),
    ]


def _of_people(wanted: Filter) -> list[Any]:
    """Return what is asked of the person: language, country, kind, source, messages that come back."""
    person = aliased(Learner)
    columns = (
        (person.language, wanted.language), (person.country, wanted.country),
        (person.organisation_kind, wanted.kind), (person.source, wanted.source),
    )  # fmt: skip
    conditions = [_one_of(column, values) for column, values in columns if values]
    if wanted.returned:
        conditions.append(person.bounced_at.is_not(None) if wanted.returned == YES else false())
    if not conditions:
        return []
    people = select(person.id).where(*conditions)
    if _are_many(people):
        return [exists().where(person.id == Registration.learner_id, *conditions)]
    return [Registration.learner_id.in_(people)]


def _are_many(people: Any) -> bool:
    first = people.limit(COMMON + 1).subquery()
    return int(db.session.scalar(select(func.count()).select_from(first)) or 0) > COMMON


def _answered(asked: Iterable[str]) -> list[Any]:
    """Return one condition for each question: one of the answers asked for was given.

    The registration's own answer counts first, as in the exports; that of the person where it has none.
    """
    by_question: dict[int, list[Any]] = {}
    for one in asked:
        question, _dot, value = one.partition(".")
        numbers = list(each([question]))
        if not numbers or (value not in ("yes", "no") and not list(each([value]))):
            return [false()]
        read = {"yes": True, "no": False}.get(value)
        by_question.setdefault(numbers[0], []).append(int(value) if read is None else read)
    person = aliased(Learner)
    found = []
    for question, values in by_question.items():
        own = Registration.answers
        of_person = exists().where(
            person.id == Registration.learner_id,
            or_(*(_has(person.answers, question, one) for one in values)),
        )
        found.append(
            or_(
                *(_has(own, question, one) for one in values),
                and_(~_has_any(own, question), of_person),
            )
        )
    return found


def _has(answers: Any, question: int, value: Any) -> Any:
    """Return the condition "this is the answer, or one of them"."""
    if db.engine.dialect.name == "postgresql":
        return or_(
            *(
                answers.op("@>")(cast(literal(json.dumps({str(question): shape})), JSONB))
                for shape in ([value, [value]] if not isinstance(value, bool) else [value])
            )
        )
    # Read as text, which costs a tenth of reading JSON: the site writes it without blanks, and quotes in it escaped.
    raw, begin = type_coerce(answers, String), f'"{question}":'
    alone = [func.instr(raw, f"{begin}{json.dumps(value)}{end}") > 0 for end in (",", "}")]
    if isinstance(value, bool):
        return or_(*alone)
    given = func.json_each(answers, f'$."{question}"').table_valued("value")
    listed = exists(select(true()).select_from(given).where(given.c.value == value))
    return or_(*alone, and_(func.instr(raw, f"{begin}[") > 0, listed))


def _has_any(answers: Any, question: int) -> Any:
    if db.engine.dialect.name == "postgresql":
        return func.coalesce(answers.op("?")(str(question)), false())
    return func.instr(func.coalesce(type_coerce(answers, String), ""), f'"{question}":') > 0
