"""How many people answered a question: told to the editor of questions, which knows no registrations."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Flask
from sqlalchemy import case, func, select, text

from ..database import db
from ..questionnaires.touching import count_answers_by
from .models import Learner, Registration


def init_app(_app: Flask) -> None:
    """Tell the editor of questions how to count."""
    count_answers_by(count_answers)


def count_answers(question_ids: Collection[int]) -> dict[int, int]:
    """Return how many answers to each question are stored, with people and with registrations."""
    found = dict.fromkeys(question_ids, 0)
    for column in (Learner.answers, Registration.answers):
        columns = [func.sum(case((_has(column, one), 1), else_=0)) for one in question_ids]
        row = db.session.execute(select(*columns).where(column.is_not(None))).one()
        for identifier, number in zip(question_ids, row, strict=True):
            found[identifier] += int(number or 0)
    return found


def _has(column: Any, question_id: int) -> Any:
    if db.engine.dialect.name == "sqlite":
        return func.json_type(column, text(f"""'$."{int(question_id)}"'""")).is_not(None)
    return func.jsonb_exists(column, str(question_id))
