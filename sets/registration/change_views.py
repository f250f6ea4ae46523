"""A learner takes a place back that they gave up, or changes to another date. A GET asks, the POST acts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, redirect, render_template, request, url_for

from ..http import private_blueprint
from . import changing, phrases, workflow
from .acting import ONE, act, back, own_standing
from .applying import LEARNER
from .doors import person_behind
from .models import Status
from .transitions import REFUSALS, RegistrationRefused

blueprint = private_blueprint("learner_changes", __name__)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.post(f"{ONE}/restoration")
def create_restoration(token: str, public_id: Any) -> Any:
    standing = own_standing(token, public_id)
    waits = standing.is_any_date or request.form.get("wait") == "yes"

    def restore() -> str:
        status = workflow.restore(standing.public_id, actor=LEARNER, only_if_free=not waits)
        return "" if status == Status.CONFIRMED else str(status)

    def refused(refusal: RegistrationRefused) -> Any:
        lost = {"lost": standing.public_id} if refusal.reason == "no_place" else {}
        return back(token, refused=refusal.reason, **lost)

    return act(token, "restored", restore, refused=refused)


@blueprint.get(f"{ONE}/change")
def new_change(token: str, public_id: Any) -> Any:
    person = person_behind(token)
    standing = own_standing(token, public_id)
    if not changing.can_change(standing):
        return back(token, refused="no_transition")
    full = request.args.get("full", "")
    return render_template(
        "registration/new_change.html",
        one=standing,
        token=token,
        say=phrases,
        dates=changing.other_dates(person, standing, full=full),
        refusal=REFUSALS.get(request.args.get("refused", "")),
    )


@blueprint.post(f"{ONE}/change")
def create_change(token: str, public_id: Any) -> Any:
    standing, session = own_standing(token, public_id), _session_asked_for()
    return act(
        token,
        "moved",
        lambda: workflow.move(standing.public_id, session, actor=LEARNER) and "",
        refused=lambda refusal: _ask_again(token, public_id, refusal, session),
    )


@blueprint.post(f"{ONE}/wait")
def create_wait(token: str, public_id: Any) -> Any:
    standing, session = own_standing(token, public_id), _session_asked_for()
    return act(
        token,
        "waits",
        lambda: workflow.wait_elsewhere(standing.public_id, session, actor=LEARNER),
        refused=lambda refusal: _ask_again(token, public_id, refusal),
    )


def _session_asked_for() -> str:
    """Return the public id that the button sends; nothing where it is none."""
    try:
        return str(UUID(request.form.get("session", "")))
    except ValueError:
        return ""


def _ask_again(token: str, public_id: Any, refusal: RegistrationRefused, session: str = "") -> Any:
    """Show the dates once more, with the reason; a date whose places are gone is one to wait for."""
    full: dict[str, Any] = {"full": session} if refusal.reason == "no_place" else {}
    return redirect(
        url_for(".new_change", token=token, public_id=public_id, refused=refusal.reason, **full), 303
    )
