"""Stored answers, read back: as a person reads them and as cells of an export, by the wording of the live form.

Answers are kept as {question id: value}; a question that was renamed, moved or retired keeps its answers and its
words, which come from the newest version that asks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from ..database import db
from .asked import AskedOption, AskedQuestion
from .building import forms_of
from .models import FormVersion


@dataclass(frozen=True)
class Answered:
    """One question with a person's answer in words."""

    question: AskedQuestion
    label: str
    text: str


class AnswerReader:
    """Every question that was ever asked, in its newest words: read once per page or export, then used per row."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.questions = _known_questions()

    def columns(self) -> list[AskedQuestion]:
        """Return the questions in the order of the export's columns: by id, which never changes."""
        return [self.questions[identifier] for identifier in sorted(self.questions)]

    def cell(self, question: AskedQuestion, *stores: Mapping[str, Any] | None) -> str:
        """Return the answer found in the first store that has one (registration, learner), as one cell."""
        for answers in stores:
            value = (answers or {}).get(str(question.id))
            if value is not None:
                return question.kind.cell(question, value, self.language)
        return ""

    def typed_cell(self, question: AskedQuestion, value: Any) -> Any:
        """Return an answer as one cell of the question's kind (`question.kind.cell_kind`): a text, a day, a number."""
        return None if value is None else question.kind.typed_cell(question, value, self.language)

    def read(self, answers: Mapping[str, Any] | None) -> Iterator[Answered]:
        """Yield each answered question with its words, in the order of the columns."""
        for question in self.columns():
            value = (answers or {}).get(str(question.id))
            if value is not None:
                text = question.kind.text(question, value, self.language)
                yield Answered(question, question.words(self.language), text)


def _known_questions() -> dict[int, AskedQuestion]:
    """Return each question as its newest version words it, with every option that was ever offered."""
    versions = db.session.execute(
        select(FormVersion.id, FormVersion.state, FormVersion.number)
        .where(FormVersion.state != "draft")
        .order_by((FormVersion.state == "live"), FormVersion.number)
    ).all()
    forms = forms_of(version.id for version in versions)
    questions: dict[int, AskedQuestion] = {}
    for version in versions:
        for asked in forms[version.id].questions:
            earlier = questions.get(asked.id)
            questions[asked.id] = _with_older_options(asked, earlier) if earlier else asked
    return questions


def _with_older_options(newer: AskedQuestion, older: AskedQuestion) -> AskedQuestion:
    options: dict[int, AskedOption] = {option.id: option for option in newer.options}
    for option in older.options:
        options.setdefault(option.id, option)
    return replace(newer, options=tuple(options.values()))
