"""The pages of one's own account: profile, sign-in, sessions. Password and factors are Flask-Security's pages."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..languages import speaking
from .accounts import change_profile
from .forms import ProfileForm
from .guard import signed_in_account, staff_blueprint
from .requirement import must_set_up
from .roles import role_of, role_words
from .staff_sessions import end_every_session, end_session, open_sessions

blueprint = staff_blueprint("account", __name__, url_prefix="/staff/account")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show_account() -> Any:
    return _account_page(ProfileForm(formdata=None, obj=signed_in_account()))


@blueprint.post("/profile")
def update_profile() -> Any:
    form = ProfileForm(request.form)
    if not form.validate():
        return _account_page(form), 422
    change_profile(
        signed_in_account().id,
        name=form.name.data or "",
        language=form.language.data,
        time_zone=form.time_zone.data,
        digest=form.digest.data or "",
    )
    # In the language that was just chosen.
    with speaking(form.language.data):
        flash(_("Your profile is stored."), "done")
    return redirect(url_for(".show_account"), 303)


@blueprint.post("/sessions/<id_hash>/end")
def delete_session(id_hash: str) -> Any:
    if id_hash == g.staff_session.id_hash:
        return redirect(url_for(".show_account"), 303)
    end_session(signed_in_account().id, id_hash)
    flash(_("This browser is signed out."), "done")
    return redirect(url_for(".show_account"), 303)


@blueprint.post("/sessions/end")
def delete_sessions() -> Any:
    ended = end_every_session(signed_in_account().id, keep=g.staff_session.id_hash)
    flash(
        ngettext("One other browser is signed out.", "%(num)d other browsers are signed out.", ended)
        if ended
        else _("No other browser was signed in."),
        "done",
    )
    return redirect(url_for(".show_account"), 303)


@blueprint.get("/requirement")
def show_requirement() -> Any:
    account = signed_in_account()
    if not must_set_up(account, g.staff_session):
        return redirect(url_for("staff.show_dashboard"), 303)
    return render_template("staff/show_requirement.html", has_passkey=bool(account.webauthn))


def _account_page(form: ProfileForm) -> str:
    account = signed_in_account()
    return render_template(
        "staff/show_account.html",
        form=form,
        role=role_words(role_of(account)),
        sessions=open_sessions(account),
        this_session=g.staff_session.id_hash,
    )
