"""Who may open what below /staff/: refused by default, opened by `staff_blueprint` or by the list of doors here.

Also what every staff page is given: the account, its menu, the notices, the language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from ..dates import zone_words
from ..http import private_page
from ..languages import LANGUAGES, preferred_language
from .cookies import is_staff_path
from .models import ROLES, Account
from .notices import staff_notices
from .requirement import must_set_up
from .roles import has_role
from .staff_sessions import note_seen

# The doors: what somebody who is not signed in may open.
DOORS = {
    "security.login",
    "security.logout",
    "security.forgot_password",
    "security.reset_password",
    "security.two_factor_token_validation",
    "security.mf_recovery",
    "security.wan_signin",
    "security.wan_signin_response",
    # Whoever holds the link of an invitation.
    "invitation.show_invitation",
    "invitation.create_acceptance",
    "invitation.create_passkey",
    # Or of the mail about a sign-in.
    "alarm.new_alarm",
    "alarm.create_alarm",
}
# What somebody who must set up a second factor first can open.
SETTING_UP = {
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.wan_register",
    "security.wan_register_response",
    "security.verify",
    "security.wan_verify",
    "security.wan_verify_response",
    "account.show_requirement",
}
# Pages of Flask-Security that this site does without.
WALLED_UP = {"security.two_factor_rescue", "security.tf_select"}
# One's own account: any role opens it.
OWN = {"security"}


@dataclass(frozen=True)
class MenuPage:
    """A page of the menu, for those who hold the role or one that contains it."""

    url: str
    label: Callable[[], str]
    role: str = "coordinator"


# Each entry of the menu with its pages: the first one that somebody may open stands for the entry, and where there are
# several they are named below it.
MENU: tuple[tuple[Callable[[], str], tuple[MenuPage, ...]], ...] = (
    (lambda: _("Dashboard"), (MenuPage("/staff/", lambda: _("Dashboard")),)),
    (lambda: _("Sessions"), (MenuPage("/staff/sessions", lambda: _("Sessions")),)),
    (
        lambda: _("Registrations"),
        (
            MenuPage("/staff/registrations", lambda: _("Registrations")),
            MenuPage("/staff/imports", lambda: _("Imports"), "organiser"),
            MenuPage("/staff/exports", lambda: _("Exports")),
            MenuPage("/staff/duplicates", lambda: _("Duplicates"), "organiser"),
            MenuPage("/staff/registrations/tags", lambda: _("Tags")),
        ),
    ),
    (lambda: _("Campaigns"), (MenuPage("/staff/campaigns", lambda: _("Campaigns")),)),
    (lambda: _("Messages"), (MenuPage("/staff/outbox", lambda: _("Messages")),)),
    (lambda: _("Figures"), (MenuPage("/staff/figures", lambda: _("Figures")),)),
    (
        lambda: _("Trainings"),
        (
            MenuPage("/staff/trainings", lambda: _("Trainings"), "organiser"),
            MenuPage("/staff/pages", lambda: _("Pages"), "organiser"),
            MenuPage("/staff/questions", lambda: _("Questions"), "organiser"),
        ),
    ),
    (
        lambda: _("Settings"),
        (
            MenuPage("/staff/settings", lambda: _("Settings"), "administrator"),
            MenuPage("/staff/people", lambda: _("People"), "administrator"),
            MenuPage("/staff/activity", lambda: _("Activity"), "administrator"),
            MenuPage("/staff/privacy", lambda: _("Personal data"), "organiser"),
            MenuPage("/staff/erasures", lambda: _("Erase on request"), "organiser"),
        ),
    ),
)


def init_app(app: Flask) -> None:
    """Guard everything below /staff/, and give its pages what they all show."""
    before = app.before_request_funcs.setdefault(None, [])
    # The language first, so that every refusal is in it; the guard after the check of tokens (sets/extensions.py).
    before[:0] = [_speak_the_readers_language, _open_the_door_again]
    app.before_request(_refuse_by_default)
    app.context_processor(_staff_context)
    app.after_request(_keep_private)


def staff_blueprint(
    name: str, import_name: str, *, role: str = "coordinator", url_prefix: str = "/staff", **options: Any
) -> Blueprint:
    """Return a blueprint whose every view asks for a signed-in account of that role (or one that contains it).

    `url_prefix` stands below /staff. Single views ask for more with `needs_role`.
    """
    if role not in ROLES:
        raise ValueError(f"{role!r} is not a role: {', '.join(ROLES)}.")
    if not is_staff_path(url_prefix):
        raise ValueError(f"{url_prefix!r} is not below /staff.")
    blueprint = Blueprint(name, import_name, url_prefix=url_prefix, **options)
    blueprint.staff_role = role  # type: ignore[attr-defined]
    blueprint.before_request(lambda: refusal(role))
    return blueprint


def needs_role(role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Ask for a role on one view of a blueprint that is open to more."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **values: Any) -> Any:
            return refusal(role) or view(*args, **values)

        guarded.needed_role = role  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in_account() -> Account:
    """Return the account that opened this page; the guard has seen to it that there is one."""
    account: Any = current_user._get_current_object()
    return account


def safe_next(target: str | None) -> str:
    """Return a local address below /staff that may be gone back to, or ""."""
    target = (target or "").removeprefix(request.host_url.rstrip("/"))
    if not target or "\\" in target or "//" in target or any(ord(sign) < 33 for sign in target):
        return ""
    try:
        parts = urlsplit(target)
    except ValueError:
        return ""
    return target if not parts.scheme and not parts.netloc and is_staff_path(parts.path) else ""


def _speak_the_readers_language() -> None:
    if not is_staff_path(request.path):
        return
    g.lang = preferred_language(request)
    if current_user.is_authenticated:
        g.account_id = current_user.id
        g.zone = current_user.time_zone
        if current_user.language in LANGUAGES:
            g.lang = current_user.language


def _open_the_door_again() -> Any:
    """Answer a form of the door whose cookie is gone (the browser was closed meanwhile) with a new one."""
    if (
        request.method == "POST"
        and request.endpoint in DOORS - {"security.logout"}
        and "csrf_token" not in session
    ):
        flash(_("This page had been open for too long. Please try again."), "error")
        back = {"invitation": "invitation.show_invitation", "alarm": "alarm.new_alarm"}.get(
            request.blueprint or ""
        )
        if back:
            return redirect(url_for(back, token=(request.view_args or {})["token"]), 303)
        return redirect(url_for("security.login"), 303)
    return None


def _refuse_by_default() -> Any:
    """Refuse whatever is not known to be open, so that a blueprint made without `staff_blueprint` is closed."""
    if not is_staff_path(request.path):
        return None
    if request.endpoint in WALLED_UP:
        abort(404)
    if request.endpoint in DOORS:
        return None
    name = request.blueprint
    blueprint: Any = current_app.blueprints.get(name or "")
    role = "coordinator" if name in OWN or name is None else getattr(blueprint, "staff_role", "administrator")
    if (answer := refusal(role)) is not None:
        return answer
    if request.endpoint not in SETTING_UP and must_set_up(signed_in_account(), g.staff_session):
        return redirect(url_for("account.show_requirement"), 303)
    note_seen(g.staff_session)
    return None


def refusal(role: str) -> Any:
    """Return an answer for somebody who may not come in, or None; the wrong role is a 403."""
    if not current_user.is_authenticated:
        if request.method in ("GET", "HEAD"):
            here = request.full_path.rstrip("?")
        else:
            flash(
                _("You were signed out. Sign in, then go back: what you typed is still in your browser."),
                "error",
            )
            here = ""
        return redirect(url_for("security.login", next=safe_next(here) or None), 303)
    if not has_role(signed_in_account(), role):
        abort(403)
    return None


def _staff_context() -> dict[str, Any]:
    if not is_staff_path(request.path) or not current_user.is_authenticated:
        return {}
    account = signed_in_account()
    if must_set_up(account, g.staff_session):
        return {"account": account}
    menu, beside = _menus(account)
    return {
        "account": account,
        "account_name": Markup('<a class="link" href="{}">{}</a>').format(
            url_for("account.show_account"), account.name or account.email
        ),
        "staff_menu": menu,
        "staff_submenu": beside,
        "staff_notices": staff_notices(),
        "staff_zone": _("Hours shown: %(zone)s.", zone=zone_words(account.time_zone)),
        "is_administrator": has_role(account, "administrator"),
        "is_organiser": has_role(account, "organiser"),
    }


def _menus(account: Account) -> tuple[list[tuple[str, str, bool]], list[tuple[str, str, bool]]]:
    """Return the entries of the menu, and the pages of the present entry where it has several."""
    entries = [(label(), [page for page in pages if has_role(account, page.role)]) for label, pages in MENU]
    current = _current_page([page for _label, pages in entries for page in pages])
    menu, beside = [], []
    for label, pages in entries:
        is_here = current in pages
        if pages:
            menu.append((pages[0].url, label, is_here))
        if is_here and len(pages) > 1:
            beside = [(page.url, page.label(), page is current) for page in pages]
    return menu, beside


def _current_page(pages: list[MenuPage]) -> MenuPage | None:
    here = request.path.rstrip("/") + "/"
    fits = [page for page in pages if here.startswith(page.url.rstrip("/") + "/")]
    nearest = max(fits, key=lambda page: len(page.url), default=None)
    return nearest if nearest and (nearest.url != "/staff/" or here == "/staff/") else None


def _keep_private(response: Any) -> Any:
    return private_page(response) if is_staff_path(request.path) else response
