"""The team's registrations: the list with its filter, one record, the export of what the filter shows."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _

from .. import clock
from ..database import transaction
from ..languages import LANGUAGES
from ..staff.activity import record_activity
from ..staff.guard import needs_role, signed_in_account, staff_blueprint
from . import export, listing, workflow
from .applying import Actor
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .listing import PER_PAGE, Filter
from .models import Status
from .record import language_words, read_record, session_words, sessions_for_choice, training_labels
from .transitions import RegistrationRefused
from .wording import origin_words, status_words

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
blueprint = staff_blueprint("registrations", __name__, url_prefix="/staff")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/registrations")
def list_registrations() -> str:
    """Show one page of what the filter asks for."""
    wanted = Filter.from_query(request.args)
    page = max(1, request.args.get("page", 1, type=int))
    total, is_exact = listing.count_up_to(wanted)
    return render_template(
        "registrations/list_registrations.html",
        wanted=wanted, rows=listing.list_page(wanted, page), page=page, per_page=PER_PAGE, total=total,
        is_exact=is_exact, counts=listing.count_by_status(wanted) if is_exact else {}, trainings=training_labels(),
        sessions=sessions_for_choice(wanted.training), **_words(),
    )  # fmt: skip


@blueprint.get("/registrations/<public_id>")
def show_registration(public_id: str) -> str:
    """Show everything about one registration."""
    record = read_record(public_id) or abort(404)
    back = Filter.from_query(request.args).as_query()
    return render_template("registrations/show_registration.html", record=record, back=back, **_words())


@blueprint.post("/registrations/<public_id>/<any(approval, refusal, cancellation):step>")
@needs_role("organiser")
def create_registration_step(public_id: str, step: str) -> Any:
    """Approve, refuse or cancel a registration."""
    actor, reason = Actor("staff", signed_in_account().id), request.form.get("reason", "").strip()[:500]
    try:
        if step == "approval":
            workflow.approve(public_id, actor=actor)
        elif step == "refusal":
            workflow.reject(public_id, actor=actor, reason=reason, tell_reason="tell" in request.form)
        else:
            workflow.cancel(public_id, actor=actor, reason=reason)
        flash(_("Done. The person is told by mail."))
    except RegistrationRefused as refusal:
        flash(str(refusal), "error")
    return redirect(url_for(".show_registration", public_id=public_id), 303)


@blueprint.get("/registrations/<public_id>/<any(refusal, cancellation):step>")
@needs_role("organiser")
def new_registration_step(public_id: str, step: str) -> str:
    """Ask before a registration is refused or cancelled."""
    record = read_record(public_id) or abort(404)
    return render_template("registrations/new_registration_step.html", record=record, step=step, **_words())


@blueprint.get("/registrations.csv")
def show_registrations_csv() -> Response:
    """Stream what the filter shows as CSV."""
    wanted = Filter.from_query(request.args)
    _note_export(wanted, "csv")
    sheet = export.prepare(wanted, signed_in_account().time_zone)
    response = Response(export.csv_lines(sheet), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name("csv")}"'
    return response


@blueprint.get("/registrations.xlsx")
def show_registrations_xlsx() -> Response:
    """Send what the filter shows as a spreadsheet."""
    wanted = Filter.from_query(request.args)
    _note_export(wanted, "xlsx")
    path = _temporary_path()
    try:
        sheet = export.prepare(wanted, signed_in_account().time_zone)
        export.write_xlsx(sheet, path, about=_about(wanted))
        response = send_file(path, XLSX, as_attachment=True, download_name=_file_name("xlsx"), max_age=0)
    finally:
        # The open file is sent all the same; nothing personal stays on the disk.
        path.unlink(missing_ok=True)
    return response


def _note_export(wanted: Filter, kind: str) -> None:
    """Write the export into the activity log: the one thing that these GETs store, by the rule on exports."""
    with transaction():
        record_activity(
            f"export_{kind}",
            subject_type="registration",
            rows=listing.count_exactly(wanted),
            filter=wanted.for_log(),
        )


def _temporary_path() -> Path:
    folder = Path(current_app.instance_path) / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(".xlsx", dir=folder)
    os.close(descriptor)
    return Path(name)


def _file_name(ending: str) -> str:
    return f"registrations-{clock.now():%Y-%m-%d}.{ending}"


def _about(wanted: Filter) -> list[tuple[str, str]]:
    zone = signed_in_account().time_zone
    made = export.Context(zone).moment(clock.now())
    parts = ", ".join(f"{name}={value}" for name, value in wanted.for_log().items())
    return [(_("Made"), f"{made:%d/%m/%Y %H:%M} ({zone})"), (_("Filter"), parts or _("All registrations"))]


def _words() -> dict[str, Any]:
    return {
        "statuses": [str(status) for status in Status],
        "status_words": status_words,
        "origin_words": origin_words,
        "session_words": session_words,
        "language_words": language_words,
        "country_words": country_words,
        "organisation_kind_words": organisation_kind_words,
        "source_words": source_words,
        "mail_languages": list(LANGUAGES),
        "zone": signed_in_account().time_zone,
    }
