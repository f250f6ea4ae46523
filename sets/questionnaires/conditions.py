"""When a question is asked: "only if the answer to an earlier one is …", for people, and decided on the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """The earlier question, and the answers of which one must be given: option ids, or True and False."""

    question_id: int
    values: tuple[Any, ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Tell whether one of the answers is given; a question that is open, or hidden itself, gives none."""
        value = answers.get(str(self.question_id))
        chosen = value if isinstance(value, list) else [value]
        return any(type(one) is type(wanted) and one == wanted for one in chosen for wanted in self.values)


def condition_of(stored: Mapping[str, Any] | None) -> Condition | None:
    """Return the condition of a question as a version keeps it: {"question": id, "any": [values]}."""
    return Condition(stored["question"], tuple(stored["any"])) if stored else None


def without_hidden(
    questions: Iterable[Any], answers: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers without those to questions that are not asked, given the answers to the general ones.

    `questions` are those of the form (AskedQuestion), in order; answers to others stay.
    """
    kept = dict(answers)
    for question in questions:
        if question.show_if and not question.show_if.holds({**given, **kept}):
            kept.pop(str(question.id), None)
    return kept
