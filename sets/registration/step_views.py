"""What the team does to one registration: approve, refuse, cancel, restore, move. Each asks first but the approval."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import language_words, session_words
from ..staff.guard import signed_in_account, staff_blueprint
from . import workflow
from .adding_choices import doors_elsewhere, places_words
from .applying import Actor
from .record import Record, read_record
from .step_forms import MoveForm, StepForm
from .transitions import RegistrationRefused
from .wording import refusal_words, status_words, steps_from

ONE = "/<uuid:public_id>"
ASKING = "any(refusal, cancellation, restoration)"
blueprint = staff_blueprint("steps", __name__, role="organiser", url_prefix="/staff/registrations")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{ONE}/<{ASKING}:step>")
def new_registration_step(public_id: UUID, step: str) -> Any:
    """Say what a step leads to and what the person is told, before it is taken."""
    record = _record(public_id)
    if record.learner is None or step not in steps_from(record.registration.status):
        return redirect(url_for("registrations.show_registration", public_id=public_id), 303)
    return _step_page(record, step, StepForm())


@blueprint.post(f"{ONE}/<any(approval, refusal, cancellation, restoration):step>")
def create_registration_step(public_id: UUID, step: str) -> Any:
    """Take the step."""
    form = StepForm(request.form)
    if not form.validate():
        return _step_page(_record(public_id), step, form), 422
    try:
        _take_step(str(public_id), step, form)
        flash(_step_words(step) + _told_words(form), "done")
    except RegistrationRefused as refusal:
        if refusal.reason == "not_found":
            abort(404)
        flash(refusal_words(refusal), "error")
    return redirect(url_for("registrations.show_registration", public_id=public_id), 303)


@blueprint.get(f"{ONE}/move")
def new_move(public_id: UUID) -> Any:
    """Show the training's other sessions, with what the person would get there."""
    record = _record(public_id)
    if record.learner is None or "move" not in steps_from(record.registration.status):
        return redirect(url_for("registrations.show_registration", public_id=public_id), 303)
    return _move_page(record)


@blueprint.post(f"{ONE}/move")
def create_move(public_id: UUID) -> Any:
    """Move the person, or say why not."""
    record = _record(public_id)
    form = MoveForm(request.form, doors=_doors(record)[0])
    if not form.validate():
        return _move_page(record, form), 422
    try:
        moved = workflow.move(str(public_id), str(form.session.data), actor=_actor(), **form.said())
        flash(_("Moved to the other session.") + _told_words(form), "done")
        return redirect(url_for("registrations.show_registration", public_id=moved), 303)
    except RegistrationRefused as refusal:
        flash(refusal_words(refusal), "error")
    return redirect(url_for("registrations.show_registration", public_id=public_id), 303)


def _record(public_id: UUID) -> Record:
    return read_record(str(public_id)) or abort(404)


def _actor() -> Actor:
    return Actor("staff", signed_in_account().id)


def _take_step(public_id: str, step: str, form: StepForm) -> None:
    if step == "approval":
        workflow.approve(public_id, actor=_actor(), mail=not form.silent.data)
    elif step == "refusal":
        workflow.reject(public_id, actor=_actor(), tell_reason=bool(form.tell.data), **form.said())
    elif step == "restoration":
        workflow.restore(public_id, actor=_actor(), **form.said())
    else:
        workflow.cancel(public_id, actor=_actor(), **form.said())


def _step_page(record: Record, step: str, form: StepForm) -> str:
    return render_template(
        "registration/new_registration_step.html",
        record=record, step=step, form=form, places_words=places_words, **_words(),
    )  # fmt: skip


def _move_page(record: Record, form: MoveForm | None = None) -> str:
    free, full = _doors(record)
    if not free:
        # The page says so; there is no field that an error could stand at.
        form = None
    return render_template(
        "registration/new_move.html",
        record=record, form=form or MoveForm(doors=free), free=free, full=full, **_words(),
    )  # fmt: skip


def _doors(record: Record) -> Any:
    return doors_elsewhere(record.registration.training_id, record.registration.training_session_id)


def _step_words(step: str) -> str:
    words = {
        "approval": _("The place is confirmed."),
        "refusal": _("The registration is refused."),
        "cancellation": _("The registration is cancelled."),
        "restoration": _("The registration is restored."),
    }
    return words[step]


def _told_words(form: StepForm) -> str:
    if form.silent.data:
        return " " + _("As you chose, the person is not written to.")
    return " " + _("The person is told by mail.")


def _words() -> dict[str, Any]:
    return {
        "session_words": session_words,
        "language_words": language_words,
        "status_words": status_words,
    }
