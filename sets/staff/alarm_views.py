"""The page behind the mail about a new sign-in: it was not me."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, redirect, render_template, url_for

from .accounts import AccountRefused
from .alarm import alarmed_account, raise_alarm

# Open to whoever holds the link (guard.DOORS).
blueprint = Blueprint("alarm", __name__, url_prefix="/staff/alarm")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/<token>")
def new_alarm(token: str) -> Any:
    return _page(token)


@blueprint.post("/<token>")
def create_alarm(token: str) -> Any:
    try:
        link = raise_alarm(token)
    except AccountRefused:
        return _page(token)
    return redirect(url_for("security.reset_password", token=link), 303)


def _page(token: str) -> Any:
    found = alarmed_account(token)
    page = render_template("staff/new_alarm.html", is_open=found is not None, link_token=token)
    return page, 200 if found else 410
