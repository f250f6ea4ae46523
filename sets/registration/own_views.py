"""My data: what is kept of a learner, why and until when; taking it away, and having it erased."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, url_for

from ..http import private_blueprint
from ..languages import current_language
from . import erasure, personal, phrases, portrait
from .acting import PAGE
from .applying import LEARNER
from .doors import person_behind
from .models import ACTIVE

blueprint = private_blueprint("learner_data", __name__)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{PAGE}/data")
def show_data(token: str) -> str:
    person = person_behind(token)
    return render_template(
        "registration/show_data.html",
        token=token,
        kept=personal.kept_about(person),
        kept_until=personal.kept_until(person),
    )


@blueprint.get(f"{PAGE}/data.json")
def show_portrait(token: str) -> Response:
    learner = person_behind(token).learner
    portrayed = portrait.portrait_of(learner.id, current_language())
    response = make_response(json.dumps(portrayed, ensure_ascii=False, indent=2))
    response.content_type = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@blueprint.get(f"{PAGE}/erasure")
def new_erasure(token: str) -> str:
    person = person_behind(token)
    active = [one for one in person.current if one.status in ACTIVE]
    return render_template("registration/new_erasure.html", token=token, active=active, say=phrases)


@blueprint.post(f"{PAGE}/erasure")
def create_erasure(token: str) -> Any:
    erasure.erase_learner(person_behind(token).learner.public_id, actor=LEARNER)
    return redirect(url_for(".show_erasure"), 303)


@blueprint.get("/<language:lang>/my/erased")
def show_erasure() -> str:
    return render_template("registration/show_erasure.html")
