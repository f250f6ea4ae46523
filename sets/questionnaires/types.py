"""The kinds of question: one class each, listed in TYPES. Adding a kind is adding a class here.

A kind knows its field, what is stored, and how an answer reads in a language and in a cell of an export. Options are
stored by id for ever; the form sends their keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import Field
from wtforms.fields.choices import SelectChoice

from ..catalogue.declarations import name_kind
from ..dates import calendar_day_words
from ..forms import Address, AddressLine, AtMost, OneDisc, Required, SeveralOf, TextBlock, TextLine
from .asked import SHORT, TYPES, AskedOption, AskedQuestion, spoken
from .fields import (
    ConsentBox,
    DateLine,
    MayStayOpen,
    Number,
    NumberLine,
    Phone,
    PhoneLine,
    SensibleDay,
    Ticked,
    number_words,
    read_number,
)

LONG = 3000
# What a cell of an export holds.
TEXT, DAY, NUMBER = "text", "day", "number"


class QuestionType:
    """The ancestor of the kinds. `field_class` makes the field; subclasses say what its data become."""

    key = ""
    name: Any = ""
    # For the team that chooses a kind: what it is good for.
    help: Any = ""
    has_options = False
    # Whether another question can be asked only where this one has a certain answer.
    decides = False
    # Whether an answer that stands is never replaced by the same one given later.
    keeps_first = False
    cell_kind = TEXT
    field_class: type[Field] = TextLine
    missing: Any = _l("Answer this question.")

    def field(self, question: AskedQuestion, language: str) -> Any:
        """Return the unbound field."""
        return self.field_class(
            spoken(question.label, language) or question.key,
            [*self.demand(question), *self.validators(question)],
            description=spoken(question.hint, language),
            **self.options(question, language),
        )

    def demand(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Return what asks for an answer where there must be one."""
        return (Required(self.missing),) if question.required else ()

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bounds of the field."""
        return ()

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Return further arguments of the field."""
        return {}

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the value to store for what a valid field holds; None when the question was left.

        `words` is what stands beside the choice that takes text.
        """
        return data or None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return what the field holds for a stored value: the way back from `stored`."""
        return value

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return an answer as a person reads it."""
        return str(value)

    def cell(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return an answer as one cell of text of an export."""
        return self.text(question, value, language).replace("\n", " ")

    def typed_cell(self, question: AskedQuestion, value: Any, language: str) -> Any:
        """Return an answer as one cell of the kind that `cell_kind` says: a text, a day or a number."""
        return self.cell(question, value, language)

    def chosen(self, value: Any) -> list[Any]:
        """Return the choices that an answer names, as a condition and a count take them: option ids, True or False."""
        return []

    def words(self, value: Any) -> str:
        """Return the words that stand beside a choice in a stored value."""
        return ""

    def answers(self, question: AskedQuestion, values: Iterable[Any], language: str) -> list[tuple[str, str]]:
        """Return (value of the field, words) for each of these stored values that the question offers."""
        return []


