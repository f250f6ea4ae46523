"""Signing in, by Flask-Security: its settings, its forms, our sessions under it, and limits on trying.

Flask-Security's views are used as they are but for the forgotten password, whose answer takes the same time for
everybody.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import MailUtil, MfRecoveryCodesUtil, Security, Totp, WebauthnUtil
from flask_security.utils import set_request_attr
from passlib.exc import TokenError
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ..database import db
from ..http import visitor_address
from ..limiting import DatabaseStorage, is_over
from . import account_events, guard, messages
from .account_settings import settings_for
from .account_store import AccountStore
from .accounts import find_account, send_password_link
from .cookies import BROWSER_COOKIE, STARTED, StaffCookies, knows_browser
from .forms import (
    CodeForm,
    ConfirmationForm,
    ForgottenPasswordForm,
    NewPasswordForm,
    NoRescueForm,
    PasskeyForm,
    PasskeySignInForm,
    PasswordForm,
    RecoveryForm,
    SecondFactorForm,
    SignInForm,
)
from .guard import safe_next
from .models import Account
from .staff_sessions import account_signed_in

# Tries at the doors: per address a whole office may come, per account a person mistypes.
PER_ADDRESS = "60 per 10 minutes"
PER_ACCOUNT = "10 per 10 minutes"
LINKS = "3 per hour"
TRIED = {
    "security.login",
    "security.forgot_password",
    "security.reset_password",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.wan_signin_response",
    "security.verify",
    "security.change_password",
}


def init_app(app: Flask) -> None:
    """Connect Flask-Security, the sessions and the guard."""
    app.config.from_mapping(settings_for(app))
    app.session_interface = StaffCookies()
    security = Security(
        app,
        AccountStore(),
        login_form=SignInForm,
        reset_password_form=NewPasswordForm,
        change_password_form=PasswordForm,
        verify_form=ConfirmationForm,
        two_factor_verify_code_form=CodeForm,
        two_factor_setup_form=SecondFactorForm,
        two_factor_rescue_form=NoRescueForm,
        mf_recovery_form=RecoveryForm,
        wan_register_form=PasskeyForm,
        wan_signin_form=PasskeySignInForm,
        mail_util_cls=NoMail,
        totp_cls=OnceOnlyTotp,
        webauthn_util_cls=Passkeys,
        mf_recovery_codes_util_cls=RecoveryCodes,
    )
    security.want_json(lambda _request: False)
    security.unauthn_handler(lambda *_args, **_options: guard.refusal("coordinator"))
    app.view_functions["security.forgot_password"] = _forgotten_password
    _leave_public_pages_alone(app, security)
    messages.init_app(app)
    account_events.init_app(app)
    guard.init_app(app)
    app.before_request(_check_try)


class NoMail(MailUtil):
    """Flask-Security sends nothing itself: what it would tell is posted by account_events.py."""

    def send_mail(self, *_args: Any, **_options: Any) -> None:
        """Send nothing."""


class OnceOnlyTotp(Totp):
    """Codes of an authenticator app that work once (OWASP ASVS 5.0, 6.5.1)."""

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Tell whether the code is right and was not used before."""
        try:
            match = self._totp.verify(token, totp_secret, window=window)
        except (TokenError, ValueError, TypeError):
            return False
        used = DatabaseStorage().incr(f"totp:{user.id}:{match.counter}", 15 * 60)
        return used == 1


class Passkeys(WebauthnUtil):
    """Passkeys that are kept in the device and check the person, whichever device it is."""

    def origin(self) -> str:
        """Return the address that the browser sees, also behind a proxy that ends TLS."""
        base = urlsplit(current_app.config["BASE_URL"])
        return f"{base.scheme}://{base.netloc}" if request.host == base.netloc else super().origin()

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Ask for a discoverable key with a check of the person; the default refuses the ones built into laptops."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Ask for a check of the person: such a passkey is two factors in one."""
        return UserVerificationRequirement.REQUIRED


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes whose owner is told when new ones are made."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        """Make new codes in place of the old ones."""
        codes = super().create_recovery_codes(user)
        account_events.tell_change(user, "recovery_codes_made")
        return codes


def _leave_public_pages_alone(app: Flask, security: Security) -> None:
    """Take back what Flask-Security's parts hang on every request: learners have no session to look at."""
    manager: Any = security.login_manager
    manager.session_protection = None
    manager.user_loader(_load_account)
    # No sign-in by a token in the address or in a header.
    manager._request_callback = None
    app.before_request_funcs[None].remove(security.principal._on_before_request)
    app.after_request_funcs[None].remove(manager._update_remember_cookie)
    processors = app.template_context_processors[None]
    processors[:] = [one for one in processors if one.__module__ != "flask_login.utils"]


def _load_account(uniquifier: str) -> Account | None:
    found = account_signed_in(session.get(account_events.SESSION_ID))
    if found is None or found[0].fs_uniquifier != uniquifier:
        return None
    account, g.staff_session = found
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return account


def _check_try() -> Any:
    """Before Flask-Security's views: nothing but forms, a way back that is ours, and not too many tries."""
    if request.blueprint != "security":
        return None
    if request.is_json:
        abort(415)
    target = request.values.get("next")
    if target and not safe_next(target):
        return redirect(request.path, 303) if request.method == "GET" else abort(400)
    if request.method != "POST":
        return None
    # What is changed is stored by AccountStore.commit(), not on the way.
    db.session().autoflush = False
    if request.endpoint == "security.login":
        session.pop(STARTED, None)
    if request.endpoint in TRIED and (is_over(PER_ADDRESS, "door", visitor_address()) or _is_guessing()):
        abort(429)
    return None


def _is_guessing() -> bool:
    """Count the tries at one account; a browser that the person used before has a count of its own.

    So somebody else's tries never lock a person out of their usual browser (OWASP, "device cookies").
    """
    name = request.form.get("email") or session.get("tf_user_id") or session.get("_user_id") or ""
    if not name:
        return False
    cookie = request.cookies.get(BROWSER_COOKIE)
    account = find_account(name)
    browser = (cookie or "") if account and knows_browser(cookie, account) else ""
    limit = LINKS if request.endpoint == "security.forgot_password" else PER_ACCOUNT
    return is_over(limit, "account", request.endpoint or "", name.strip().lower()[:320], browser[:22])


def _forgotten_password() -> Any:
    form = ForgottenPasswordForm()
    if form.validate_on_submit():
        send_password_link(form.email.data or "")
        flash(_("If this address has an account, a message with a link is on its way."), "done")
        return redirect(url_for("security.login"), 303)
    return render_template(current_app.config["SECURITY_FORGOT_PASSWORD_TEMPLATE"], form=form)
