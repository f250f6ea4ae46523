"""The addresses that calendars subscribe to. They are asked every few hours, so what has not changed is not sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, abort, g, make_response, request

from ..catalogue.showing import snapshot
from ..http import private_page
from . import feeds
from .calendar import content_tag
from .doors import refuse_link
from .keys import LinkUnknown

CONTENT_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"
blueprint = Blueprint("feeds", __name__)


def init_app(app: Flask) -> None:
    """Connect the addresses."""
    app.register_blueprint(blueprint)


@blueprint.get("/calendar/<token>.ics")
def show_learner_feed(token: str) -> Response:
    try:
        return private_page(_feed(feeds.learner_feed(token)))
    except LinkUnknown as unknown:
        refuse_link(unknown)


@blueprint.get("/<language:lang>/trainings/<slug>/calendar.ics")
def show_training_feed(slug: str) -> Any:
    training = snapshot().training(slug) or abort(404)
    g.cacheable = True
    response = _feed(feeds.training_feed(training))
    response.headers["Content-Disposition"] = f'inline; filename="{training.slug}.ics"'
    return response


def _feed(file: bytes) -> Response:
    response = make_response(file)
    response.content_type = CONTENT_TYPE
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(content_tag(file))
    response.make_conditional(request)
    return response
