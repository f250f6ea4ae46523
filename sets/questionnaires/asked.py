"""A question as a version of the form asks it, in the words of a language. Its kind is one of `types.TYPES`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from markupsafe import Markup, escape

from ..forms import AtMost, TextLine
from ..languages import localised
from .conditions import Condition

SHORT = 300
# The kinds by their key: filled by `types`, which knows questions.
TYPES: dict[str, Any] = {}


@dataclass(frozen=True)
class AskedOption:
    """One choice as a version of the form words it. `takes_text`: a line beside it asks for words ("Other")."""

    id: int
    key: str
    label: dict[str, str]
    takes_text: bool = False

    def words(self, language: str) -> str:
        """Return the label in that language, or in the first one it has."""
        return localised(self.label, language)[1] or self.key


@dataclass(frozen=True)
class AskedQuestion:
    """One question as a version of the form asks it."""

    id: int
    key: str
    type: str
    required: bool
    label: dict[str, str]
    hint: dict[str, str]
    options: tuple[AskedOption, ...] = ()
    show_if: Condition | None = None
    whole: bool = False
    lowest: float | None = None
    highest: float | None = None
    version_id: int = 0

    @property
    def open_option(self) -> AskedOption | None:
        """The choice beside which there is a line for words."""
        return next((option for option in self.options if option.takes_text), None)

    @property
    def kind(self) -> Any:
        """The kind of this question: one of `types.TYPES`."""
        return TYPES[self.type]

    @property
    def name(self) -> str:
        """The name of its field in the form."""
        return f"q-{self.key}"

    def words(self, language: str) -> str:
        """Return the label in that language, or in the first one it has."""
        return localised(self.label, language)[1] or self.key

    def values_of(self, condition: Condition) -> tuple[str, ...]:
        """Return the values of its field at which a condition holds."""
        return tuple(str(value) for value, _words in self.kind.answers(self, condition.values, ""))


def words_field(option: AskedOption, language: str) -> Any:
    """Return the unbound line for words beside a choice."""
    label = gettext("“%(choice)s”: what do you mean?", choice="{}")
    return TextLine(_filled(label, spoken(option.label, language) or option.key), [AtMost(SHORT)])


def only_if_words(decider: AskedQuestion, condition: Condition, language: str) -> Markup:
    """Return after which answers to an earlier question one is to be answered."""
    answers = decider.kind.answers(decider, condition.values, language)
    sentence = gettext(
        "Only if you answered %(answers)s to “%(question)s”.",
        answers="{}",
        question="{}",
    )
    quoted = Markup(", ").join(gettext("“%(words)s”", words=words) for _value, words in answers)
    return _filled(sentence, quoted, spoken(decider.label, language) or decider.key)


def spoken(mapping: dict[str, str], language: str) -> str:
    """Return the words in that language; words that fall back to another one carry its `lang`."""
    code, words = localised(mapping, language)
    if not words:
        return ""
    return words if code == language else Markup('<span lang="{}">{}</span>').format(code, words)


def _filled(sentence: str, *parts: str) -> Markup:
    """Return a sentence with parts that may be marked up; the sentence itself is plain text."""
    return escape(sentence).format(*parts)
