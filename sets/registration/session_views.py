"""The team's sessions: list, plan, change, publish, pause, close. In this layer because each change is a verb of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import lead_words, training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.planning import PlanRefused, hindrance, read_session
from ..catalogue.planning_forms import FIRST_ROWS, SessionForm
from ..catalogue.remarks import hindrance_words, remarks
from ..clock import now
from ..staff.guard import needs_role, signed_in_account, staff_blueprint
from . import attendance, session_changes
from .applying import Actor
from .session_listing import list_groups, list_past, read_session_record, what_follows
from .session_news import (
    Draft,
    News,
    drafts_of_cancellation,
    drafts_of_change,
    news_sentences,
    read_audience,
    read_news,
    typed_words,
)
from .session_words import page_words, served_words

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
        groups=groups, past=past, trainings={group.training.id: group.training for group in groups},
        **page_words(signed_in_account().time_zone),
    )  # fmt: skip


@blueprint.get("/new")
@needs_role("organiser")
def new_session() -> Any:
    """Show an empty form; `?training=` and `?language=` choose these beforehand."""
    chosen = [label for label in training_labels().values() if label.slug == request.args.get("training")]
    values = {
        "training": str(chosen[0].id) if chosen else None,
        "language": request.args.get("language"),
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
        "registration/show_session.html",
        record=record,
        session=record.session,
        marks=attendance.count_marks(record.session.id),
        **page_words(signed_in_account().time_zone),
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
    session = _session(public_id)
    form = _form_for(session, request.form)
    if "more" in request.form:
        form.add_row()
        return _form_page(form, added=True)
    if not form.validate():
        return _form_page(form), 422
    if "back" in request.form:
        return _form_page(form)
    return _change(form)


@blueprint.get("/<uuid:public_id>/cancellation")
@needs_role("organiser")
def new_session_cancellation(public_id: UUID) -> Any:
    """Say who will be told what, before a session is cancelled."""
    session = _session(public_id)
    if not session_changes.can_cancel(session):
        return redirect(url_for(".show_session", public_id=public_id), 303)
    return _cancellation_page(session, {})


@blueprint.post("/<uuid:public_id>/cancellation")
@needs_role("organiser")
def create_session_cancellation(public_id: UUID) -> Any:
    """Cancel a session, or show the mails with the words that were typed."""
    session, words = _session(public_id), typed_words(request.form)
    if "look" in request.form:
        return _cancellation_page(session, words)
    try:
        told = session_changes.cancel_session(
            str(public_id), actor=_actor(), shown=request.form.get("shown", ""), words=words
        )
    except PlanRefused as refusal:
        if refusal.reason == "people":
            flash(_refusal_words("people"), "error")
            return _cancellation_page(_session(public_id), words), 409
        flash(_("The session cannot be cancelled any more."), "error")
        return redirect(url_for(".show_session", public_id=public_id), 303)
    flash(_("The session is cancelled.") + _told_words(told), "done")
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
        hindrance=hindrance_words().get(hindrance(session), "") if step == "publication" else "",
        remarks=remarks(session, now()) if step in ("publication", "resumption") else [],
        **page_words(signed_in_account().time_zone),
    )  # fmt: skip


@blueprint.post(f"/<uuid:public_id>/<{STEP}:step>")
@needs_role("organiser")
def create_session_step(public_id: UUID, step: str) -> Any:
    """Publish, pause, resume or close a session."""
    try:
        served = session_changes.step_session(str(public_id), step)
        flash(_step_words(step) + served_words(served), "done")
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


def _change(form: SessionForm) -> Any:
    """Store a change at once when nobody is concerned; else after a look at who is told what."""
    session, plan, words = form.session, form.as_plan(), typed_words(request.form)
    assert session is not None
    public_id, news = session.public_id, read_news(session, plan)
    if news.is_any and request.form.get("shown") != news.key:
        return _news_page(form, news, drafts_of_change(session, plan, words) if news.has_dates else [], words)
    try:
        told, served = session_changes.change_session(
            public_id, plan, form.typed_revision(), words=words, actor=_actor(),
            shown=news.audience.key if news.has_dates else None,
        )  # fmt: skip
    except PlanRefused as refusal:
        return _refused_page(UUID(public_id), refusal), 409
    flash(_("The session is stored.") + _told_words(told) + served_words(served), "done")
    return redirect(url_for(".show_session", public_id=public_id), 303)


def _actor() -> Actor:
    return Actor("staff", signed_in_account().id)


def _form_for(session: TrainingSession, typed: Any = None) -> SessionForm:
    """Return the form of a session; once somebody registered, it belongs to its training."""
    labels = training_labels()
    is_bound = session_changes.has_registrations(session.id)
    return SessionForm(
        typed, session=session, trainings=[labels[session.training_id]] if is_bound else labels.values()
    )


def _form_page(form: SessionForm, *, added: bool = False) -> str:
    name = "edit_session" if form.session else "new_session"
    session = form.session
    return render_template(
        f"registration/{name}.html",
        form=form, session=session, added=added,
        audience=read_audience(session.id) if session else None,
        training=training_labels()[session.training_id] if session else None,
        **page_words(signed_in_account().time_zone),
    )  # fmt: skip


def _news_page(form: SessionForm, news: News, drafts: list[Draft], words: dict[str, str]) -> str:
    """Show what is about to be told, with the whole form in it: saving again tells it."""
    assert form.session is not None
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "shown", "back", "more") and not name.startswith("words-")
    ]
    return render_template(
        "registration/new_session_change.html",
        session=form.session, training=training_labels()[form.session.training_id], news=news, drafts=drafts,
        words=words, typed=typed, sentences=news_sentences(news), audience=news.audience,
        **page_words(signed_in_account().time_zone),
    )  # fmt: skip


def _cancellation_page(session: TrainingSession, words: dict[str, str]) -> str:
    audience = read_audience(session.id)
    return render_template(
        "registration/new_session_cancellation.html",
        session=session, training=training_labels()[session.training_id], audience=audience, words=words,
        drafts=drafts_of_cancellation(session, words),
        **page_words(signed_in_account().time_zone),
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
        "training": _("Somebody registered in the meantime, so the session stays with its training."),
        "people": _(
            "Somebody registered, cancelled or answered in the meantime. Look once more at who is told what."
        ),
        **hindrance_words(),
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


def _told_words(told: int) -> str:
    if not told:
        return ""
    return " " + ngettext("One person is told of it by mail.", "%(num)d people are told of it by mail.", told)
