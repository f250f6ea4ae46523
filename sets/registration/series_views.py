"""Planning a session again: one copy in the form, a series as drafts; and publishing many drafts after one page."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import meeting_words, training_labels
from ..catalogue.models import SessionState, TrainingSession
from ..catalogue.planning import PlanRefused, hindrance, read_session
from ..catalogue.planning_forms import SessionForm
from ..catalogue.remarks import hindrance_words, remarks
from ..catalogue.series_forms import MOST_COPIES, SeriesForm, copied_plan, copied_values, copies
from ..clock import now
from ..staff.guard import signed_in_account, staff_blueprint
from . import series
from .series import Published
from .session_listing import list_groups, what_follows
from .session_words import page_words, served_words

ONE = "/<uuid:public_id>"
blueprint = staff_blueprint("series", __name__, role="organiser", url_prefix="/staff/sessions")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{ONE}/series")
def new_series(public_id: UUID) -> Any:
    """Ask from when and how often; then show each date before anything is stored."""
    session = _session(public_id)
    if session.first_meeting is None:
        return redirect(url_for(".new_copy", public_id=public_id), 303)
    form = SeriesForm(request.args if "first" in request.args else None, session=session)
    is_asked = "first" in request.args and form.validate()
    if is_asked and "one" in request.args:
        day = form.days()[0].isoformat() if form.days() else None
        return redirect(url_for(".new_copy", public_id=public_id, day=day), 303)
    return _series_page(session, form, form.days() if is_asked else [])


@blueprint.post(f"{ONE}/series")
def create_series(public_id: UUID) -> Any:
    """Store the chosen dates as drafts."""
    session = _session(public_id)
    days = _days(request.form.getlist("day"))
    if not days:
        flash(_("Choose at least one date."), "error")
        return redirect(url_for(".new_series", public_id=public_id), 303)
    plans = [copied_plan(session, day) for day in days]
    try:
        ids = series.plan_series(plans, known=request.form.get("known", -1, type=int))
    except PlanRefused:
        flash(_("Sessions of this training were planned in the meantime: look at these first."), "error")
        return redirect(url_for(".new_publication"), 303)
    words = ngettext("%(num)d draft is stored.", "%(num)d drafts are stored.", len(ids))
    flash(words + " " + _("Nobody sees them until you publish them."), "done")
    return redirect(url_for(".new_publication", session=ids), 303)


@blueprint.get(f"{ONE}/copy")
def new_copy(public_id: UUID) -> Any:
    """Show the form of a new session with everything of this one, from the day chosen."""
    session = _session(public_id)
    days = _days([request.args.get("day", "")])
    if not days and session.first_meeting:
        return redirect(url_for(".new_series", public_id=public_id), 303)
    values = copied_values(session, days[0] if days else now().date())
    return render_template(
        "registration/new_session.html",
        form=SessionForm(None, trainings=training_labels().values(), data=values), session=None, added=False,
        training=None, meeting_words=meeting_words, **page_words(signed_in_account().time_zone),
    )  # fmt: skip


@blueprint.get("/publications/new")
def new_publication() -> Any:
    """Show every draft, with what its publication leads to; `?session=` ticks some."""
    groups = [(group, _drafts(group)) for group in list_groups()]
    return render_template(
        "registration/new_publication.html",
        groups=[(group, drafts) for group, drafts in groups if drafts],
        ticked=set(request.args.getlist("session")), **page_words(signed_in_account().time_zone),
    )  # fmt: skip


@blueprint.post("/publications")
def create_publication() -> Any:
    """Publish the chosen drafts."""
    ids = request.form.getlist("session")
    if not ids:
        flash(_("Choose at least one draft."), "error")
        return redirect(url_for(".new_publication"), 303)
    _flash(series.publish_series(ids))
    return redirect(url_for("sessions.list_sessions"), 303)


def _session(public_id: UUID) -> TrainingSession:
    try:
        return read_session(str(public_id))
    except PlanRefused:
        abort(404)


def _series_page(session: TrainingSession, form: SeriesForm, days: list[date]) -> str:
    taken = series.beginnings(session.training_id, session.language)
    return render_template(
        "registration/new_series.html",
        session=session, form=form, copies=copies(session, days, taken), known=len(taken),
        training=training_labels()[session.training_id], **page_words(signed_in_account().time_zone),
    )  # fmt: skip


def _drafts(group: Any) -> list[tuple[TrainingSession, str, list[str], str]]:
    """Return a training's drafts, each with whom its publication reaches, what deserves a look and what hinders it."""
    sessions = [row.session for row in group.rows if row.session.state == SessionState.DRAFT]
    words = hindrance_words()
    return [
        (
            session, what_follows(session, "publication")[-1], remarks(session, now()),
            words.get(hindrance(session), ""),
        )
        for session in sessions
    ]  # fmt: skip


def _days(texts: list[str]) -> list[date]:
    found = set()
    for text in texts[:MOST_COPIES]:
        try:
            found.add(date.fromisoformat(text))
        except ValueError:
            continue
    return sorted(day for day in found if 2000 <= day.year <= 2100)


def _flash(published: Published) -> None:
    if published.sessions:
        words = ngettext(
            "%(num)d session is published.", "%(num)d sessions are published.", published.sessions
        )
        flash(words + served_words(published.told), "done")
    if published.hindered:
        flash(
            ngettext(
                "%(num)d session stays a draft: its training has no page in its language.",
                "%(num)d sessions stay drafts: their trainings have no page in their languages.",
                published.hindered,
            ),
            "error",
        )
    if published.changed:
        flash(
            ngettext(
                "%(num)d session is no draft any more, and stays as it is.",
                "%(num)d sessions are no drafts any more, and stay as they are.",
                published.changed,
            ),
            "error",
        )
