"""Refusing what the team entered: the page that the mail leads to, and its button. No cookie at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, redirect, render_template, url_for

from ..http import private_blueprint
from . import objections, phrases
from .acting import ONE, back, own_standing
from .doors import person_behind
from .transitions import RegistrationRefused

blueprint = private_blueprint("objections", __name__)
PAGE = f"{ONE}/objection"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(PAGE)
def new_objection(token: str, public_id: UUID) -> Any:
    standing = own_standing(token, public_id)
    if not standing.is_current or not objections.is_by_team(standing.public_id):
        return back(token)
    return render_template(
        "registration/new_objection.html",
        one=standing, token=token, say=phrases, erases=objections.erases(person_behind(token).learner.id),
    )  # fmt: skip


@blueprint.post(PAGE)
def create_objection(token: str, public_id: UUID) -> Any:
    standing = own_standing(token, public_id)
    if not objections.is_by_team(standing.public_id):
        abort(404)
    try:
        if objections.object_to(standing.public_id):
            return redirect(url_for("objections.show_objection"), 303)
    except RegistrationRefused as refused:
        return back(token, refused=refused.reason)
    return back(token, done="left" if standing.status == "waiting" else "cancelled")


@blueprint.get("/<language:lang>/my/refused")
def show_objection() -> str:
    return render_template("registration/show_objection.html")
