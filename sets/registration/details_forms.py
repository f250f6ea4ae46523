"""The part of the registration form about the person: names, address, work, needs, consents."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField
from wtforms.fields.choices import SelectChoice

from ..dates import zone_names
from ..forms import Address, AddressLine, AtMost, OneOf, Required, SeveralOf, SiteForm, TextBlock, TextLine
from ..languages import LANGUAGES, current_language
from .codes import ORGANISATION_KINDS, SOURCES
from .consents import consent_words
from .countries import country_choices, zone_of

NEEDS_LENGTH = 2000


class DetailsForm(SiteForm):
    """Who registers. Bound to what was sent, or to nothing for an empty page."""

    first_name = TextLine(
        _l("First name"),
        [Required(_l("Write your first name.")), AtMost(120)],
        render_kw={"autocomplete": "given-name"},
    )
    last_name = TextLine(
        _l("Last name"),
        [Required(_l("Write your last name.")), AtMost(120)],
        render_kw={"autocomplete": "family-name"},
    )
    email = AddressLine(
        _l("E-mail address"),
        [Required(_l("Write your e-mail address.")), Address()],
        description=_l(
            "For the confirmation, the calendar and your personal link. One address stands for one person: "
            "colleagues register with an address each."
        ),
        render_kw={"autocomplete": "email"},
    )
    mail_language = OneOf(_l("Language of your messages"), [Required()], render_kw={"required": False})
    organisation = TextLine(_l("Organisation"), [AtMost(200)], render_kw={"autocomplete": "organization"})
    organisation_kind = OneOf(_l("Kind of organisation"))
    role = TextLine(_l("Your role"), [AtMost(120)], render_kw={"autocomplete": "organization-title"})
    country = OneOf(_l("Country"), render_kw={"autocomplete": "country"})
    needs = TextBlock(
        _l("What do you need to follow well?"),
        [AtMost(NEEDS_LENGTH)],
        description=_l(
            "Subtitles, breaks, documents in advance: say it in your words. Only the people who organise the sessions "
            "read it, and it is erased 30 days after the last meeting."
        ),
        # A blank one lets the style sheet know whether there is a text, and so whether to ask for the consent.
        render_kw={"placeholder": " "},
    )
    needs_consent = BooleanField()
    source = OneOf(_l("How did you hear of these trainings?"))
    news = BooleanField(
        description=_l("Nothing else, and a link in each message lets you stop."),
    )
    time_zone = HiddenField()
    # People never meet this one: what is in it was written by a machine.
    comment = StringField(_l("Leave this empty"))

    def __init__(self, formdata: Any = None, *, programme: Any) -> None:
        super().__init__(formdata)
        spoken = current_language()
        self.default_zone = programme.time_zone
        self.mail_language.choices = _languages(programme)
        self.news.label.text = consent_words("news")
        offer_lists(self, programme)
        if not self.mail_language.data:
            self.mail_language.data = spoken if spoken in programme.languages else programme.languages[0]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that what is said about health may be kept."""
        sound = super().validate(extra_validators)
        return has_consent(self) and sound

    def values(self) -> dict[str, Any]:
        """Return what an Application takes from here."""
        names = (
            "first_name", "last_name", "email", "mail_language", "organisation", "organisation_kind", "role",
            "country", "needs", "source",
        )  # fmt: skip
        values = {name: self[name].data or "" for name in names}
        typed = self.time_zone.data or ""
        zone = typed if typed in zone_names() else zone_of(values["country"], self.default_zone)
        return values | {
            "time_zone": zone,
            "news": bool(self.news.data),
            "needs_consent": bool(self.needs_consent.data and values["needs"]),
        }


class LanguagesForm(SiteForm):
    """In which languages someone who asks for any date could follow."""

    languages = SeveralOf(_l("For a date to come: in which languages could you follow?"))

    def __init__(self, formdata: Any = None, *, programme: Any) -> None:
        super().__init__(formdata)
        self.languages.choices = _languages(programme)
        # There is always one: the page's own, when none is ticked.
        self.languages.flags.required = True
        if not self.languages.data:
            self.languages.data = [current_language()]

    def values(self) -> tuple[str, ...]:
        """Return the languages in the site's order; the page's own when none was ticked."""
        return tuple(code for code, *_rest in self.languages.iter_choices() if code in self.languages.data)


def offer_lists(form: Any, programme: Any) -> None:
    """Give a form about a person its lists, and the words of the consent to say something about one's health."""
    partners = frozenset(partner.country for partner in programme.partners)
    form.organisation_kind.choices = _kinds(current_language())
    form.country.choices = _countries(current_language(), partners)
    form.source.choices = _sources(current_language())
    form.needs_consent.label.text = consent_words("needs")
    for field in (form.organisation_kind, form.country, form.source):
        field.data = field.data or ""


def has_consent(form: Any) -> bool:
    """Tell whether what a form says about health may be kept; else say at the box what to do."""
    if not form.needs.data or form.needs_consent.data:
        return True
    form.needs_consent.errors = [
        gettext("Tick this box so that the team may read what you need, or empty the text above it.")
    ]
    return False


def _languages(programme: Any) -> list[SelectChoice]:
    return [SelectChoice(code, LANGUAGES[code].name, {"lang": code}) for code in programme.languages]


# The same for every form in a language: kept, since 250 countries take longer to sort than a form to check.
@lru_cache(maxsize=16)
def _kinds(_language: str) -> list[SelectChoice]:
    return _with_nothing(ORGANISATION_KINDS.items())


@lru_cache(maxsize=16)
def _sources(_language: str) -> list[SelectChoice]:
    return _with_nothing(SOURCES.items())


@lru_cache(maxsize=64)
def _countries(_language: str, first: frozenset[str]) -> list[SelectChoice]:
    return _with_nothing(country_choices(first))


def _with_nothing(choices: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice("", gettext("Choose")), *(SelectChoice(code, str(words)) for code, words in choices)]
