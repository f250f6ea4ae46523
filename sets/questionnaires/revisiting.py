"""The questions as somebody meets them again who has answered: those of their version, and what newer ones added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .asked import AskedQuestion
from .building import AskedForm, forms_of, shown_forms


def revisited_form(
    training_id: int | None, answered_version: int | None, answers: Mapping[str, Any], tag: str | None = None
) -> AskedForm | None:
    """Return the questions of a scope for somebody whose answers were given under a version; None without any.

    `tag` names the version that a page was shown with; the live one by default. Nobody is held up by a question that
    was not asked of them before: what is new may stay open here.
    """
    newest = shown_forms(tag).get(training_id)
    older = forms_of([answered_version]).get(answered_version) if answered_version else None
    if newest is None:
        newest = older
    if newest is None:
        return None
    questions = tuple(_questions(newest, older, answers))
    return replace(newest, questions=questions) if questions else None


def _questions(
    newest: AskedForm, older: AskedForm | None, answers: Mapping[str, Any]
) -> Iterator[AskedQuestion]:
    before = {question.id: question for question in older.questions} if older else {}
    for question in newest.questions:
        earlier = before.pop(question.id, None)
        if earlier is None:
            yield replace(question, required=False)
        else:
            yield _with_chosen(question, earlier, answers.get(str(question.id)))
    # Asked no more, but answered: a person may still put right what they said.
    for question in before.values():
        if str(question.id) in answers:
            yield replace(question, required=False)


def _with_chosen(newer: AskedQuestion, older: AskedQuestion, value: Any) -> AskedQuestion:
    """Return the question in its newest words, with the options that were chosen and are offered no more."""
    known = {option.id for option in newer.options}
    chosen = newer.kind.chosen(value)
    kept = tuple(option for option in older.options if option.id in chosen and option.id not in known)
    return replace(newer, options=newer.options + kept) if kept else newer
