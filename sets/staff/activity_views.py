"""The page of the activity log."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template, request

from .activity_listing import ActivityFilter, list_lines, people, verbs
from .guard import staff_blueprint

blueprint = staff_blueprint("activity", __name__, role="administrator", url_prefix="/staff/activity")


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_activities() -> Any:
    who, verb, before = people(), verbs(), request.args.get("before", type=int)
    chosen = ActivityFilter(
        who=request.args.get("who", "") if request.args.get("who") in dict(who) else "",
        verb=request.args.get("verb", "") if request.args.get("verb") in dict(verb) else "",
    )
    if before is not None and not 0 < before < 2**31:
        before = None
    rows, older = list_lines(chosen, before)
    return render_template(
        "staff/list_activities.html",
        chosen=chosen, rows=rows, older=older, people=who, verbs=verb, is_later_page=before is not None,
    )  # fmt: skip
