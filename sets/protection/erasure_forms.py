"""The form that asks why somebody is erased."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..forms import OneDisc, SiteForm
from .proof_words import reason_words
from .proofs import REASONS


class ErasureForm(SiteForm):
    """One of a few reasons: no text, so that nothing about the person stays in it."""

    reason = OneDisc(_l("Why"))

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        words = reason_words()
        self.reason.choices = [SelectChoice(code, words[code]) for code in REASONS]
        self.reason.flags.required = True

    def validate_reason(self, field: Any) -> None:
        """Ask for a reason."""
        if not field.data:
            raise ValidationError(_("Choose one of these."))
