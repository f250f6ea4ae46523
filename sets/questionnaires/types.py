"""The kinds of question: one class each, listed in TYPES. Adding a kind is adding a class here.

A kind knows its field, what is stored, and how an answer reads in a language and in a cell of an export. Options are
stored by id for ever; the form sends their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import Field
from wtforms.fields.choices import SelectChoice

from ..forms import AtMost, OneDisc, Required, SeveralOf, TextBlock, TextLine
from ..languages import localised

SHORT, LONG = 300, 3000


@dataclass(frozen=True)
class AskedOption:
    """One choice as a version of the form words it."""

    id: int
    key: str
    label: dict[str, str]

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

    @property
    def kind(self) -> QuestionType:
        """The kind of this question."""
        return TYPES[self.type]

    @property
    def name(self) -> str:
        """The name of its field in the form."""
        return f"q-{self.key}"

    def words(self, language: str) -> str:
        """Return the label in that language, or in the first one it has."""
        return localised(self.label, language)[1] or self.key


class QuestionType:
    """The ancestor of the kinds. `field_class` makes the field; subclasses say what its data become."""

    key = ""
    name: Any = ""
    has_options = False
    field_class: type[Field] = TextLine
    missing: Any = _l("Answer this question.")

    def field(self, question: AskedQuestion, language: str) -> Any:
        """Return the unbound field."""
        validators: list[Callable[[Any, Any], None]] = [Required(self.missing)] if question.required else []
        return self.field_class(
            spoken(question.label, language) or question.key,
            [*validators, *self.validators()],
            description=spoken(question.hint, language),
            **self.options(question, language),
        )

    def validators(self) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bounds of the field."""
        return ()

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Return further arguments of the field."""
        return {}

    def stored(self, question: AskedQuestion, data: Any) -> Any:
        """Return the value to store for what a valid field holds; None when the question was left."""
        return data or None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return what the field holds for a stored value: the way back from `stored`."""
        return value

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return an answer as a person reads it."""
        return str(value)

    def cell(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return an answer as one cell of an export."""
        return self.text(question, value, language).replace("\n", " ")


class ShortText(QuestionType):
    """A few words on one line."""

    key, name = "short_text", _l("Short text")
    missing = _l("Write an answer.")

    def validators(self) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bound of one line."""
        return (AtMost(SHORT),)


class LongText(QuestionType):
    """Some sentences."""

    key, name, field_class = "long_text", _l("Long text"), TextBlock
    missing = _l("Write an answer.")

    def validators(self) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bound of some paragraphs."""
        return (AtMost(LONG),)


class OneChoice(QuestionType):
    """One option of several."""

    key, name, field_class, has_options = "choice", _l("One choice"), OneDisc, True
    missing = _l("Choose one answer.")

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Offer the options by key."""
        return {
            "choices": [
                SelectChoice(option.key, spoken(option.label, language)) for option in question.options
            ]
        }

    def stored(self, question: AskedQuestion, data: Any) -> Any:
        """Return the option's id."""
        return next((option.id for option in question.options if option.key == data), None)

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the option's key."""
        return next((option.key for option in question.options if option.id == value), None)

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the option's label."""
        return next((option.words(language) for option in question.options if option.id == value), "")


class SeveralChoices(OneChoice):
    """Several options of several."""

    key, name, field_class, has_options = "choices", _l("Several choices"), SeveralOf, True
    missing = _l("Choose at least one answer.")

    def stored(self, question: AskedQuestion, data: Any) -> Any:
        """Return the options' ids in the form's order."""
        return [option.id for option in question.options if option.key in (data or ())] or None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the options' keys."""
        chosen = set(value if isinstance(value, list) else [value])
        return [option.key for option in question.options if option.id in chosen]

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the labels one after the other."""
        chosen = set(value if isinstance(value, list) else [value])
        return "; ".join(option.words(language) for option in question.options if option.id in chosen)


class YesNo(QuestionType):
    """Yes or no; left open is neither."""

    key, name, field_class = "yes_no", _l("Yes or no"), OneDisc
    missing = _l("Answer yes or no.")

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Offer the two answers."""
        return {"choices": [SelectChoice("yes", gettext("Yes")), SelectChoice("no", gettext("No"))]}

    def stored(self, question: AskedQuestion, data: Any) -> Any:
        """Return True, False or None."""
        return {"yes": True, "no": False}.get(data)

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the disc's value."""
        return "yes" if value else "no"

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the answer in the language being spoken."""
        return gettext("Yes") if value else gettext("No")


TYPES: dict[str, QuestionType] = {
    kind.key: kind for kind in (ShortText(), LongText(), OneChoice(), SeveralChoices(), YesNo())
}


def spoken(mapping: dict[str, str], language: str) -> str:
    """Return the words in that language; words that fall back to another one carry its `lang`."""
    code, words = localised(mapping, language)
    if not words:
        return ""
    return words if code == language else Markup('<span lang="{}">{}</span>').format(code, words)
