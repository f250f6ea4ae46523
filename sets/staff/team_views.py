"""The pages of the team's accounts, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..languages import current_language
from . import requirement, team
from .accounts import AccountRefused
from .guard import signed_in_account, staff_blueprint
from .models import ROLES
from .roles import role_may, role_words
from .staff_sessions import open_sessions
from .team_forms import InvitationForm, RequirementForm
from .team_listing import Member, member, members

blueprint = staff_blueprint("team", __name__, role="administrator", url_prefix="/staff/people")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_people() -> Any:
    return render_template(
        "staff/list_people.html",
        members=members(),
        required=requirement.choice_words(requirement.second_factor_of()),
    )


@blueprint.get("/new")
def new_invitation() -> Any:
    form = InvitationForm(language=current_language())
    return render_template("staff/new_invitation.html", form=form)


@blueprint.post("")
def create_invitation() -> Any:
    form = InvitationForm(request.form)
    if form.validate():
        try:
            account_id = team.invite(
                form.email.data or "",
                name=form.name.data or "",
                role=form.role.data,
                language=form.language.data,
            )
        except AccountRefused as refusal:
            form.email.errors = [*form.email.errors, str(refusal)]
        else:
            flash(_("The invitation is on its way."), "done")
            return redirect(url_for(".show_person", account_id=account_id), 303)
    return render_template("staff/new_invitation.html", form=form), 422


@blueprint.get("/<int:account_id>")
def show_person(account_id: int) -> Any:
    found = _found(account_id)
    return render_template(
        "staff/show_person.html",
        member=found,
        is_oneself=account_id == signed_in_account().id,
        roles=[(role, role_words(role), role_may(role)) for role in reversed(ROLES)],
        sessions=open_sessions(found.account),
    )


@blueprint.post("/<int:account_id>/invitation")
def update_invitation(account_id: int) -> Any:
    return _done(account_id, team.invite_again, _("The invitation is sent again."))


@blueprint.post("/<int:account_id>/role")
def update_role(account_id: int) -> Any:
    role, before = request.form.get("role", ""), request.form.get("before", "")
    return _done(
        account_id,
        lambda one: team.change_role(one, role=role, before=before),
        _("The role is: %(role)s.", role=role_words(role)),
    )


@blueprint.get("/<int:account_id>/withdrawal")
def new_withdrawal(account_id: int) -> Any:
    found = _found(account_id)
    return render_template(
        "staff/new_withdrawal.html", member=found, sessions=len(open_sessions(found.account))
    )


@blueprint.post("/<int:account_id>/withdrawal")
def create_withdrawal(account_id: int) -> Any:
    return _done(account_id, team.withdraw, _("Access is withdrawn."))


@blueprint.post("/<int:account_id>/restoration")
def create_restoration(account_id: int) -> Any:
    return _done(account_id, team.give_back, _("Access is given back."))


@blueprint.post("/<int:account_id>/password-link")
def create_password_link(account_id: int) -> Any:
    return _done(account_id, team.mail_password_link, _("A link to set a new password is on its way."))


@blueprint.get("/<int:account_id>/factor-reset")
def new_factor_reset(account_id: int) -> Any:
    return render_template("staff/new_factor_reset.html", member=_found(account_id))


@blueprint.post("/<int:account_id>/factor-reset")
def create_factor_reset(account_id: int) -> Any:
    return _done(account_id, team.reset_factor_of, _("The second factor is reset."))


@blueprint.post("/<int:account_id>/sessions/<id_hash>/end")
def delete_session(account_id: int, id_hash: str) -> Any:
    return _done(account_id, lambda one: team.sign_out(one, id_hash), _("This browser is signed out."))


@blueprint.post("/<int:account_id>/sessions/end")
def delete_sessions(account_id: int) -> Any:
    _found(account_id)
    try:
        ended = team.sign_out(account_id)
    except AccountRefused as refusal:
        return _refused(account_id, refusal)
    flash(ngettext("One browser is signed out.", "%(num)d browsers are signed out.", ended), "done")
    return redirect(url_for(".show_person", account_id=account_id), 303)


@blueprint.get("/second-factor")
def edit_requirement() -> Any:
    form = RequirementForm(second_factor_of=requirement.second_factor_of())
    return _requirement_page(form)


@blueprint.post("/second-factor")
def update_requirement() -> Any:
    form = RequirementForm(request.form)
    if form.validate():
        try:
            requirement.require_second_factor(
                form.second_factor_of.data,
                account_id=signed_in_account().id,
                id_hash=g.staff_session.id_hash,
            )
        except AccountRefused as refusal:
            form.second_factor_of.errors = [str(refusal)]
        else:
            flash(_("Stored."), "done")
            return redirect(url_for(".list_people"), 303)
    return _requirement_page(form), 422


def _requirement_page(form: RequirementForm) -> str:
    without = [
        one.name
        for one in members()
        if one.state == "active" and not one.account.tf_primary_method and not one.has_passkey
    ]
    return render_template("staff/edit_requirement.html", form=form, without=without)


def _found(account_id: int) -> Member:
    return (member(account_id) if account_id < 2**31 else None) or abort(404)


def _done(account_id: int, verb: Callable[[int], object], sentence: str) -> Any:
    """Do something to an account and say so on its page, or say why not."""
    _found(account_id)
    try:
        verb(account_id)
    except AccountRefused as refusal:
        return _refused(account_id, refusal)
    flash(sentence, "done")
    return redirect(url_for(".show_person", account_id=account_id), 303)


def _refused(account_id: int, refusal: AccountRefused) -> Any:
    flash(str(refusal), "error")
    return redirect(url_for(".show_person", account_id=account_id), 303)
