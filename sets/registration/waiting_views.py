"""Where somebody who waits for a date answers that they still do. A GET shows the button, the POST acts."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, redirect, render_template, url_for

from ..http import private_blueprint
from . import phrases, renewals
from .doors import person_behind
from .transitions import RegistrationRefused

blueprint = private_blueprint("waiting", __name__)
RENEWAL = "/<language:lang>/my/<token>/registrations/<uuid:public_id>/renewal"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(RENEWAL)
def new_renewal(token: str, public_id: Any) -> Any:
    one = person_behind(token).find(str(public_id)) or abort(404)
    if not (one.is_any_date and one.is_current):
        return redirect(url_for("learner.show_learner", token=token, refused="no_transition"), 303)
    return render_template("registration/new_renewal.html", one=one, token=token, say=phrases)


@blueprint.post(RENEWAL)
def create_renewal(token: str, public_id: Any) -> Any:
    one = person_behind(token).find(str(public_id)) or abort(404)
    try:
        renewals.renew(one.public_id)
    except RegistrationRefused as refused:
        return redirect(url_for("learner.show_learner", token=token, refused=refused.reason), 303)
    return redirect(url_for(".show_renewal", token=token, public_id=public_id), 303)


@blueprint.get(f"{RENEWAL}/done")
def show_renewal(token: str, public_id: Any) -> str:
    _one = person_behind(token).find(str(public_id)) or abort(404)
    return render_template("registration/show_renewal.html", token=token)
