"""Who registers: languages, countries, kinds of organisation, how they heard of it; and what they answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from ..catalogue.labels import language_words
from ..languages import current_language
from ..questionnaires.answers import AnswerReader
from ..questionnaires.types import AskedQuestion
from ..registration.codes import organisation_kind_words, source_words
from ..registration.countries import country_words
from ..registration.freezing import COUNTED
from .counting import count_about, count_answers
from .figure import Figure, counted_figure
from .scope import Scope


def origins(scope: Scope) -> list[Figure]:
    """Return the figures of what people said of themselves."""
    counted = count_about(scope)
    return [
        counted_figure(
            scope, counted[name], key=name, title=title, meaning=meaning, words=words, part=_part(name)
        )
        for name, (title, meaning, words) in _about().items()
    ]


def choice_questions() -> list[AskedQuestion]:
    """Return the questions that can be counted, in the order of the exports."""
    reader = AnswerReader(current_language())
    return [question for question in reader.columns() if question.type in COUNTED]


def answers_to(scope: Scope, question: AskedQuestion) -> Figure:
    """Return the figure of a question: each choice counts, several of one person too."""
    language, found = current_language(), count_answers(scope, question.id)
    labels = {str(option.id): option.words(language) for option in question.options}
    labels |= {"other": _("Another answer, in words of their own")}
    if question.type == "yes_no":
        labels = {"yes": _("Yes"), "no": _("No")}
    occurring = set(found.living) | set(found.gone)
    known = [value for value in labels if value != "other" or value in occurring]
    several = _("One person may have chosen several, so the shares may come to more than 100 %.")
    meaning = _("Of those who answered this question.")
    return counted_figure(
        scope,
        found,
        key=f"q{question.id}",
        title=question.words(language),
        meaning=f"{meaning} {several}" if question.type == "choices" else meaning,
        words=lambda value: labels.get(value, value),
        part=lambda value: {} if value == "other" else {"answer": f"{question.id}.{value}"},
        in_order=[*known, *sorted(occurring - set(known))],
    )


def _about() -> dict[str, tuple[str, str, Callable[[str], str]]]:
    return {
        "language": (
            _("Language"),
            _("The language in which people asked to be written to."),
            lambda code: language_words(code).capitalize(),
        ),
        "country": (_("Country"), _("The country that people named."), country_words),
        "kind": (
            _("Kind of organisation"),
            _("The kind of organisation that people work or volunteer for."),
            organisation_kind_words,
        ),
        "source": (
            _("Heard of it through"),
            _("How people say that they heard of the programme."),
            source_words,
        ),
    }


def _part(name: str) -> Callable[[str], dict[str, Any]]:
    # The list can ask for a value, not for the lack of one.
    return lambda value: {name: value} if value else {}
