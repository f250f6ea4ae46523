"""Fields for days, hours and numbers that are read as people write them, and refuse in words what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from wtforms import DateField, DateTimeLocalField, FieldList, IntegerField, TimeField
from wtforms.validators import StopValidation, ValidationError

# Beyond these years a slip of the keyboard is likelier than a plan, and calendars end.
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_DIGITS = 9


class Filled:
    """Something must be typed; unlike `Required`, what was typed and could not be read keeps its own sentence."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        """Stop with the sentence when nothing was typed."""
        if not any(part.strip() for part in field.raw_data or ()):
            field.errors = []
            raise StopValidation(str(self.message))


class SecureAddress:
    """An address that is opened over TLS, or nothing."""

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what a browser would not open, or not safely."""
        if field.data and not is_secure_address(field.data):
            raise ValidationError(str(self.message))


class Day(DateField):
    """A day, as browsers send it or as people write it."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"], **options)
        self.type = "DateField"  # what macros/forms.html goes by

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; refuse in words."""
        _read(
            self,
            super().process_formdata,
            valuelist,
            _("Write the day as day/month/year, for example 31/03/2026."),
        )


class Hour(TimeField):
    """An hour of the day: 18:00, 18 h, 18h30."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        formats = ["%H:%M", "%H:%M:%S", "%Hh%M", "%Hh", "%H.%M"]
        super().__init__(label, validators, format=formats, **options)
        self.type = "TimeField"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the hour; refuse in words."""
        plain = ["".join(part.split()) for part in valuelist]
        _read(self, super().process_formdata, plain, _("Write the hour as 18:00."))


class Moment(DateTimeLocalField):
    """A day and an hour, on the clocks of a zone that the form knows."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]
        super().__init__(label, validators, format=formats, **options)
        self.type = "DateTimeLocalField"

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the moment; refuse in words."""
        sentence = _("Write the day and the hour, for example 31/03/2026 18:00.")
        _read(self, super().process_formdata, valuelist, sentence)


class Number(IntegerField):
    """A whole number; blanks between thousands are allowed."""

    def __init__(self, label: Any = None, validators: Any = None, *, message: Any, **options: Any) -> None:
        super().__init__(label, validators, **options)
        self.type = "IntegerField"
        # The field is written as text, and min and max belong to fields of numbers.
        self.flags.min = self.flags.max = False
        self.message = message

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number; refuse in words."""
        plain = ["".join(part.split()) for part in valuelist]
        # NumberRange makes a float of it, and a long one has none.
        if any(len(part) > MOST_DIGITS for part in plain):
            self.data = None
            raise ValueError(str(self.message))
        _read(self, super().process_formdata, [part for part in plain if part], str(self.message))


class Rows(FieldList):
    """A part of a form that repeats. A name that is no number is no row."""

    def __init__(self, part: Any, **options: Any) -> None:
        super().__init__(part, **options)
        self.type = "FieldList"

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        for name in formdata:
            number = name[len(prefix) + 1 :].partition("-")[0] if name.startswith(prefix + "-") else ""
            if number.isascii() and number.isdecimal() and len(number) < 4:
                yield int(number)


def is_secure_address(address: str) -> bool:
    """Tell whether this is a whole address that begins with https."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "https" and "." in (parts.hostname or "") and not set(address) & set(' \\"<>')


def exists(there: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clocks of a zone ever show that moment: they skip an hour once a year."""
    moment = there.replace(tzinfo=zone)
    return moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == there


def moment_there(there: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return the moment at which the clocks of a zone show this, in UTC."""
    return there.replace(tzinfo=zone).astimezone(UTC) if there else None


def _read(field: Any, read: Any, valuelist: list[str], sentence: str) -> None:
    if not any(part.strip() for part in valuelist):
        field.data = None
        return
    try:
        read([part.strip() for part in valuelist])
    except ValueError:
        field.data = None
        raise ValueError(sentence) from None
    if not FIRST_YEAR <= getattr(field.data, "year", FIRST_YEAR) <= LAST_YEAR:
        field.data = None
        raise ValueError(_("Check the year."))
