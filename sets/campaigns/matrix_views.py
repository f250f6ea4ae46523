"""The people of a session and which messages each one got; what somebody lacks is sent from here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import session_words, training_labels
from ..http import asked_page
from ..staff.guard import staff_blueprint
from . import deciding, matrix
from .audience_words import session_of
from .matrix import PER_PAGE
from .sending import CampaignRefused

blueprint = staff_blueprint("matrix", __name__, url_prefix="/staff/sessions")
PAGE = "/<uuid:public_id>/messages"


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get(PAGE)
def list_messages(public_id: UUID) -> Any:
    """Show who got what; `?lack=1` shows only those with a place who lack something."""
    session = session_of(str(public_id)) or abort(404)
    found = matrix.read_matrix(session)
    only_lacking = request.args.get("lack") == "1"
    rows = found.lacking if only_lacking else found.rows
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = asked_page(pages)
    return render_template(
        "campaigns/list_messages.html",
        session=session, training=training_labels()[session.training_id], session_words=session_words,
        columns=found.columns, rows=rows[(page - 1) * PER_PAGE : page * PER_PAGE], total=len(rows),
        everyone=len(found.rows), lacking=len(found.lacking), only_lacking=only_lacking, page=page, pages=pages,
        per_page=PER_PAGE,
    )  # fmt: skip


@blueprint.post(PAGE)
def create_messages(public_id: UUID) -> Any:
    """Send campaigns to those who lack them and were ticked."""
    session = session_of(str(public_id)) or abort(404)
    chosen: dict[str, list[str]] = {}
    for cell in request.form.getlist("cell")[: PER_PAGE * matrix.MOST_CAMPAIGNS]:
        campaign, _blank, registration = cell.partition(" ")
        chosen.setdefault(campaign, []).append(registration)
    try:
        number = sum(deciding.send_to(campaign, people) for campaign, people in chosen.items())
    except CampaignRefused:
        flash(_("One of these campaigns was stopped meanwhile: nothing more of it is sent."), "error")
    else:
        flash(_words(number, bool(chosen)), "done" if number else "error")
    lack = request.form.get("lack") or None
    return redirect(url_for(".list_messages", public_id=session.public_id, lack=lack), 303)


def _words(number: int, is_any_chosen: bool) -> str:
    if number:
        return ngettext("%(num)d message leaves now.", "%(num)d messages leave now.", number)
    if is_any_chosen:
        return _("Nothing was sent: they have it already, or their registration changed.")
    return _("Tick at least one message.")
