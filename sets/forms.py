"""What every form shares: the base form, fields that clean what is typed, validators that say what to do.

Labels and sentences are Flask-Babel's; a field shows "(optional)" unless `Required` is among its validators.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Form, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import get_translations
from wtforms.validators import StopValidation, ValidationError

from .languages import current_language

LONGEST_ADDRESS = 254
# Directional marks reorder what others read after a name (Unicode TR 36, 2.1); the byte-order mark is never meant.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"\s+")


def clean_line(text: Any) -> str:
    """Return the text on one line: NFC, single blanks, without control characters or lone surrogates."""
    return _BLANKS.sub(" ", _without_controls(text, " ")).strip()


def clean_text(text: Any) -> str:
    """Return the text with its line breaks: NFC, without other control characters or lone surrogates."""
    plain = str(text or "").replace("\r\n", "\n").replace("\r", "\n")
    lines = [_without_controls(line, " ").rstrip() for line in plain.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _without_controls(text: Any, instead: str) -> str:
    """Mail headers, PostgreSQL and UTF-8 refuse these: categories Cc, Cs, Zl and Zp."""
    plain = _TURNING.sub("", str(text or ""))
    if plain.isascii() and plain.isprintable():
        return plain
    kept = "".join(
        instead if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in plain
    )
    return unicodedata.normalize("NFC", kept)


class SiteForm(Form):
    """The ancestor of every form. Staff pages add their token themselves; public forms have none."""

    class Meta:
        """WTForms' own sentences come in the page's language too."""

        def get_translations(self, form: Any) -> Any:
            """Return WTForms' translations for the language being spoken."""
            return _translations(current_language())


@lru_cache(maxsize=16)
def _translations(language: str) -> Any:
    # WTForms looks for its files anew at each form.
    return get_translations((language,))


class TextLine(StringField):
    """One line of text, cleaned."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, filters=(clean_line,), **options)
        self.type = "StringField"  # what macros/forms.html goes by


class TextBlock(TextAreaField):
    """Several lines of text, cleaned."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, filters=(clean_text,), **options)
        self.type = "TextAreaField"


class AddressLine(EmailField):
    """An e-mail address as it was typed, without blanks around it."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, filters=(clean_line,), **options)
        self.type = "EmailField"


class OneOf(SelectField):
    """One of a list; what the list does not have is refused in words."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.type = "SelectField"

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        _refuse_unknown(self)


class OneDisc(RadioField):
    """One of a few, each with its disc; nothing chosen is nothing, not an error."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.type = "RadioField"

    def process_data(self, value: Any) -> None:
        """Keep nothing as an empty text; WTForms would make it the word "None"."""
        self.data = "" if value is None else str(value)

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        if self.data:
            _refuse_unknown(self)


class SeveralOf(SelectMultipleField):
    """Several of a list, as boxes."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.type = "SelectMultipleField"

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        if not set(_offered(self)).issuperset(self.data or ()):
            raise ValidationError(gettext("One of these choices is not in the list any more. Choose again."))


def _refuse_unknown(field: Any) -> None:
    if field.data not in _offered(field):
        raise ValidationError(gettext("This choice is not in the list any more. Choose another."))


def _offered(field: Any) -> list[Any]:
    # Without iter_choices(), which makes an object of every choice: 250 countries at each form.
    return [choice.value if isinstance(choice, SelectChoice) else choice[0] for choice in field.choices]


class Required:
    """Something must be there; the sentence says what to write."""

    field_flags = {"required": True}

    def __init__(self, message: Any = None) -> None:
        self.message = message or _l("Fill in this field.")

    def __call__(self, form: Any, field: Any) -> None:
        """Stop with the sentence when nothing is there."""
        if not field.data and field.data is not False:
            field.errors = []
            raise StopValidation(str(self.message))


class AtMost:
    """A text is no longer than so many characters; the sentence tells how many it has."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse a longer text, which stays in the field."""
        over = len(field.data or "") - self.longest
        if over > 0:
            raise ValidationError(
                ngettext(
                    "Shorten this text by %(num)d character: there is room for %(longest)d.",
                    "Shorten this text by %(num)d characters: there is room for %(longest)d.",
                    over,
                    longest=self.longest,
                )
            )


class Address:
    """An e-mail address that mail can be sent to, as far as its form tells; the sentence says what is missing."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what cannot be an address."""
        if sentence := address_fault(field.data or ""):
            raise StopValidation(sentence)


def address_fault(address: str) -> str | None:
    """Return what to correct in an address, or None; whether the domain answers is not asked."""
    local, at, domain = address.rpartition("@")
    if not at:
        return gettext("Add the “@” and what follows it, as in name@example.org.")
    if not local:
        return gettext("Write what stands before the “@”, as in name@example.org.")
    if "@" in local:
        return gettext("Keep a single “@” in the address.")
    if " " in address:
        return gettext("Write one address, without blanks.")
    if "." not in domain.strip("."):
        return gettext("The end of the address is missing, for example “.org”.")
    if len(address.encode("utf-8", "replace")) > LONGEST_ADDRESS:
        return gettext("This address is too long. Check it.")
    try:
        # Domains kept for tests are left to the mail server: it knows what it delivers.
        validate_email(
            address,
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            strict=True,
        )
    except (EmailNotValidError, ValueError):
        return gettext("Check the address: one of its characters cannot be there.")
    return None
