"""What the figures keep of a person who goes: counts without a name, written at that moment.

Each registration adds one to a row for each thing that was said of it. Only choices are counted, never words that
somebody typed. What reads these counts is in `sets/figures`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from ..catalogue.models import Meeting, TrainingSession
from ..catalogue.showing import current_programme
from ..database import db
from ..dates import local
from ..questionnaires.models import Question
from .codes import ORGANISATION_KINDS, SOURCES
from .frozen_models import FrozenCount
from .models import Learner, Registration, Status

# What is counted of a person, by dimension. Answers follow as q<question id>.
ABOUT = {
    "language": Learner.language,
    "country": Learner.country,
    "kind": Learner.organisation_kind,
    "source": Learner.source,
}
# Where only a code may be counted: an import may have brought words.
CODES = {"kind": ORGANISATION_KINDS, "source": SOURCES}
# Its value is the month of the session that the person took before this one ("" for none), so that how many different
# people came in a period can still be told: those whose one before is not of that period.
PERSON = "person"
# That a question was answered at all.
ANSWERED = ""
COUNTED = ("choice", "choices", "yes_no")


def freeze_counts(learner_id: int) -> None:
    """Add a person's registrations to the anonymous counts, in the caller's transaction.

    Call it once what they still had is given up. One that was moved is counted where it went.
    """
    first_start = func.min(Meeting.starts_at).label("starts_at")
    begins = (
        select(Meeting.training_session_id, first_start)
        .where(Meeting.cancelled_at.is_(None))
        .group_by(Meeting.training_session_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Registration.id, Registration.training_id, Registration.training_session_id, Registration.status,
            Registration.created_at, Registration.answers, Learner.answers.label("general"),
            TrainingSession.language.label("session_language"), begins.c.starts_at,
            *(column.label(f"about_{name}") for name, column in ABOUT.items()),
        )
        .join(Learner, Learner.id == Registration.learner_id)
        .outerjoin(TrainingSession, TrainingSession.id == Registration.training_session_id)
        .outerjoin(begins, begins.c.training_session_id == Registration.training_session_id)
        .where(Registration.learner_id == learner_id, Registration.moved_to_id.is_(None))
        .order_by(begins.c.starts_at, Registration.id)
    ).all()  # fmt: skip
    kinds = _questions()
    found: Counter[tuple[Any, ...]] = Counter()
    before = ""
    for row in rows:
        key = (
            row.training_id, row.training_session_id or 0, row.session_language or "",
            month_of(row.created_at), row.status,
        )  # fmt: skip
        for name in ABOUT:
            found[*key, name, _coded(name, getattr(row, f"about_{name}") or "")] += 1
        for dimension, value in _answered((row.general or {}) | (row.answers or {}), kinds):
            found[*key, dimension, value] += 1
        if row.status == Status.CONFIRMED and row.starts_at is not None:
            found[*key, PERSON, before] += 1
            before = month_of(row.starts_at)
    _add(found)


def month_of(moment: Any) -> str:
    """Return the month of a moment on the programme's clock, as 2026-03."""
    return f"{local(moment, current_programme().time_zone):%Y-%m}"


def choices_of(value: Any) -> list[str]:
    """Return what an answer chose: ids of options, "yes" or "no", "other" for words of one's own."""
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    values = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(str(one) if isinstance(one, int) else "other" for one in values))


def _coded(name: str, value: str) -> str:
    """Return a value that is one of the codes; words that came from elsewhere are counted as "other"."""
    return value if not value or name not in CODES or value in CODES[name] else "other"


def _questions() -> set[str]:
    statement = select(Question.id).where(Question.type.in_(COUNTED))
    return {str(identifier) for identifier in db.session.scalars(statement)}


def _answered(answers: Mapping[str, Any], counted: set[str]) -> Iterator[tuple[str, str]]:
    for identifier, value in answers.items():
        if identifier in counted and value is not None:
            yield f"q{identifier}", ANSWERED
            yield from ((f"q{identifier}", choice) for choice in choices_of(value))


def _add(found: Counter[tuple[Any, ...]]) -> None:
    """Add to the counts, each row by one statement that waits for a rival; in order, so that two never wait in turn."""
    table: Any = FrozenCount.__table__
    keys = [column.name for column in table.primary_key]
    # By value first: a person's rows do not follow one another.
    for key in sorted(found, key=lambda one: one[::-1]):
        values = dict(
            zip(
                ("training_id", "session_id", "language", "month", "status", "dimension", "value"),
                key,
                strict=True,
            )
        )
        insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(table)
        statement = insert.values(**values, n=found[key])
        db.session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_={"n": table.c.n + statement.excluded.n})
        )
