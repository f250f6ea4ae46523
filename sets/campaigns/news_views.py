"""Unsubscribing from news: a page with one button, the same for mail programs (RFC 8058), and a way back. No cookie."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, redirect, render_template, request, url_for

from ..http import private_blueprint
from ..languages import current_language
from ..registration.consents import consent_words
from ..registration.doors import refuse_link
from ..registration.keys import LinkUnknown
from . import news
from .letters import NEWS
from .news import Subscriber

blueprint = private_blueprint("news", __name__)
PAGE = "/<language:lang>/news/<token>"


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get(PAGE)
def new_unsubscription(token: str) -> str:
    return render_template(
        "campaigns/new_unsubscription.html",
        token=token,
        subscriber=_subscriber(token),
        words=consent_words(NEWS),
        is_done=request.args.get("done"),
    )


@blueprint.post(PAGE)
def create_unsubscription(token: str) -> Any:
    news.unsubscribe(_subscriber(token).learner_id)
    # A mail program that unsubscribes for its reader follows no redirect and shows no page.
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response("", 200, content_type="text/plain; charset=utf-8")
    return redirect(url_for(".new_unsubscription", token=token, done="ended"), 303)


@blueprint.post(f"{PAGE}/subscription")
def create_subscription(token: str) -> Any:
    subscriber = _subscriber(token)
    if not subscriber.is_current:
        refuse_link(LinkUnknown(is_revoked=True))
    news.subscribe(subscriber.learner_id, current_language())
    return redirect(url_for(".new_unsubscription", token=token, done="back"), 303)


def _subscriber(token: str) -> Subscriber:
    try:
        return news.find_subscriber(token)
    except LinkUnknown as unknown:
        refuse_link(unknown)
