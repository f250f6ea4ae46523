"""The waiting list of one session, changing a rank with a reason, and what people wait for that nobody plans yet."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import language_words, session_words, training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.planning import PlanRefused, read_session
from ..http import asked_page
from ..staff.guard import needs_role, signed_in_account, staff_blueprint
from . import workflow
from .applying import Actor
from .demand import list_demand
from .queue_forms import RankForm
from .queue_listing import PER_PAGE, Wait, read_queue
from .session_listing import read_session_record
from .transitions import RegistrationRefused
from .wording import refusal_words

blueprint = staff_blueprint("queues", __name__, url_prefix="/staff/sessions")
ONE = "/<uuid:public_id>/queue"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(ONE)
def show_queue(public_id: UUID) -> Any:
    """Show who waits for a session, in order."""
    session = _session(public_id)
    record, queue = read_session_record(session), read_queue(session, _zone())
    page = asked_page(len(queue.waits) // PER_PAGE + 1)
    first = (page - 1) * PER_PAGE
    return render_template(
        "registration/show_queue.html",
        record=record, session=session, queue=queue, page=page, first=first, per_page=PER_PAGE,
        waits=queue.waits[first : first + PER_PAGE], **_words(),
    )  # fmt: skip


@blueprint.get(f"{ONE}/<uuid:registration_id>")
@needs_role("organiser")
def edit_rank(public_id: UUID, registration_id: UUID) -> Any:
    """Ask where in the line, and why."""
    session, wait, form = _rank_form(public_id, registration_id)
    if wait is None:
        return _back(public_id, _("This person does not wait in this line any more."))
    return _rank_page(session, wait, form)


@blueprint.post(f"{ONE}/<uuid:registration_id>")
@needs_role("organiser")
def update_rank(public_id: UUID, registration_id: UUID) -> Any:
    """Put the person elsewhere in the line."""
    session, wait, form = _rank_form(public_id, registration_id, request.form)
    if wait is None:
        return _back(public_id, _("This person does not wait in this line any more."))
    if not form.validate():
        return _rank_page(session, wait, form), 422
    actor = Actor("staff", signed_in_account().id)
    try:
        workflow.reorder(str(registration_id), form.before(), actor=actor, reason=str(form.reason.data))
    except RegistrationRefused as refusal:
        return _back(public_id, refusal_words(refusal))
    flash(_("The rank is changed. The reason is on the record."), "done")
    return redirect(url_for(".show_queue", public_id=public_id), 303)


@blueprint.get("/demand")
def list_demands() -> str:
    """Show what people wait for that no session serves."""
    rows = list_demand()
    trainings = training_labels()
    return render_template("registration/list_demands.html", rows=rows, trainings=trainings, **_words())


def _session(public_id: UUID) -> TrainingSession:
    try:
        return read_session(str(public_id))
    except PlanRefused:
        abort(404)


def _rank_form(
    public_id: UUID, registration_id: UUID, typed: Any = None
) -> tuple[Any, Wait | None, RankForm]:
    session = _session(public_id)
    ranked = read_queue(session, _zone()).ranked
    wait = next((one for one in ranked if one.public_id == str(registration_id)), None)
    return session, wait, RankForm(typed, ranked=ranked, wait=wait)


def _rank_page(session: TrainingSession, wait: Wait, form: RankForm) -> str:
    return render_template(
        "registration/edit_rank.html",
        session=session, wait=wait, form=form, training=training_labels()[session.training_id], **_words(),
    )  # fmt: skip


def _back(public_id: UUID, sentence: str) -> Any:
    flash(sentence, "error")
    return redirect(url_for(".show_queue", public_id=public_id), 303)


def _zone() -> str:
    return signed_in_account().time_zone


def _words() -> dict[str, Any]:
    return {"zone": _zone(), "session_words": session_words, "language_words": language_words}
