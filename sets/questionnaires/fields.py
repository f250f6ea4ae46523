"""The fields of questions that the rest of the site has no use for: phone, number, date, consent."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from babel import Locale
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from flask_babel import gettext
from wtforms import BooleanField, DateField, TelField
from wtforms.validators import StopValidation, ValidationError

from ..forms import TextLine, clean_line
from ..languages import LANGUAGES, current_language

LARGEST = 10**12
_BLANKS = re.compile(r"[\s'’]")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
# The native input sends the first; the others are what people type where there is none.
DATES = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"]


class PhoneLine(TelField):
    """A phone number as it was typed, without blanks around it."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, filters=(clean_line,), **options)
        self.type = "TelField"


class NumberLine(TextLine):
    """A number as it was typed: an input of the kind "number" would drop what it does not understand."""


class DateLine(DateField):
    """A day, by the browser's own calendar."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, format=DATES, **options)
        self.type = "DateField"

    def process_formdata(self, valuelist: Any) -> None:
        """Read the day; nothing is nothing."""
        if not valuelist or not clean_line(valuelist[0]):
            self.data = None
            return
        try:
            super().process_formdata([clean_line(valuelist[0])])
        except ValueError:
            raise ValueError(
                gettext("Write the date as day, month and year, for example 31/12/2026.")
            ) from None

    def pre_validate(self, form: Any) -> None:
        """Say what was not understood, rather than that nothing is there."""
        if self.process_errors:
            raise StopValidation


class ConsentBox(BooleanField):
    """A box that is never ticked beforehand."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.type = "BooleanField"


class Ticked:
    """The box must be ticked."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        """Stop with the sentence when it is not."""
        if not field.data:
            raise StopValidation(str(self.message))


class MayStayOpen:
    """Refuses nothing: lets a box say "(optional)"."""

    field_flags = {"may_stay_open": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Accept."""


class Phone:
    """A number that one can dial, as far as its form tells."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what has too few digits."""
        if field.data and not 4 <= sum(sign.isdigit() for sign in field.data) <= 20:
            raise ValidationError(
                gettext("Write a phone number with its digits, for example +33 6 12 34 56 78.")
            )


class SensibleDay:
    """A day of this century or the last one."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse slips of the keyboard such as the year 0202."""
        if field.data and not EARLIEST <= field.data <= LATEST:
            raise ValidationError(gettext("Check the year of this date."))


class Number:
    """A number between two bounds, each of which may be open."""

    def __init__(self, whole: bool, lowest: float | None, highest: float | None) -> None:
        self.whole, self.lowest, self.highest = whole, lowest, highest

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what is no number, is not whole, or is out of bounds."""
        if not field.data:
            return
        number = read_number(field.data)
        if number is None or abs(number) > LARGEST:
            raise ValidationError(
                gettext("Write a whole number in digits, for example 12.") if self.whole
                else gettext("Write a number in digits, for example %(example)s.", example=number_words(2.5))
            )  # fmt: skip
        if self.whole and number != int(number):
            raise ValidationError(gettext("Write a whole number in digits, for example 12."))
        if self.lowest is not None and number < self.lowest:
            raise ValidationError(
                gettext("Write a number that is at least %(bound)s.", bound=number_words(self.lowest))
            )
        if self.highest is not None and number > self.highest:
            raise ValidationError(
                gettext("Write a number that is at most %(bound)s.", bound=number_words(self.highest))
            )


def read_number(typed: str) -> int | float | None:
    """Return the number that was typed with the comma or the point of the language being spoken; None for no number.

    The other sign is understood too where it cannot be meant to part thousands.
    """
    text = _BLANKS.sub("", typed)
    locale = _locale()
    point, group = get_decimal_symbol(locale), get_group_symbol(locale)
    other = "." if point == "," else ","
    if group == other and re.fullmatch(
        rf"[+-]?\d{{1,3}}({re.escape(other)}\d{{3}})+({re.escape(point)}\d+)?", text
    ):
        text = text.replace(other, "")
    text = text.replace(point, ".") if text.count(point) + text.count(other) == 1 else text
    text = text.replace(other, ".")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,6})?", text, re.ASCII):
        return None
    number = float(text)
    return int(number) if number == int(number) else number


def number_words(number: float) -> str:
    """Return a number as the language writes it."""
    return str(format_decimal(number, locale=_locale(), format="#,##0.######"))


def _locale() -> Locale:
    return Locale.parse(LANGUAGES[current_language()].locale)
