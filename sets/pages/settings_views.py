"""The pages of settings: what stands, one to change, and what a shorter period would remove."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from .. import clock
from ..catalogue.labels import lead_words
from ..dates import date_words
from ..preferences import GROUPS, NUMBER, PREFERENCES, Preference, value_words
from ..protection.shortening import NOTICE, going_words, is_shorter, would_go
from ..staff.activity_listing import name_subjects, name_verbs
from ..staff.guard import signed_in_account, staff_blueprint
from .settings import SettingStale, Shown, change_setting, read_setting, read_settings
from .settings_forms import form_for, typed_value

blueprint = staff_blueprint("settings", __name__, role="administrator", url_prefix="/staff/settings")
# Where else people change what could stand here, if the page is there: address and words.
ELSEWHERE = (
    ("/staff/trainings", lambda: _("Address for replies of one training: on the page of the training")),
    ("/staff/pages", lambda: _("Texts of the privacy notice and of the other pages")),
    ("/staff/people", lambda: _("Colleagues, their roles, and whether a second factor is asked for")),
    ("/staff/privacy", lambda: _("What is removed soon, what people agreed to, the record of processing")),
)


def init_app(app: Flask) -> None:
    """Connect the pages, and tell the log the words."""
    app.register_blueprint(blueprint)
    name_verbs({"setting_changed": _l("Changed a setting")})
    name_subjects("setting", _name_settings)


@blueprint.get("")
def list_settings() -> str:
    """Show every setting with its value."""
    rows = read_settings()
    groups = [
        (words, [row for row in rows if row.preference.group == name]) for name, words in GROUPS.items()
    ]
    known = {rule.rule for rule in current_app.url_map.iter_rules()}
    elsewhere = [(url, words()) for url, words in ELSEWHERE if url in known]
    return render_template(
        "pages/list_settings.html", groups=groups, elsewhere=elsewhere, words=_words,
        zone=signed_in_account().time_zone,
    )  # fmt: skip


@blueprint.get("/<key>")
def edit_setting(key: str) -> str:
    """Show one setting with its field."""
    shown = _found(key)
    value = shown.value if shown.ahead is None else shown.ahead
    return _setting_page(shown, form_for(shown.preference, None, value, shown.version))


@blueprint.post("/<key>")
def update_setting(key: str) -> Any:
    """Store what was typed; a shorter period is asked about first."""
    shown = _found(key)
    form: Any = form_for(shown.preference, request.form)
    is_default = "default" in request.form
    if not is_default and not form.validate():
        return _setting_page(shown, form), 422
    value = shown.preference.default if is_default else typed_value(shown.preference, form)
    if is_shorter(key, value):
        return redirect(url_for(".new_shortening", key=key, value=value), 303)
    try:
        change_setting(key, None if is_default else value, seen=form.seen.data or "")
    except SettingStale:
        return _setting_page(_found(key), form, is_stale=True), 409
    flash(_("The setting is stored."), "done")
    return redirect(url_for(".list_settings"), 303)


@blueprint.get("/<key>/shortening")
def new_shortening(key: str) -> Any:
    """Say what a shorter period would remove, and when."""
    shown, number = _shorter(key, request.args.get("value", type=int))
    if number is None:
        return redirect(url_for(".edit_setting", key=key), 303)
    starts_at = clock.now() + NOTICE
    return render_template(
        "pages/new_shortening.html",
        shown=shown, number=number, words=_words, starts_at=starts_at, zone=signed_in_account().time_zone,
        going=going_words(key, would_go(key, number, starts_at)),
    )  # fmt: skip


@blueprint.post("/<key>/shortening")
def create_shortening(key: str) -> Any:
    """Have the shorter period begin after the week in which it is announced."""
    shown, number = _shorter(key, request.form.get("value", type=int))
    if number is None:
        return redirect(url_for(".edit_setting", key=key), 303)
    try:
        starts_at = change_setting(key, number, seen=request.form.get("seen", ""))
    except SettingStale:
        return _setting_page(_found(key), form_for(shown.preference, None, number), is_stale=True), 409
    if starts_at:
        day = date_words(starts_at, signed_in_account().time_zone)
        flash(_("The shorter period begins on %(day)s.", day=day), "done")
    return redirect(url_for(".list_settings"), 303)


def _found(key: str) -> Shown:
    return read_setting(key) if key in PREFERENCES else abort(404)


def _shorter(key: str, number: int | None) -> tuple[Shown, int | None]:
    shown = _found(key)
    one = shown.preference
    is_number = one.kind == NUMBER and one.accepts(number)
    return shown, number if is_number and is_shorter(key, number) else None


def _setting_page(shown: Shown, form: Any, *, is_stale: bool = False) -> str:
    if is_stale:
        form.seen.data = shown.version
    return render_template(
        "pages/edit_setting.html",
        shown=shown, form=form, is_stale=is_stale, words=_words, zone=signed_in_account().time_zone,
    )  # fmt: skip


def _words(one: Preference, value: Any) -> str:
    return value_words(one, value, lead_words)


def _name_settings(ids: Any) -> dict[str, tuple[str, str]]:
    known = [key for key in ids if key in PREFERENCES]
    return {key: (str(PREFERENCES[key].label), url_for("settings.edit_setting", key=key)) for key in known}
