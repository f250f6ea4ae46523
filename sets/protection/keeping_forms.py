"""The form to keep somebody longer: until when, and why."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation, ValidationError

from ..clock import now
from ..forms import OneDisc, SiteForm
from .announcing import KEEP_REASONS

# Longer than that is another decision, to be taken again.
LONGEST = timedelta(days=5 * 366)


class InRange:
    """A day that lies ahead, not too far."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse nothing, yesterday, and what nobody can foresee."""
        if field.data is None:
            field.errors = []
            raise StopValidation(_("Choose a day, written as 2027-12-31."))
        today = now().date()
        if not today < field.data <= today + LONGEST:
            raise ValidationError(_("Choose a day after today and within five years."))


class KeepingForm(SiteForm):
    """Until when, and one of a few reasons: no text, so that nothing personal is written here."""

    until = DateField(_l("Keep until"), [InRange()])
    reason = OneDisc(_l("Why"))

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        words = keep_words()
        self.reason.choices = [SelectChoice(code, words[code]) for code in KEEP_REASONS]
        self.reason.flags.required = True

    def validate_reason(self, field: Any) -> None:
        """Ask for a reason."""
        if not field.data:
            raise ValidationError(_("Choose one of these."))

    def moment(self, zone: str) -> datetime:
        """Return the end of the chosen day."""
        return datetime.combine(self.until.data, time(23, 59), ZoneInfo(zone))


def keep_words() -> dict[str, str]:
    """Return the words of the reasons."""
    return {
        "asked": _("The person asked for it"),
        "proof": _("The funder asks for proof of who took part"),
        "complaint": _("A complaint or a legal claim is open"),
    }
