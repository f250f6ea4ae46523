"""What a change of questions touches. Capabilities above tell it here, since questions know none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from flask_babel import ngettext


@dataclass(frozen=True)
class Touched:
    """How much hangs on a question."""

    answers: int = 0
    texts: int = 0

    @property
    def words(self) -> list[str]:
        """How much it is, in words, without what is nothing."""
        parts = []
        if self.answers:
            parts.append(ngettext("%(num)d answer", "%(num)d answers", self.answers))
        if self.texts:
            parts.append(ngettext("%(num)d campaign text", "%(num)d campaign texts", self.texts))
        return parts


# Each returns numbers by the id of the question; ids that are not there have none.
Counter = Callable[[Collection[int]], Mapping[int, int]]
_answers: list[Counter] = []
_texts: list[Counter] = []


def count_answers_by(counter: Counter) -> None:
    """Have answers counted by a function of a capability that stores some."""
    if counter not in _answers:
        _answers.append(counter)


def count_texts_by(counter: Counter) -> None:
    """Have texts that use an answer counted by a function of a capability that has some."""
    if counter not in _texts:
        _texts.append(counter)


def touched_by(question_ids: Collection[int]) -> dict[int, Touched]:
    """Return what hangs on each of these questions. Reads every stored answer: for pages that decide, not for lists."""
    if not question_ids:
        return {}
    answers = [counter(question_ids) for counter in _answers]
    texts = [counter(question_ids) for counter in _texts]
    return {
        one: Touched(sum(found.get(one, 0) for found in answers), sum(found.get(one, 0) for found in texts))
        for one in question_ids
    }
