"""The form of one setting, made from its line in `preferences`."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, HiddenField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from ..catalogue.labels import lead_words
from ..forms import Address, AddressLine, AtMost, OneDisc, SeveralOf, SiteForm, TextLine
from ..preferences import ADDRESS, MONTHS, NUMBER, ONE, SEVERAL, YES, Preference, choice_words


class Between:
    """A whole number between two bounds; the sentence names them."""

    field_flags = {"required": True}

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse anything else, and keep the number."""
        typed = (field.data or "").strip()
        if not (typed.isascii() and typed.isdecimal() and self.least <= int(typed[:9]) <= self.most):
            raise ValidationError(
                _(
                    "Type a whole number from %(least)d to %(most)d.",
                    least=self.least,
                    most=self.most,
                )
            )


class AddressOrNothing:
    """An address that mail can be sent to, or nothing at all."""

    def __call__(self, form: Any, field: Any) -> None:
        """Refuse what cannot be an address."""
        if field.data:
            Address()(form, field)


def form_for(one: Preference, formdata: Any = None, value: Any = None, version: str = "") -> SiteForm:
    """Return the form of a setting: filled with what was sent, or with a value and its version."""

    class SettingForm(SiteForm):
        """One field, and the version that was looked at."""

        seen = HiddenField()

    SettingForm.value = _field(one)
    return SettingForm(formdata, data={"value": _shown(one, value), "seen": version})


def typed_value(one: Preference, form: Any) -> Any:
    """Return what a valid form says, as the setting stores it."""
    if one.kind == NUMBER:
        return int(form.value.data)
    if one.kind == YES:
        return bool(form.value.data)
    if one.kind == SEVERAL:
        return sorted((int(lead) for lead in form.value.data or ()), reverse=True)
    return form.value.data or ""


def _field(one: Preference) -> Any:
    hint = {"description": one.hint}
    if one.kind == NUMBER:
        unit = _("in months") if one.unit == MONTHS else _("in days")
        label = f"{one.label} ({unit})"
        options = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 9}
        return StringField(label, [Between(one.least, one.most)], render_kw=options, **hint)
    if one.kind == YES:
        return BooleanField(one.label, **hint)
    if one.kind == ONE:
        words = choice_words()
        return OneDisc(
            one.label,
            [_Chosen()],
            choices=[SelectChoice(choice, words[choice]) for choice in one.choices],
            **hint,
        )
    if one.kind == SEVERAL:
        leads = [SelectChoice(str(lead), lead_words(lead)) for lead in one.choices]
        return SeveralOf(one.label, choices=leads, **hint)
    if one.kind == ADDRESS:
        return AddressLine(one.label, [AddressOrNothing()], **hint)
    return TextLine(one.label, [AtMost(120)], **hint)


class _Chosen:
    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        if not field.data:
            raise ValidationError(_("Choose one of these."))


def _shown(one: Preference, value: Any) -> Any:
    if one.kind == NUMBER:
        return "" if value is None else str(value)
    return [str(lead) for lead in value or ()] if one.kind == SEVERAL else value
