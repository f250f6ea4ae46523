"""What Flask-Security is told: addresses of its pages, how long things last, and its sentences in our words."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l

from .. import clock
from .cookies import PATH, SESSION_COOKIE
from .messages import LINK_WITHIN
from .staff_sessions import ABSOLUTE

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128

ADDRESSES = {
    "URL_PREFIX": PATH,
    "LOGIN_URL": "/sign-in",
    "LOGOUT_URL": "/sign-out",
    "RESET_URL": "/reset",
    "CHANGE_URL": "/account/password",
    "VERIFY_URL": "/account/confirmation",
    "TWO_FACTOR_SETUP_URL": "/account/second-factor",
    "TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "TWO_FACTOR_RESCUE_URL": "/sign-in/rescue",
    "TWO_FACTOR_SELECT_URL": "/sign-in/method",
    "MULTI_FACTOR_RECOVERY_CODES_URL": "/account/recovery-codes",
    "MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
    "WAN_REGISTER_URL": "/account/passkeys",
    "WAN_DELETE_URL": "/account/passkeys/deletion",
    "WAN_SIGNIN_URL": "/sign-in/passkey",
    "WAN_VERIFY_URL": "/account/confirmation/passkey",
    "POST_LOGIN_VIEW": "/staff/",
    "POST_LOGOUT_VIEW": "/staff/sign-in",
    "POST_CHANGE_VIEW": "/staff/account",
    "POST_VERIFY_VIEW": "/staff/account",
    "POST_RESET_VIEW": "/staff/sign-in",
    "TWO_FACTOR_POST_SETUP_VIEW": "/staff/account",
    "WAN_POST_REGISTER_VIEW": "/staff/account/passkeys",
}
FEATURES = {
    "RECOVERABLE": True,
    "CHANGEABLE": True,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "MULTI_FACTOR_RECOVERY_CODES_N": 8,
    "WEBAUTHN": True,
    # Without hints a passkey must be discoverable, and nobody learns from a name typed who has an account.
    "WAN_ALLOW_USER_HINTS": False,
    "WAN_ALLOW_AS_VERIFY": ["first"],
    "RETURN_GENERIC_RESPONSES": True,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    # Our messages are rendered when they are sent.
    "EMAIL_PLAINTEXT": False,
    "EMAIL_HTML": False,
    "JOIN_USER_ROLES": False,
    "API_ENABLED_METHODS": ["session"],
    "STATIC_FOLDER": None,
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    # Only hashes of passwords are hashed again, for links: they need no slow function.
    "HASHING_SCHEMES": ["hex_sha256"],
    "PASSWORD_HASH": "argon2",
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_LENGTH_MIN": SHORTEST_PASSWORD,
    "PASSWORD_NORMALIZE_FORM": "NFKC",
    "RESET_PASSWORD_WITHIN": LINK_WITHIN,
    "FRESHNESS": timedelta(minutes=30),
    "FRESHNESS_GRACE_PERIOD": timedelta(minutes=15),
    "DATETIME_FACTORY": clock.now,
}
SENTENCES = {
    "UNAUTHENTICATED": (_l("Sign in to see this page."), "error"),
    "REAUTHENTICATION_REQUIRED": (_l("Please confirm that it is you."), "error"),
    "REAUTHENTICATION_SUCCESSFUL": (_l("Thank you, it is you."), "success"),
    "GENERIC_AUTHN_FAILED": (_l("The address or the password is not right."), "error"),
    "EMAIL_NOT_PROVIDED": (_l("Type your e-mail address."), "error"),
    "INVALID_EMAIL_ADDRESS": (_l("This address is not complete, for example name@example.org."), "error"),
    "PASSWORD_NOT_PROVIDED": (_l("Type your password."), "error"),
    "INVALID_PASSWORD": (_l("This is not your password."), "error"),
    "PASSWORD_INVALID_LENGTH": (_l("A password has %(length)s characters or more."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (_l("The two passwords differ."), "error"),
    "PASSWORD_MISMATCH": (_l("The two passwords differ."), "error"),
    "PASSWORD_IS_THE_SAME": (_l("The new password is the old one."), "error"),
    "PASSWORD_CHANGE": (_l("Your password is changed. Your other browsers are signed out."), "success"),
    "PASSWORD_RESET_NO_LOGIN": (_l("Your password is set. You can sign in."), "success"),
    "PASSWORD_RESET_EXPIRED": (_l("This link has expired. Ask for a new one."), "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (_l("This link no longer works. Ask for a new one."), "error"),
    "TWO_FACTOR_INVALID_TOKEN": (_l("This code is not right, or was used already."), "error"),
    "INVALID_CODE": (_l("This code is not right, or was used already."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (_l("You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (
        _l("Your second factor is on. Keep recovery codes in a safe place."),
        "success",
    ),
    "TWO_FACTOR_PERMISSION_DENIED": (_l("Please sign in again."), "error"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (_l("Choose what you want to do."), "error"),
    "TWO_FACTOR_DISABLED": (_l("Your second factor is off."), "success"),
    "TWO_FACTOR_SETUP_EXPIRED": (_l("This took too long. Please begin again."), "error"),
    "INVALID_RECOVERY_CODE": (_l("This recovery code is not right, or was used already."), "error"),
    "NO_RECOVERY_CODES_SETUP": (_l("You have no recovery codes yet."), "info"),
    "WEBAUTHN_EXPIRED": (_l("This took too long. Please begin again."), "error"),
    "WEBAUTHN_NAME_REQUIRED": (_l("Give this passkey a name."), "error"),
    "WEBAUTHN_NAME_INUSE": (_l("You already have a passkey of this name."), "error"),
    "WEBAUTHN_NAME_NOT_FOUND": (_l("You have no passkey of this name."), "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (_l("Use letters, figures, blanks and dashes only."), "error"),
    "WEBAUTHN_CREDENTIAL_DELETED": (_l("The passkey “%(name)s” is deleted."), "success"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": (_l("The passkey “%(name)s” is ready."), "success"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": (_l("This passkey is already in use."), "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": (_l("This passkey is not known here."), "error"),
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": (_l("This passkey is not known here."), "error"),
    "WEBAUTHN_NO_VERIFY": (_l("This passkey could not be checked. Try again."), "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": (_l("This passkey is not known here."), "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": (_l("This passkey is not known here."), "error"),
    "DISABLED_ACCOUNT": (_l("This passkey is not known here."), "error"),
    "INVALID_INPUT": (_l("This cannot be read. Please type it again."), "error"),
    "INVALID_INPUT_LENGTH": (_l("At most %(length)s characters."), "error"),
    "API_ERROR": (_l("Something was lost on the way. Please begin again."), "error"),
}


def settings_for(app: Flask) -> dict[str, Any]:
    """Return Flask's and Flask-Security's settings for this site; what they need of secrets derives from its key."""
    values: dict[str, Any] = {f"SECURITY_{name}": value for name, value in (ADDRESSES | FEATURES).items()}
    values |= {f"SECURITY_MSG_{name}": value for name, value in SENTENCES.items()}
    issuer = app.config["BASE_URL"].partition("//")[2] or "SETS"
    return values | {
        "SECURITY_TOTP_SECRETS": {"1": _derived(app, "totp").hex()},
        "SECURITY_TOTP_ISSUER": issuer.replace(":", " "),
        "SECURITY_WAN_RP_NAME": issuer,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(_derived(app, "recovery"))],
        "SESSION_COOKIE_NAME": SESSION_COOKIE,
        "SESSION_COOKIE_PATH": PATH,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": app.config["BASE_URL"].startswith("https://"),
        "PERMANENT_SESSION_LIFETIME": ABSOLUTE,
    }


def _derived(app: Flask, purpose: str) -> bytes:
    return hmac.new(app.config["SECRET_KEY"].encode(), f"staff\0{purpose}".encode(), hashlib.sha256).digest()
