"""The team's cookies: the signed one that carries a session's id, and the one that says "this browser is known".

Both exist below /staff/ only: on the public pages there is no session at all, whatever code asks for it.
"""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from .. import clock
from ..tokens import keyed_hash
from .models import Account

SESSION_COOKIE = "staff_session"
BROWSER_COOKIE = "staff_browser"
PATH = "/staff"
# A password that was right is worth so many seconds while the second factor is asked.
SECOND_FACTOR_WITHIN = 15 * 60
KNOWN_FOR = 365 * 24 * 3600
ACCOUNTS_PER_BROWSER = 4
STARTED = "tf_at"


def is_staff_path(path: str) -> bool:
    """Tell whether a path belongs to the staff area."""
    return path == PATH or path.startswith(PATH + "/")


class NoSession(dict[str, Any], SessionMixin):
    """What the public pages have instead of a session: it holds for one request and is never sent."""

    modified = False
    accessed = False


class StaffCookies(SecureCookieSessionInterface):
    """Flask's signed cookie, for the staff area only."""

    def open_session(self, app: Flask, request: Request) -> Any:
        """Return what the cookie holds; a half-done sign-in is dropped after a quarter of an hour."""
        if not is_staff_path(request.path):
            return NoSession()
        session = super().open_session(app, request)
        if session and "tf_user_id" in session:
            _drop_old_sign_in(session)
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie when it changed."""
        if isinstance(session, NoSession):
            return
        if "tf_user_id" in session:
            session.setdefault(STARTED, clock.now().timestamp())
        elif STARTED in session:
            del session[STARTED]
        super().save_session(app, session, response)


def knows_browser(cookie: str | None, account: Account) -> bool:
    """Tell whether this account signed in with this browser before."""
    browser, *marks = (cookie or "").split(":")
    return bool(browser) and _mark(browser, account) in marks


def remember_browser(response: Response, cookie: str | None, account: Account, *, secure: bool) -> Response:
    """Note in the browser that this account signed in with it; nothing about it is stored here."""
    browser, *marks = (cookie or "").split(":")
    if len(browser) != 22:
        browser, marks = secrets.token_urlsafe(16), []
    mark = _mark(browser, account)
    marks = [mark, *(other for other in marks if other != mark)][:ACCOUNTS_PER_BROWSER]
    response.set_cookie(
        BROWSER_COOKIE,
        ":".join([browser, *marks]),
        max_age=KNOWN_FOR,
        path=PATH,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _mark(browser: str, account: Account) -> str:
    return keyed_hash("staff-browser", f"{browser}\0{account.id}\0{account.create_datetime.timestamp()}")[:32]


def _drop_old_sign_in(session: MutableMapping[str, Any]) -> None:
    if clock.now().timestamp() - session.get(STARTED, 0) > SECOND_FACTOR_WITHIN:
        for key in [key for key in session if key.startswith("tf_")]:
            del session[key]
