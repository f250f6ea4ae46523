"""The form by which the team registers somebody: the public form's own fields, said of another person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice

from ..forms import Address, AddressLine, AtMost, OneDisc, OneOf, Required, SeveralOf, TextLine
from ..languages import LANGUAGES, current_language
from .adding import ANOTHER
from .adding_choices import Door, DoorGroup
from .applying import Application, Choice
from .details_forms import DetailsForm
from .models import Learner
from .transitions import RegistrationRefused
from .typos import likely_address
from .wording import refusal_words

# The order of the page, which is the order of the list of errors.
ORDER = (
    "place", "languages", "first_name", "last_name", "email", "person", "mail_language", "organisation",
    "organisation_kind", "role", "country", "silent",
)  # fmt: skip


class PersonForm(DetailsForm):
    """Somebody whom the team registers, for one training. Consents are not asked: they are the person's to give."""

    place = OneDisc(_l("Training and date"), [Required(_l("Choose a training and a date."))])
    languages = SeveralOf(_l("For any date: in which languages could they follow?"))
    first_name = TextLine(_l("First name"), [Required(_l("Write the first name.")), AtMost(120)])
    last_name = TextLine(_l("Last name"), [Required(_l("Write the last name.")), AtMost(120)])
    email = AddressLine(
        _l("E-mail address"),
        [Required(_l("Write the e-mail address.")), Address()],
        description=_l("Their own: the confirmation and their personal link go there."),
    )
    person = OneDisc(_l("This address is known. Whose is it?"))
    mail_language = OneOf(
        _l("Language of their messages"), [Required(_l("Choose the language of their messages."))]
    )
    organisation = TextLine(_l("Organisation"), [AtMost(200)])
    role = TextLine(_l("Their role"), [AtMost(120)])
    country = OneOf(_l("Country"))
    silent = BooleanField(
        _l("Do not mail this person now"),
        description=_l("They are not told that you registered them. The record says that you chose so."),
    )

    def __init__(
        self, formdata: Any = None, *, programme: Any, groups: Iterable[DoorGroup], known: Iterable[Learner] = (),
        place: str = "",
    ) -> None:  # fmt: skip
        super().__init__(formdata, programme=programme)
        self.groups, self.known = list(groups), list(known)
        self._doors: dict[str, tuple[DoorGroup, Door]] = {
            door.value: (group, door) for group in self.groups for door in group.doors
        }
        self.place.choices = [(value, door.title) for value, (_group, door) in self._doors.items()]
        if formdata is None and place in self._doors:
            self.place.data = place
        languages = [SelectChoice(code, LANGUAGES[code].name, {"lang": code}) for code in programme.languages]
        self.languages.choices = languages
        self.mail_language.choices = [SelectChoice("", _("Choose")), *languages]
        # Nobody's language is the one of whoever fills in this form.
        self.mail_language.data = formdata.get("mail_language", "") if formdata else self._likely_language()
        self.person.choices = [(one.public_id, _known_words(one)) for one in self.known]
        self.person.choices += [(ANOTHER, _("Another person at this address"))]
        self.person.flags.required = True
        # What only the person can say is not asked; it stays in the form, empty.
        self.needs.data = self.source.data = ""
        self.news.data = self.needs_consent.data = False
        self._fields = {name: self._fields[name] for name in (*ORDER, *self._fields)}

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that a known address has its person."""
        super().validate(extra_validators)
        if self.chosen_person:
            # Their stored details stand: none has to be typed again.
            for name in ("first_name", "last_name", "mail_language"):
                self[name].errors = []
        elif self.known and not self.person.data and not self.email.errors:
            self.person.errors = [_("Say whether it is the same person.")]
        return not any(field.errors for field in self)

    @property
    def chosen_person(self) -> Learner | None:
        """The person whom we know, when the form says that it is them."""
        return next((one for one in self.known if one.public_id == self.person.data), None)

    @property
    def likely_address(self) -> str | None:
        """The address that was probably meant, when the one typed looks like a slip."""
        return None if self.email.errors else likely_address(self.email.data or "")

    @property
    def training_id(self) -> int:
        """The training that was chosen, on a valid form."""
        return self._doors[str(self.place.data)][0].training.id

    def refuse(self, refusal: RegistrationRefused) -> None:
        """Show a refusal of the workflow where it belongs."""
        field = self.person if refusal.reason == "address_known" else self.place
        field.errors = [refusal_words(refusal)]

    def application(self) -> Application:
        """Return what the use case takes; to be called on a valid form."""
        _group, door = self._doors[str(self.place.data)]
        person = self.chosen_person
        read = self.languages.data or [person.language if person else self.mail_language.data]
        choice = Choice(
            training_id=self.training_id,
            session_id=door.session.id if door.session else None,
            languages=() if door.session else tuple(code for code in LANGUAGES if code in read),
        )
        return Application(
            form_nonce=uuid.uuid4().hex,
            page_language=current_language(),
            choices=(choice,),
            **self.values(),
        )

    def _likely_language(self) -> str:
        session = self._doors[str(self.place.data)][1].session if self.place.data in self._doors else None
        return session.language if session else ""


def _known_words(learner: Learner) -> str:
    return ", ".join(part for part in (learner.full_name, learner.organisation) if part)
