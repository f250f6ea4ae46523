"""The forms of the team's accounts: an invitation, its acceptance, who needs a second factor."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, Length

from ..forms import Address, AddressLine, AtMost, OneDisc, OneOf, Required, SiteForm, TextLine
from ..languages import LANGUAGES
from .account_settings import LONGEST_PASSWORD, SHORTEST_PASSWORD
from .models import ROLES
from .requirement import CHOICES, choice_words
from .roles import role_may, role_words


class InvitationForm(SiteForm):
    """Who is invited, as what, and in which language."""

    email = AddressLine(
        _l("E-mail address"),
        [Required(_l("Type the address of your colleague.")), Address()],
        render_kw={"autocomplete": "off"},
    )
    name = TextLine(
        _l("Name"),
        [Required(_l("Type the name of your colleague.")), AtMost(120)],
        description=_l("As it shall stand in lists and in the activity log."),
        render_kw={"autocomplete": "off"},
    )
    role = OneDisc(_l("Role in the team"), [Required(_l("Choose what your colleague may do."))])
    language = OneOf(
        _l("Language of the invitation and of their pages"),
        [Required()],
        choices=[SelectChoice(language.code, language.name) for language in LANGUAGES.values()],
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        # From the least to the most, so that nobody is made an administrator for being first in the list.
        self.role.choices = [
            SelectChoice(role, _("%(term)s: %(value)s", term=role_words(role), value=role_may(role)))
            for role in reversed(ROLES)
        ]


class AcceptanceForm(SiteForm):
    """The first password of somebody who was invited."""

    password = PasswordField(
        _l("Password"),
        [
            Required(_l("Type a password.")),
            Length(
                min=SHORTEST_PASSWORD,
                max=LONGEST_PASSWORD,
                message=_l("A password has %(min)d to %(max)d characters."),
            ),
        ],
        description=_l(
            "%(number)s characters or more. A few words in a row are easy to remember.",
            number=SHORTEST_PASSWORD,
        ),
        render_kw={"autocomplete": "new-password"},
    )
    password_confirm = PasswordField(
        _l("The same password again"),
        [
            Required(_l("Type it a second time.")),
            EqualTo("password", message=_l("The two passwords differ.")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class RequirementForm(SiteForm):
    """Who needs a second factor."""

    second_factor_of = OneDisc(_l("Who needs a second factor"), [Required(_l("Choose one."))])

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.second_factor_of.choices = [SelectChoice(one, choice_words(one)) for one in CHOICES]