class ShortText(QuestionType):
    """A few words on one line."""

    help = _l("A few words on one line.")
    key, name = "short_text", _l("Short text")
    missing = _l("Write an answer.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bound of one line."""
        return (AtMost(SHORT),)


class LongText(QuestionType):
    """Some sentences."""

    help = _l("Some sentences.")
    key, name, field_class = "long_text", _l("Long text"), TextBlock
    missing = _l("Write an answer.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Return the bound of some paragraphs."""
        return (AtMost(LONG),)


class EMail(QuestionType):
    """An e-mail address."""

    help = _l("Checked as far as its form tells.")
    key, name, field_class = "email", _l("E-mail address"), AddressLine
    missing = _l("Write an e-mail address.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Refuse what cannot be an address."""
        return (_unless_empty(Address()),)


class PhoneNumber(QuestionType):
    """A phone number, kept as typed."""

    help = _l("Kept as it was typed.")
    key, name, field_class = "phone", _l("Phone number"), PhoneLine
    missing = _l("Write a phone number.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Refuse what has no digits."""
        return (AtMost(40), Phone())

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Let browsers offer the person's own."""
        return {"render_kw": {"autocomplete": "tel", "inputmode": "tel"}}


class NumberGiven(QuestionType):
    """A number, whole or not, with bounds or without."""

    help = _l("Whole or not, between bounds if you like.")
    key, name, field_class, cell_kind = "number", _l("Number"), NumberLine, NUMBER
    missing = _l("Write a number.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Keep to the bounds."""
        return (Number(question.whole, question.lowest, question.highest),)

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Show the right keys on a phone; a decimal keyboard has no minus."""
        if question.lowest is not None and question.lowest < 0:
            return {"render_kw": {"inputmode": "text"}}
        return {"render_kw": {"inputmode": "numeric" if question.whole else "decimal"}}

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the number."""
        return read_number(data) if data else None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the number as the language writes it."""
        return number_words(value)

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the number as the language being spoken writes it."""
        return number_words(value)

    def typed_cell(self, question: AskedQuestion, value: Any, language: str) -> Any:
        """Return the number itself."""
        return value


class Day(QuestionType):
    """A date, stored as ISO 8601 writes it."""

    help = _l("With the browser’s calendar.")
    key, name, field_class, cell_kind = "date", _l("Date"), DateLine, DAY
    missing = _l("Choose a date.")

    def validators(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Refuse slips of the keyboard."""
        return (SensibleDay(),)

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the day as text."""
        return data.isoformat() if data else None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the day."""
        return date.fromisoformat(value)

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return weekday, day, month and year."""
        return calendar_day_words(date.fromisoformat(value))

    def typed_cell(self, question: AskedQuestion, value: Any, language: str) -> Any:
        """Return the day itself."""
        return date.fromisoformat(value)


class OneChoice(QuestionType):
    """One option of several."""

    help = _l("One of a list.")
    key, name, field_class, has_options = "choice", _l("One choice"), OneDisc, True
    decides = True
    missing = _l("Choose one answer.")

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Offer the options by key."""
        return {
            "choices": [
                SelectChoice(option.key, spoken(option.label, language)) for option in question.options
            ]
        }

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the option's id; with words beside it, a list of both."""
        extra = question.open_option
        if extra and words and not data:
            data = extra.key
        found = next((option.id for option in question.options if option.key == data), None)
        return [found, words] if extra and words and found == extra.id else found

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the option's key."""
        chosen = self.chosen(value)
        return next((option.key for option in question.options if option.id in chosen), None)

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the labels one after the other, with the words that stand beside one."""
        chosen, words = set(self.chosen(value)), self.words(value)
        return "; ".join(
            _with_words(option, words, language) for option in question.options if option.id in chosen
        )

    def chosen(self, value: Any) -> list[Any]:
        """Return the ids of the options; words may stand at the end of the list."""
        return [one for one in (value if isinstance(value, list) else [value]) if not isinstance(one, str)]

    def answers(self, question: AskedQuestion, values: Iterable[Any], language: str) -> list[tuple[str, str]]:
        """Return the options that are still offered."""
        wanted = set(values)
        return [(one.key, one.words(language)) for one in question.options if one.id in wanted]

    def words(self, value: Any) -> str:
        """Return the text at the end of the list."""
        return value[-1] if isinstance(value, list) and value and isinstance(value[-1], str) else ""


class SeveralChoices(OneChoice):
    """Several options of several."""

    help = _l("As many of a list as apply.")
    key, name, field_class, has_options = "choices", _l("Several choices"), SeveralOf, True
    missing = _l("Choose at least one answer.")

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the options' ids in the form's order, then the words beside one of them."""
        extra: AskedOption | None = question.open_option
        keys: set[str] = set(data or ())
        if extra and words:
            keys.add(extra.key)
        chosen: list[Any] = [option.id for option in question.options if option.key in keys]
        return ([*chosen, words] if extra and words else chosen) or None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the options' keys."""
        chosen = self.chosen(value)
        return [option.key for option in question.options if option.id in chosen]


class YesNo(QuestionType):
    """Yes or no; left open is neither."""

    help = _l("Two discs; left open is neither.")
    key, name, field_class, decides = "yes_no", _l("Yes or no"), OneDisc, True
    missing = _l("Answer yes or no.")

    def options(self, question: AskedQuestion, language: str) -> dict[str, Any]:
        """Offer the two answers."""
        return {"choices": [SelectChoice("yes", gettext("Yes")), SelectChoice("no", gettext("No"))]}

    def chosen(self, value: Any) -> list[Any]:
        """Return the answer."""
        return [value]

    def answers(self, question: AskedQuestion, values: Iterable[Any], language: str) -> list[tuple[str, str]]:
        """Return the two answers, or the one that is wanted."""
        words = {True: ("yes", gettext("Yes")), False: ("no", gettext("No"))}
        return [words[value] for value in values if value in words]

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return True, False or None."""
        return {"yes": True, "no": False}.get(data)

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return the disc's value."""
        return "yes" if value else "no"

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return the answer in the language being spoken."""
        return gettext("Yes") if value else gettext("No")


class Consent(QuestionType):
    """A box with its own words. What is stored is the version of the form whose words were agreed to."""

    help = _l("A box with its own words, never ticked beforehand.")
    key, name, field_class, keeps_first = "consent", _l("Consent"), ConsentBox, True
    missing = _l("Tick this box to go on.")

    def demand(self, question: AskedQuestion) -> Iterable[Callable[[Any, Any], None]]:
        """Ask for the tick, or say that it may be left."""
        return (Ticked(self.missing) if question.required else MayStayOpen(),)

    def stored(self, question: AskedQuestion, data: Any, words: str = "") -> Any:
        """Return the id of the version."""
        return question.version_id or None if data else None

    def typed(self, question: AskedQuestion, value: Any) -> Any:
        """Return whether the box is ticked."""
        return bool(value)

    def text(self, question: AskedQuestion, value: Any, language: str) -> str:
        """Return that it was given."""
        return gettext("Yes")


TYPES.update(
    (kind.key, kind)
    for kind in (
        ShortText(), LongText(), EMail(), PhoneNumber(), NumberGiven(), Day(), OneChoice(), SeveralChoices(),
        YesNo(), Consent(),
    )
)  # fmt: skip
for _kind in TYPES.values():
    name_kind(_kind.key, has_options=_kind.has_options, decides=_kind.decides)


def _with_words(option: AskedOption, words: str, language: str) -> str:
    label = option.words(language)
    return (
        gettext("%(choice)s: %(words)s", choice=label, words=words) if words and option.takes_text else label
    )


def _unless_empty(check: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    return lambda form, field: check(form, field) if field.data else None
