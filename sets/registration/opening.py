"""What a form carries to be known again: its nonce, and when it was opened, signed. Neither ever refuses a person.

The nonce makes a second press harmless; the time is only a signal for those who look at held registrations.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import replace

from ..clock import now
from ..tokens import keyed_hash
from .applying import Application

_NONCE = re.compile(r"[0-9A-Za-z_-]{16,64}")


def new_nonce() -> str:
    """Return what makes a form different from every other one."""
    return secrets.token_hex(16)


def opened_now(nonce: str) -> str:
    """Return the present time, signed for that nonce."""
    seconds = str(int(now().timestamp()))
    return f"{seconds}.{_seal(nonce, seconds)}"


def seconds_open(nonce: str, opened: str) -> int | None:
    """Return for how long the form was open; None when its signed time is missing or not ours."""
    seconds, _dot, seal = opened.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 13):
        return None
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), _seal(nonce, seconds).encode()):
        return None
    return max(0, int(now().timestamp()) - int(seconds))


def known_nonce(typed: str) -> str:
    """Return the nonce that came back, or a new one when there is none worth the name."""
    return typed if _NONCE.fullmatch(typed) else new_nonce()


def seal_content(application: Application) -> Application:
    """Return the application under a nonce that says what is in it too.

    Sent twice it stays the same; sent back with a colleague's name after the browser's "back", it is another one.
    """
    digest = hashlib.sha256(repr(application).encode("utf-8", "replace")).hexdigest()
    return replace(application, form_nonce=digest)


def _seal(nonce: str, seconds: str) -> str:
    return keyed_hash("opened", f"{nonce}\0{seconds}")[:22]
