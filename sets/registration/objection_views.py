"""Refusing what the team entered: the page that the mail leads to, and its button. No cookie at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, make_response, redirect, render_template, url_for

from ..http import private_page
from . import objections, personal, phrases
from .keys import LinkUnknown
from .personal import Person
from .standing import Standing
from .transitions import RegistrationRefused

blueprint = Blueprint("objections", __name__)
PAGE = "/<language:lang>/my/<token>/registrations/<uuid:public_id>/objection"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.after_request
def _keep_private(response: Response) -> Response:
    return private_page(response)


@blueprint.get(PAGE)
def new_objection(token: str, public_id: UUID) -> Any:
    person, standing = _own(token, public_id)
    if not standing.is_current or not objections.is_by_team(standing.public_id):
        return redirect(url_for("learner.show_learner", token=token), 303)
    return render_template(
        "registration/new_objection.html",
        one=standing, token=token, say=phrases, erases=objections.erases(person.learner.id),
    )  # fmt: skip


@blueprint.post(PAGE)
def create_objection(token: str, public_id: UUID) -> Any:
    _person, standing = _own(token, public_id)
    if not objections.is_by_team(standing.public_id):
        abort(404)
    try:
        if objections.object_to(standing.public_id):
            return redirect(url_for("objections.show_objection"), 303)
    except RegistrationRefused as refused:
        return redirect(url_for("learner.show_learner", token=token, refused=refused.reason), 303)
    return redirect(url_for("learner.show_learner", token=token, done="cancelled"), 303)


@blueprint.get("/<language:lang>/my/refused")
def show_objection() -> str:
    return render_template("registration/show_objection.html")


def _own(token: str, public_id: UUID) -> tuple[Person, Standing]:
    try:
        person = personal.find_person(token)
    except LinkUnknown as unknown:
        page = render_template("registration/show_unknown_link.html", is_revoked=unknown.is_revoked)
        abort(private_page(make_response(page, 410 if unknown.is_revoked else 404)))
    return person, person.find(str(public_id)) or abort(404)
