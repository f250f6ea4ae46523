"""The forms of signing in and of one's own account: Flask-Security's, in our words, and the profile."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_security import forms as fs
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.webauthn import WebAuthnRegisterForm, WebAuthnSigninForm
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from ..forms import OneOf, Required, SiteForm, TextLine
from ..languages import LANGUAGES
from ..preferences import DAILY, NEVER, WEEKLY, choice_words, preference
from .account_settings import LONGEST_PASSWORD, SHORTEST_PASSWORD

_REQUIRED = DataRequired(_l("This field is needed."))
_LENGTH = Length(max=LONGEST_PASSWORD, message=_l("At most %(max)d characters."))
_PASSPHRASE = _l(
    "%(number)s characters or more. A few words in a row are easy to remember.", number=SHORTEST_PASSWORD
)


class SignInForm(fs.LoginForm):
    """Address and password."""

    email = EmailField(
        _l("E-mail address"),
        validators=[fs.IsString(), fs.email_required, fs.EmailValidation(verify=False)],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[fs.IsString(), fs.password_required],
        render_kw={"autocomplete": "current-password"},
    )
    # Browsers stay signed in until the session ends, not longer.
    remember = None
    submit = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.password.description = ""


class ForgottenPasswordForm(FlaskForm):
    """Where a link to set a password is sent."""

    email = EmailField(
        _l("E-mail address"),
        validators=[fs.IsString(), fs.email_required, fs.EmailValidation(verify=False)],
        render_kw={"autocomplete": "username"},
    )


class NewPasswordForm(fs.ResetPasswordForm):
    """A password chosen through a link."""

    password = PasswordField(
        _l("New password"),
        description=_PASSPHRASE,
        validators=[fs.IsString(), fs.password_required, _LENGTH],
        render_kw={"autocomplete": "new-password"},
    )
    password_confirm = PasswordField(
        _l("The same password again"),
        validators=[
            fs.IsString(),
            fs.EqualToLocalize("password", message="RETYPE_PASSWORD_MISMATCH"),
            fs.password_required,
        ],
        render_kw={"autocomplete": "new-password"},
    )
    submit = None


class PasswordForm(fs.ChangePasswordForm):
    """A password changed by its owner."""

    password = PasswordField(
        _l("Present password"),
        validators=[fs.IsString(), fs.password_required],
        render_kw={"autocomplete": "current-password"},
    )
    new_password = PasswordField(
        _l("New password"),
        description=_PASSPHRASE,
        validators=[fs.IsString(), fs.password_required, _LENGTH],
        render_kw={"autocomplete": "new-password"},
    )
    new_password_confirm = PasswordField(
        _l("The same password again"),
        validators=[
            fs.IsString(),
            fs.EqualToLocalize("new_password", message="RETYPE_PASSWORD_MISMATCH"),
            fs.password_required,
        ],
        render_kw={"autocomplete": "new-password"},
    )
    submit = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not current_user.password:
            # Whoever signs in with a passkey alone has none to type; the view asks for a fresh sign-in.
            self.password.validators = []


class ConfirmationForm(fs.VerifyForm):
    """The password once more, before something that matters."""

    password = PasswordField(
        _l("Password"),
        validators=[fs.IsString(), fs.password_required],
        render_kw={"autocomplete": "current-password"},
    )
    submit = None


class CodeForm(fs.TwoFactorVerifyCodeForm):
    """The six figures of an authenticator app."""

    code = StringField(
        _l("Code of six figures"),
        validators=[fs.IsStringOrInt(), _REQUIRED],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": 10,
            "spellcheck": "false",
        },
    )
    submit = None


class SecondFactorForm(fs.TwoFactorSetupForm):
    """Turning the second factor on or off: two buttons, one field."""

    setup = RadioField(
        choices=[SelectChoice("authenticator"), SelectChoice("disable")], validate_choice=False
    )
    phone = HiddenField()
    submit = None


class NoRescueForm(fs.TwoFactorRescueForm):
    """Asks nothing: the page beside it offers the recovery codes, and there is no other way."""

    help_setup = RadioField(choices=[])
    submit = None


class RecoveryForm(MfRecoveryForm):
    """One of the recovery codes."""

    code = StringField(
        _l("Recovery code"),
        validators=[fs.IsString(), _REQUIRED],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    submit = None


class PasskeyForm(WebAuthnRegisterForm):
    """The name of a new passkey, which then signs in alone."""

    name = StringField(
        _l("Name of the passkey"),
        description=_l("So that you know it again, for example “Phone” or “Blue key”."),
        validators=[fs.IsString(), fs.RequiredLocalize(message="WEBAUTHN_NAME_REQUIRED"), Length(max=64)],
        render_kw={"autocomplete": "off", "maxlength": 64},
    )
    usage = RadioField(choices=[SelectChoice("first")], default="first", validate_choice=False)
    submit = None

    def validate(self, **kwargs: Any) -> bool:
        """Tell whether the name can be used."""
        self.usage.data = "first"
        return super().validate(**kwargs)


class PasskeySignInForm(WebAuthnSigninForm):
    """Nothing to type: the browser offers the passkeys it has."""

    remember = HiddenField()
    identity = HiddenField()
    submit = None


class ProfileForm(SiteForm):
    """Name, language and time zone of one's own account."""

    name = TextLine(
        _l("Name"),
        [Required(_l("Type your name.")), Length(max=120, message=_l("At most %(max)d characters."))],
        render_kw={"autocomplete": "name", "maxlength": 120},
    )
    language = OneOf(
        _l("Language of your pages"),
        description=_l("Learners read your messages in theirs."),
        choices=[SelectChoice(language.code, language.name) for language in LANGUAGES.values()],
        validators=[Required()],
    )
    time_zone = OneOf(_l("Time zone"), [Required()])
    digest = OneOf(
        _l("Digest by mail"),
        description=_l("In the morning: counts and links, no names. A day without news sends nothing."),
        filters=(lambda typed: typed or "",),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        words = choice_words()
        usual = _("As the settings of the site say (%(choice)s)", choice=words[preference("digest")])
        choices = [("", usual), *((often, words[often]) for often in (NEVER, DAILY, WEEKLY))]
        self.digest.choices = [SelectChoice(value, label) for value, label in choices]
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        self.time_zone.choices = [SelectChoice(zone, zone.replace("_", " ")) for zone in zones]
