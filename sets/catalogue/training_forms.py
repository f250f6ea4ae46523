"""The forms of a training: a new one, its hours and address for replies, a brochure of the team's own."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, IntegerField
from wtforms.validators import ValidationError

from ..forms import Address, AddressLine, OneOf, Required, SiteForm, TextLine
from .declarations import SLUG
from .labels import language_words
from .models import Training

LONGEST_SLUG, MOST_HOURS = 80, 999


class _Hours(IntegerField):
    """A whole number of hours; what is no number is told in our words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        self.data = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else None


class NewTrainingForm(SiteForm):
    """What a training must have before its texts are written."""

    slug = TextLine(
        _l("Short name for addresses"), [Required(_l("Give it a short name, such as social-economy."))],
        description=_l("Small letters, digits and hyphens, such as social-economy. It never changes."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    hours = _Hours(_l("Length in hours"))
    position = _Hours(
        _l("Position"), description=_l("1 is the first of the list. It also gives the training its colour.")
    )

    def __init__(self, sent: Any = None, **options: Any) -> None:
        super().__init__(sent, **options)
        self.hours.flags.required = self.position.flags.required = True

    def validate_slug(self, field: Any) -> None:
        """Refuse what no address could carry."""
        if not SLUG.fullmatch(field.data or "") or len(field.data) > LONGEST_SLUG:
            raise ValidationError(_("Take small letters without accents, digits and hyphens between them."))

    def validate_hours(self, field: Any) -> None:
        """Refuse what is no length."""
        _check_hours(field)

    def validate_position(self, field: Any) -> None:
        """Refuse what is no place in a list."""
        if field.data is None or not 0 < field.data < 1000:
            raise ValidationError(_("Write a whole number from 1 on."))


class TrainingForm(SiteForm):
    """A training's hours and its address for replies. `was_…` tell what they were when the page was opened."""

    hours = _Hours(_l("Length in hours"))
    reply_to = AddressLine(
        _l("Address for replies"),
        description=_l(
            "Who answers a mail about this training writes there. Empty: the programme’s address."
        ),
        render_kw={"autocomplete": "off"},
    )
    was_hours = HiddenField()
    was_reply_to = HiddenField()

    def __init__(self, sent: Any = None, *, training: Training) -> None:
        reply_to = training.reply_to or ""
        values = {"hours": training.hours, "reply_to": reply_to, "was_hours": str(training.hours),
                  "was_reply_to": reply_to}  # fmt: skip
        super().__init__(sent, data=values)
        self.hours.flags.required = True

    def validate_hours(self, field: Any) -> None:
        """Refuse what is no length."""
        _check_hours(field)

    def validate_reply_to(self, field: Any) -> None:
        """Refuse what is no address."""
        if field.data:
            Address()(self, field)

    def was(self) -> tuple[int, str]:
        """Return the hours and the address that the form began with."""
        hours = str(self.was_hours.data or "")
        return (int(hours) if hours.isdecimal() and len(hours) < 6 else 0), str(self.was_reply_to.data or "")


class BrochureForm(SiteForm):
    """A PDF for one language."""

    language = OneOf(_l("Language"))
    file = FileField(
        _l("File"), description=_l("A PDF of at most 10 MB, without scripts and attached files.")
    )

    def __init__(self, sent: Any = None, *, languages: tuple[str, ...]) -> None:
        super().__init__(sent)
        self.language.choices = [(code, language_words(code).capitalize()) for code in languages]
        self.language.flags.required = self.file.flags.required = True


def _check_hours(field: Any) -> None:
    if field.data is None or not 0 < field.data <= MOST_HOURS:
        raise ValidationError(_("Write a whole number of hours, from 1 to 999."))


def upload_words(reason: str) -> str:
    """Return what to do about a file that cannot be a brochure."""
    words = {
        "empty": _("Choose a PDF file."),
        "large": _("This file is larger than 10 MB. Save it again with smaller pictures."),
        "header": _("This is not a PDF file, whatever its name says. Save it as a PDF."),
        "unreadable": _("This PDF is damaged: it cannot be read to its end. Save it again."),
        "encrypted": _("This PDF asks for a password. Save it without protection."),
        "pages": _("A brochure has 1 to 200 pages."),
        "script": _("This PDF contains a script, which readers’ programs would run. Save it without."),
        "files": _("This PDF carries other files. Save it without attachments."),
        "program": _("This PDF would start a program on readers’ machines. Save it without."),
        "form": _("This PDF contains a form that sends or reads what people type. Save it as plain pages."),
        "media": _("This PDF contains films, sounds or other moving parts. Save it as plain pages."),
    }
    return words.get(reason, words["unreadable"])
