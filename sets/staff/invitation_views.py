"""The door for those who were invited: a first password, or a passkey, and they are in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, after_this_request, redirect, render_template, request, url_for
from flask_security import login_user
from flask_security.utils import _view_commit

from ..database import db
from .accounts import AccountRefused
from .models import Account
from .team import accept_invitation, invited_account
from .team_forms import AcceptanceForm

# Open to whoever holds the link (guard.DOORS).
blueprint = Blueprint("invitation", __name__, url_prefix="/staff/invitation")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/<token>")
def show_invitation(token: str) -> Any:
    return _door(token, AcceptanceForm())


@blueprint.post("/<token>")
def create_acceptance(token: str) -> Any:
    form = AcceptanceForm(request.form)
    if invited_account(token) is None:
        return _door(token, form)
    if not form.validate():
        return _door(token, form, 422)
    try:
        account_id = accept_invitation(token, form.password.data or "")
    except AccountRefused:
        # Two tabs, or an administrator who took it back this moment.
        return _door(token, form)
    _let_in(db.session.get_one(Account, account_id), "password")
    return redirect(url_for("staff.show_dashboard"), 303)


@blueprint.post("/<token>/passkey")
def create_passkey(token: str) -> Any:
    account = invited_account(token)
    if account is None:
        return _door(token, AcceptanceForm())
    # The invitation opens until the passkey is stored.
    _let_in(account, "invitation")
    return redirect(url_for("security.wan_register"), 303)


def _door(token: str, form: AcceptanceForm, status: int = 200) -> Any:
    account = invited_account(token)
    page = render_template("staff/show_invitation.html", invited=account, link_token=token, form=form)
    return page, status if account else 410


def _let_in(account: Account, way: str) -> None:
    login_user(account, remember=False, authn_via=[way])
    # What its own views do after a sign-in: the session’s row is stored with the answer.
    after_this_request(_view_commit)
