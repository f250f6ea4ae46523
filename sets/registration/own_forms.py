"""What learners put right on their own page: their details, their answers, how and when we write to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice

from ..catalogue.planning_forms import COMMON_ZONES, CONTINENTS
from ..dates import zone_names, zone_words
from ..forms import OneOf, Required, SiteForm
from ..languages import LANGUAGES, current_language
from ..questionnaires.building import QuestionsForm
from ..questionnaires.revisiting import revisited_form
from .consents import consent_words
from .countries import sortable
from .details_forms import DetailsForm, has_consent, offer_lists
from .models import Learner

NAMES = ("first_name", "last_name", "organisation", "organisation_kind", "role", "country", "source")


class PersonForm(SiteForm):
    """The person's own details, in the fields of the registration form."""

    first_name = DetailsForm.first_name
    last_name = DetailsForm.last_name
    organisation = DetailsForm.organisation
    organisation_kind = DetailsForm.organisation_kind
    role = DetailsForm.role
    country = DetailsForm.country
    needs = DetailsForm.needs
    needs_consent = DetailsForm.needs_consent
    source = DetailsForm.source

    def __init__(
        self, formdata: Any = None, *, programme: Any, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(formdata, data=data)
        offer_lists(self, programme)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that what is said about health may be kept."""
        sound = super().validate(extra_validators)
        return has_consent(self) and sound


class OwnDetailsForm:
    """Details and general answers on one page: as they are kept, or as they were sent."""

    form_errors: tuple[str, ...] = ()

    def __init__(self, learner: Learner, *, programme: Any, sent: Any = None) -> None:
        kept: dict[str, Any] = {name: getattr(learner, name) for name in NAMES}
        kept |= {"needs": learner.need.text if learner.need else "", "needs_consent": bool(learner.need)}
        self.person = PersonForm(sent, programme=programme, data=kept)
        self.questions = answers_form(
            None, learner.form_version_id, learner.answers, sent, (sent or {}).get("form_versions")
        )

    @property
    def errors(self) -> dict[str, list[str]]:
        """Every error, by the field's id; empty while all is well."""
        return {field.id: list(field.errors) for field in self if field.errors}

    def __iter__(self) -> Iterator[Any]:
        yield from self.person
        yield from self.questions or ()

    def validate(self) -> bool:
        """Check all fields."""
        verdicts = [form.validate() for form in (self.person, self.questions) if form is not None]
        return all(verdicts)

    def details(self) -> dict[str, str]:
        """Return the columns of the person."""
        return {name: self.person[name].data or "" for name in NAMES}


class PreferencesForm(SiteForm):
    """In which language and on which clock we write, and whether about other trainings too."""

    mail_language = OneOf(_l("Language of your messages"), [Required()])
    time_zone = OneOf(
        _l("Your clock"),
        [Required()],
        description=_l("Hours are shown there too, where they differ from the session’s own."),
    )
    news = BooleanField(description=_l("Nothing else, and a link in each message lets you stop."))

    def __init__(
        self, formdata: Any = None, *, programme: Any, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(formdata, data=data)
        self.mail_language.choices = [
            SelectChoice(code, LANGUAGES[code].name, {"lang": code}) for code in programme.languages
        ]
        self.news.label.text = consent_words("news")
        if not self.time_zone.data:
            self.time_zone.data = programme.time_zone
        self.time_zone.choices = _zones_with(str(self.time_zone.data))


def answers_form(
    training_id: int | None,
    version_id: int | None,
    answers: Mapping[str, Any] | None,
    sent: Any,
    tag: str | None,
    given: Mapping[str, Any] | None = None,
) -> QuestionsForm | None:
    """Return the fields of a scope's questions with a person's answers in them; None where nothing is asked.

    `given` are their answers to the general questions, on which a training's own may depend.
    """
    asked = revisited_form(training_id, version_id, answers or {}, tag)
    return QuestionsForm(asked, current_language(), sent, answers, given=given) if asked else None


def _zones_with(chosen: str) -> list[SelectChoice]:
    """Return the zones to choose from; a browser may have told one by a name that is not among them."""
    zones = _zones(current_language())
    if chosen not in zone_names() or any(zone.value == chosen for zone in zones):
        return zones
    own = SelectChoice(chosen, _zone_label(chosen))
    return [own, *(zone for zone in zones if zone.label != own.label)]


@lru_cache(maxsize=16)
def _zones(_language: str) -> list[SelectChoice]:
    """Return each zone once: many have earlier names too, and read the same. The common ones keep theirs."""
    known = (zone for zone in sorted(zone_names()) if zone.partition("/")[0] in CONTINENTS)
    by_label: dict[str, str] = {}
    for zone in (*COMMON_ZONES, *known):
        by_label.setdefault(_zone_label(zone), zone)
    return [SelectChoice(by_label[label], label) for label in sorted(by_label, key=sortable)]


def _zone_label(zone: str) -> str:
    words = zone_words(zone)
    return words[:1].upper() + words[1:]
