"""What the filter of the list offers: each part with its choices, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from ..catalogue.labels import language_words, session_words, training_labels
from ..database import db
from ..languages import LANGUAGES, current_language
from .codes import ORGANISATION_KINDS, SOURCES
from .countries import country_choices
from .desk_models import Tag
from .filter_words import answer_choices, chips, choice_questions, labels_of_parts
from .filtering import Filter
from .models import Status
from .outcomes import outcome_words
from .record import sessions_for_choice
from .wording import status_words

# So many boxes are seen at a glance; beyond, one is added at a time from a list.
BOXES = 12
# The outcomes that people ask for; links ask for the others.
OFFERED = ("moved", "lost_place", "came", "missed")


@dataclass(frozen=True)
class Part:
    """A part of the filter: boxes to tick, and a list from which one more is added."""

    name: str
    label: str
    boxes: list[tuple[str, str, bool]]
    more: list[tuple[str, str]]

    @property
    def chosen(self) -> int:
        """How many values are asked for."""
        return sum(1 for _value, _words, is_chosen in self.boxes if is_chosen)


def filter_choices(wanted: Filter) -> list[Part]:
    """Return the parts with their choices; what is asked for and not offered any more can still be unticked."""
    labels, trainings = labels_of_parts(), training_labels()
    numbers = {label.id: f"{label.position}. " for label in trainings.values()}
    slug = wanted.training[0] if len(wanted.training) == 1 else ""
    sessions = sessions_for_choice(slug)
    offered = {
        "training": [(one.slug, f"{one.position}. {one.short_title}") for one in trainings.values()],
        "session": [
            ("any", session_words(None)),
            *(
                (one.public_id, ("" if slug else numbers[one.training_id]) + session_words(one))
                for one in sessions
            ),
        ],
        "status": [(str(one), status_words(one)) for one in Status],
        "language": [(code, language_words(code)) for code in LANGUAGES],
        "country": country_choices(),
        "kind": [(code, str(words)) for code, words in ORGANISATION_KINDS.items()],
        "source": [(code, str(words)) for code, words in SOURCES.items()],
        "tag": [
            (str(row.id), row.name) for row in db.session.execute(select(Tag.id, Tag.name).order_by(Tag.key))
        ],
        "answer": _answers(),
        "outcome": [(name, outcome_words(name)) for name in OFFERED],
    }
    shown = {(name, value): words for name, value, _label, words in chips(wanted)}
    return [
        _part(name, labels[name], choices, wanted[name], shown)
        for name, choices in offered.items()
        if choices or wanted[name]
    ]


def _part(
    name: str,
    label: str,
    choices: list[tuple[str, str]],
    chosen: Iterable[str],
    shown: dict[tuple[str, str], str],
) -> Part:
    known, chosen = dict(choices), list(chosen)
    old = [(one, shown.get((name, one), one), True) for one in chosen if one not in known]
    if len(choices) <= BOXES:
        boxes = [(value, words, value in chosen) for value, words in choices]
        return Part(name, label, boxes + old, [])
    boxes = [(value, known[value], True) for value in chosen if value in known]
    return Part(name, label, boxes + old, [one for one in choices if one[0] not in chosen])


def _answers() -> list[tuple[str, str]]:
    language = current_language()
    return [
        (value, f"{question.words(language)} {words}")
        for question in choice_questions()
        for value, words in answer_choices(question)
    ]
