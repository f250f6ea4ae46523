"""What follows from signing in, changing a password or a factor: rows, mails and lines in the log.

Flask-Security tells by signals; each answer is a step of the transaction that stores the change (account_store.py).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, after_this_request, current_app, g, request, session
from flask_login import user_logged_out
from flask_security import signals
from sqlalchemy import update

from .. import clock
from ..database import db
from . import staff_sessions
from .account_store import later
from .activity import record_activity
from .cookies import BROWSER_COOKIE, knows_browser, remember_browser
from .messages import CHANGE, SIGN_IN, post_account_mail
from .models import Account, StaffSession

SESSION_ID = "sid"


def init_app(app: Flask) -> None:
    """Listen to Flask-Security."""
    for signal, answer in (
        (signals.user_authenticated, _begin_session),
        (signals.password_changed, _end_other_sessions),
        (signals.password_reset, _end_all_sessions),
        (signals.tf_profile_changed, _tell_change("second_factor_on")),
        (signals.tf_disabled, _tell_change("second_factor_off")),
        (signals.wan_registered, _take_passkey),
        (signals.wan_deleted, _tell_change("passkey_deleted")),
        (user_logged_out, _sign_out),
    ):
        # Not weakly: some answers are made here and known nowhere else.
        signal.connect(answer, app, weak=False)


def _begin_session(_app: Flask, *, user: Account, authn_via: list[str] | None = None, **_rest: Any) -> None:
    account_id, cookie = user.id, request.cookies.get(BROWSER_COOKIE)
    session_id = session[SESSION_ID] = g.new_session_id = staff_sessions.new_session_id()
    # A token that another page was given before the sign-in is worth nothing after it.
    session.pop("csrf_token", None)
    g.pop("csrf_token", None)
    agent = staff_sessions.browser_words(request.user_agent.string)
    is_known, is_change = knows_browser(cookie, user), authn_via == ["change"]
    factors = _factors(authn_via)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    after_this_request(lambda answer: remember_browser(answer, cookie, user, secure=secure))

    def step() -> None:
        is_first = not staff_sessions.has_signed_in(account_id)
        staff_sessions._start_session(account_id, session_id, agent=agent, factors=factors)
        if is_change:
            return
        record_activity("signed_in", subject_type="account", subject_id=account_id, account_id=account_id)
        if not is_known and not is_first:
            post_account_mail(user, SIGN_IN, at=clock.now().isoformat(), browser=agent)

    later(step)


def _factors(authn_via: list[str] | None) -> int:
    """Return how many factors this sign-in proves; Flask-Security names none after a code of the app."""
    if authn_via == ["change"]:
        return g.staff_session.factors
    return 2 if authn_via is None or authn_via == ["webauthn"] else 1


def _end_other_sessions(_app: Flask, *, user: Account, **_rest: Any) -> None:
    account_id, kept = user.id, g.get("new_session_id")

    def step() -> None:
        staff_sessions._end_sessions(account_id, keep=staff_sessions.session_hash(kept) if kept else None)
        _note_change(user, "password")

    later(step)


def _end_all_sessions(_app: Flask, *, user: Account, **_rest: Any) -> None:
    def step() -> None:
        staff_sessions._end_sessions(user.id)
        _note_change(user, "password")

    later(step)


def tell_change(user: Any, change: str) -> None:
    """Have a change of an account noted and mailed when it is stored; `user` may be Flask-Login's stand-in."""
    account = getattr(user, "_get_current_object", lambda: user)()
    later(lambda: _note_change(account, change))


def _tell_change(change: str) -> Any:
    return lambda _app, *, user, **_rest: tell_change(user, change)


def _take_passkey(_app: Flask, *, user: Any, **_rest: Any) -> None:
    """Note that this browser just proved a passkey; whoever was invited has a way of their own to sign in now."""
    tell_change(user, "passkey_added")
    account_id, id_hash = user.id, g.staff_session.id_hash
    later(lambda: _note_passkey(account_id, id_hash))


def _note_passkey(account_id: int, id_hash: str) -> None:
    db.session.execute(update(StaffSession).where(StaffSession.id_hash == id_hash).values(factors=2))
    db.session.execute(update(Account).where(Account.id == account_id).values(invited_until=None))


def _note_change(account: Account, change: str) -> None:
    account.update_datetime = clock.now()
    record_activity(
        f"{change}_changed" if change == "password" else change,
        subject_type="account",
        subject_id=account.id,
        account_id=account.id,
    )
    post_account_mail(account, CHANGE, change=change, at=clock.now().isoformat())


def _sign_out(_app: Flask, *, user: Any, **_rest: Any) -> None:
    session_id = session.get(SESSION_ID)
    session.clear()
    if session_id and user.is_authenticated:
        staff_sessions.end_session(user.id, staff_sessions.session_hash(session_id))
