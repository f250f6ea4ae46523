"""The page on which the team ticks who was at a meeting: made for a phone, open to every role."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import session_words, training_labels
from ..catalogue.models import Meeting, TrainingSession
from ..catalogue.planning import PlanRefused, read_session
from ..clock import now
from ..staff.guard import signed_in_account, staff_blueprint
from . import attendance
from .attendance import AttendanceRefused, Ticked
from .wording import mark_words, status_words

blueprint = staff_blueprint("attendance", __name__, url_prefix="/staff/sessions")


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)
    app.add_template_filter(mark_words)


@blueprint.get("/<uuid:public_id>/attendance")
def show_attendance(public_id: UUID) -> str:
    """Show a meeting's people with what is known of each; without `?meeting=`, of the latest that has begun."""
    session = _session(public_id)
    meeting = _meeting(session)
    return render_template(
        "registration/show_attendance.html",
        session=session, meeting=meeting, begun=_begun(session),
        lines=attendance.read_roll(meeting.id) if meeting else [],
        training=training_labels()[session.training_id], marks=(*attendance.MARKS, ""),
        session_words=session_words, status_words=status_words, zone=signed_in_account().time_zone,
    )  # fmt: skip


@blueprint.post("/<uuid:public_id>/attendance")
def update_attendance(public_id: UUID) -> Any:
    """Store what was ticked, and say whom somebody else had ticked meanwhile."""
    meeting = _meeting(_session(public_id)) or abort(404)
    try:
        done = attendance.tick(meeting.public_id, _typed(), joined_too="joined" in request.form)
    except AttendanceRefused as refusal:
        if refusal.reason == "not_found":
            abort(404)
        flash(_("The meeting has not begun: nobody can be marked yet."), "error")
    else:
        _tell(done)
    return redirect(url_for(".show_attendance", public_id=public_id, meeting=meeting.public_id), 303)


def _session(public_id: UUID) -> TrainingSession:
    try:
        return read_session(str(public_id))
    except PlanRefused:
        abort(404)


def _meeting(session: TrainingSession) -> Meeting | None:
    """Return the meeting that the address names, else the latest that has begun, else the first."""
    asked = request.args.get("meeting")
    if asked:
        return next((one for one in session.standing_meetings if one.public_id == asked), None) or abort(404)
    begun = _begun(session)
    return begun[-1] if begun else session.first_meeting


def _begun(session: TrainingSession) -> list[Meeting]:
    return [one for one in session.standing_meetings if one.starts_at <= now()]


def _typed() -> dict[str, tuple[str, str]]:
    """Return for each person of the form the mark it was opened on, and the one it has now."""
    return {
        name.removeprefix("mark-"): (request.form.get(f"was-{name.removeprefix('mark-')}", ""), value)
        for name, value in request.form.items()
        if name.startswith("mark-")
    }


def _tell(done: Ticked) -> None:
    if done.stored:
        flash(ngettext("%(num)d mark is stored.", "%(num)d marks are stored.", done.stored), "done")
    elif not done.overtaken:
        flash(_("Nothing had changed."), "done")
    if done.overtaken:
        names = ", ".join(done.overtaken)
        flash(
            _(
                "Somebody else marked these people in the meantime, and their marks stand: %(names)s.",
                names=names,
            ),
            "error",
        )
