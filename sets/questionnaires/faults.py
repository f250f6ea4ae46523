"""What would be wrong with a form: a question that is asked after an answer that nobody can give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.labels import training_labels
from ..database import db
from ..languages import current_language, localised
from .models import FormVersion


def broken(training_id: int | None, content: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each question that depends on one that is not there, not earlier, or offers other answers.

    The general questions count as earlier for those of a training; so a change of them is looked at for each training.
    """
    if training_id is not None:
        live = db.session.scalar(
            select(FormVersion).where(FormVersion.training_id.is_(None), FormVersion.state == "live")
        )
        return list(_broken(content["questions"], live.content["questions"] if live else ()))
    found = list(_broken(content["questions"], ()))
    others = db.session.scalars(
        select(FormVersion).where(
            FormVersion.training_id.is_not(None), FormVersion.state.in_(("live", "draft"))
        )
    )
    titles = training_labels()
    for form in others:
        own = {entry["id"] for entry in form.content["questions"]}
        for sentence in _broken(form.content["questions"], content["questions"], general_only=own):
            title = titles[form.training_id or 0].short_title
            said = _("In the questions of “%(training)s”: %(sentence)s", training=title, sentence=sentence)
            if said not in found:
                found.append(said)
    return found


def name_of(entry: Mapping[str, Any]) -> str:
    """Return what a question, or a choice, is called in the reader's language."""
    return localised(entry.get("label") or {}, current_language())[1] or "–"


def _broken(
    questions: Sequence[Mapping[str, Any]],
    before: Sequence[Mapping[str, Any]],
    *,
    general_only: set[int] | frozenset[int] = frozenset(),
) -> Iterator[str]:
    seen = {entry["id"]: entry for entry in before}
    everything = {entry["id"]: entry for entry in questions} | seen
    for entry in questions:
        condition = entry.get("show_if")
        if condition and condition["question"] not in general_only:
            decider = seen.get(condition["question"])
            if decider is None:
                yield _must_stand_before(entry, everything.get(condition["question"]))
            elif not _offered(decider).issuperset(condition["any"]):
                yield _(
                    "“%(question)s” is asked after a choice of “%(decider)s” that would not be offered any more. "
                    "Change first when it is asked.",
                    question=name_of(entry),
                    decider=name_of(decider),
                )
        seen[entry["id"]] = entry


def _offered(decider: Mapping[str, Any]) -> set[Any]:
    return {one["id"] for one in decider.get("options", ())} or {True, False}


def _must_stand_before(entry: Mapping[str, Any], decider: Mapping[str, Any] | None) -> str:
    if decider is None:
        return _(
            "“%(question)s” is asked only after an answer to this question. Change first when it is asked.",
            question=name_of(entry),
        )
    return _(
        "“%(question)s” is asked only after an answer to “%(decider)s”, which must stand before it.",
        question=name_of(entry),
        decider=name_of(decider),
    )
