"""The team's sessions: list, plan, change, publish, pause, close. In this layer because each change is a verb of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words, lead_words, meeting_words, session_words, training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.planning import PlanRefused, read_session
from ..catalogue.planning_forms import FIRST_ROWS, RunningSessionForm, SessionForm
from ..catalogue.remarks import remarks, standing_shape, standing_words
from ..clock import now
from ..staff.guard import needs_role, signed_in_account, staff_blueprint
from . import session_changes
from .session_listing import list_groups, list_past, read_session_record, what_follows
from .wording import status_words

STEP = "any(publication, pause, resumption, closure)"
blueprint = staff_blueprint("sessions", __name__, url_prefix="/staff/sessions")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)
    app.add_template_filter(lead_words)


@blueprint.get("")
def list_sessions() -> Any:
    """Show the sessions of each training."""
    groups, past = list_groups(), list_past()
    return render_template(
        "registration/list_sessions.html",
        groups=groups, past=past, trainings={group.training.id: group.training for group in groups}, **_words(),
    )  # fmt: skip


@blueprint.get("/new")
@needs_role("organiser")
def new_session() -> Any:
    """Show an empty form; `?training=` chooses one beforehand."""
    chosen = [label for label in training_labels().values() if label.slug == request.args.get("training")]
    values = {
        "training": str(chosen[0].id) if chosen else None,
        "time_zone": signed_in_account().time_zone,
        "meetings": [{}] * FIRST_ROWS,
    }
    return _form_page(SessionForm(None, trainings=training_labels().values(), data=values))


@blueprint.post("")
@needs_role("organiser")
def create_session() -> Any:
    """Store a draft, or offer one more row with everything kept."""
    form = SessionForm(request.form, trainings=training_labels().values())
    if "more" in request.form:
        form.add_row()
        return _form_page(form, added=True)
    if not form.validate():
        return _form_page(form), 422
    public_id = session_changes.plan_session(form.as_plan())
    flash(_("The draft is stored. Nobody sees it until you publish it."), "done")
    return redirect(url_for(".show_session", public_id=public_id), 303)


@blueprint.get("/<uuid:public_id>")
def show_session(public_id: UUID) -> Any:
    """Show one session: its dates, its places and its queue."""
    record = read_session_record(_session(public_id))
    return render_template(
        "registration/show_session.html", record=record, session=record.session, **_words()
    )


@blueprint.get("/<uuid:public_id>/edit")
@needs_role("organiser")
def edit_session(public_id: UUID) -> Any:
    """Show the form with what the session has."""
    return _form_page(_form_for(_session(public_id)))


@blueprint.post("/<uuid:public_id>")
@needs_role("organiser")
def update_session(public_id: UUID) -> Any:
    """Store what the form says, offer one more row, or say why not."""
    form = _form_for(_session(public_id), request.form)
    if "more" in request.form and isinstance(form, SessionForm):
        form.add_row()
        return _form_page(form, added=True)
    if not form.validate():
        return _form_page(form), 422
    try:
        served = session_changes.change_session(str(public_id), form.as_plan(), form.typed_revision())
    except PlanRefused as refusal:
        return _refused_page(public_id, refusal), 409
    flash(_("The session is stored.") + _served_words(served), "done")
    return redirect(url_for(".show_session", public_id=public_id), 303)


@blueprint.get(f"/<uuid:public_id>/<{STEP}:step>")
@needs_role("organiser")
def new_session_step(public_id: UUID, step: str) -> Any:
    """Say what a step leads to, before it is taken."""
    session = _session(public_id)
    if step not in session_changes.possible_steps(session.state):
        return redirect(url_for(".show_session", public_id=public_id), 303)
    return render_template(
        "registration/new_session_step.html",
        session=session, step=step, training=training_labels()[session.training_id],
        sentences=what_follows(session, step),
        remarks=remarks(session, now()) if step in ("publication", "resumption") else [], **_words(),
    )  # fmt: skip


@blueprint.post(f"/<uuid:public_id>/<{STEP}:step>")
@needs_role("organiser")
def create_session_step(public_id: UUID, step: str) -> Any:
    """Publish, pause, resume or close a session."""
    try:
        served = session_changes.step_session(str(public_id), step)
        flash(_step_words(step) + _served_words(served), "done")
    except PlanRefused as refusal:
        if refusal.reason == "not_found":
            abort(404)
        flash(_refusal_words(refusal.reason), "error")
    return redirect(url_for(".show_session", public_id=public_id), 303)


def _session(public_id: UUID) -> TrainingSession:
    try:
        return read_session(str(public_id))
    except PlanRefused:
        abort(404)


def _form_for(session: TrainingSession, typed: Any = None) -> RunningSessionForm:
    """Return the form that fits: while people are registered, what they were told is not in it."""
    if session_changes.count_active(session.id):
        return RunningSessionForm(typed, session=session)
    return SessionForm(typed, session=session, trainings=training_labels().values())


def _form_page(form: RunningSessionForm, *, added: bool = False) -> str:
    name = "edit_session" if form.session else "new_session"
    labels, session = training_labels(), form.session
    return render_template(
        f"registration/{name}.html",
        form=form, session=session, added=added, is_running=not isinstance(form, SessionForm),
        training=labels[session.training_id] if session else None,
        meeting_words=meeting_words, **_words(),
    )  # fmt: skip


def _refused_page(public_id: UUID, refusal: PlanRefused) -> str:
    """Show the form that fits now, with what was typed; saving again stores it over what somebody else did."""
    session = _session(public_id)
    form = _form_for(session, request.form)
    form.validate()
    form.form_errors = [_refusal_words(refusal.reason)]
    form.revision.data = session.revision
    form.revision.raw_data = None
    return _form_page(form)


def _refusal_words(reason: str) -> str:
    words = {
        "changed": _(
            "Somebody changed this session in the meantime. Compare it with what you typed; saving again keeps yours."
        ),
        "running": _(
            "Somebody registered in the meantime, so the training, the language and the dates stay as they were told."
        ),
    }
    return words[reason]


def _step_words(step: str) -> str:
    words = {
        "publication": _("The session is published."),
        "pause": _("The session is paused."),
        "resumption": _("The session is open again."),
        "closure": _("Registration for the session is closed."),
    }
    return words[step]


def _served_words(served: int) -> str:
    if not served:
        return ""
    return " " + ngettext("One person is told by mail.", "%(num)d people are told by mail.", served)


def _words() -> dict[str, Any]:
    return {
        "zone": signed_in_account().time_zone,
        "moment": now(),
        "session_words": session_words,
        "language_words": language_words,
        "standing_words": standing_words,
        "standing_shape": standing_shape,
        "status_words": status_words,
    }
