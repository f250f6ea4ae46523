"""The team's registrations: the list with its filter, one record, the export of what the filter shows.

What is done to one registration is in `step_views`, to many in `decision_views`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext as _

from .. import clock
from ..catalogue.labels import language_words, session_words, training_labels
from ..forms import clean_line
from ..http import asked_page
from ..languages import LANGUAGES
from ..spreadsheets import sent_xlsx
from ..staff.guard import needs_role, safe_next, signed_in_account, staff_blueprint
from ..staff.roles import has_role
from . import columns, export, export_files, listing, needs
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .deciding import MOST
from .export_words import filter_sentence
from .exports_noted import note_export
from .filter_choices import filter_choices
from .filter_words import chips
from .filtering import is_day
from .links_of_people import other_addresses_of
from .listing import PER_PAGE, Filter
from .models import Status
from .neighbours import neighbours_of
from .note_forms import NoteForm
from .noting import notes_about
from .record import read_record
from .saved_lists import list_views, read_view
from .tagging import tag_names, tags_of
from .wording import actor_words, event_words, origin_words, status_words, steps_from

# Beyond it there is nothing, and numbers become too large for a database.
DAYS = ("received_from", "received_to")
blueprint = staff_blueprint("registrations", __name__, url_prefix="/staff")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)
    app.add_template_filter(language_words)


@blueprint.get("/registrations")
def list_registrations() -> Any:
    """Show one page of what the filter asks for."""
    wanted = _wanted()
    page = asked_page()
    rows = listing.list_page(wanted, page)
    if not rows and page > 1:
        return redirect(f"{url_for('.list_registrations')}?{wanted.as_query()}", 303)
    total, counts = listing.count_up_to(wanted)
    return render_template(
        "registration/list_registrations.html",
        wanted=wanted, rows=rows, page=page, per_page=PER_PAGE, total=total,
        is_exact=not total or bool(counts), counts=counts, trainings=training_labels(), most_decided=MOST,
        **_filter_words(wanted), **_seen(rows), **_words(),
    )  # fmt: skip


def _filter_words(wanted: Filter) -> dict[str, Any]:
    return {
        "chips": chips(wanted),
        "choices": filter_choices(wanted),
        "is_bad_day": {name: bool(wanted[name]) and not is_day(wanted[name]) for name in DAYS},
    }


def _seen(rows: list[Any]) -> dict[str, Any]:
    """Return the columns of the page: those of the view that was opened, or one's own; and the team's views."""
    account = signed_in_account()
    view = read_view(clean_line(request.args.get("view"))[:36])
    keys = view.columns if view and view.columns else columns.columns_of(account.id)
    return {
        "view": view,
        "views": list_views(with_needs=has_role(account, "organiser")),
        "shown": columns.show(keys, rows),
        "column_keys": keys,
        "all_columns": columns.offered_columns(),
    }


@blueprint.get("/registrations/<uuid:public_id>")
def show_registration(public_id: UUID) -> str:
    """Show everything about one registration."""
    record = read_record(str(public_id)) or abort(404)
    wanted, learner = _wanted(), record.learner
    came_by_list = "in" in request.args
    return render_template(
        "registration/show_registration.html",
        record=record, back=wanted.as_query(), here=request.full_path.rstrip("?"), account_id=signed_in_account().id,
        around=neighbours_of(record.registration, wanted) if came_by_list else None,
        other_addresses=other_addresses_of(learner.id) if learner else [],
        notes=notes_about(learner.id) if learner else [], known_tags=tag_names(),
        tags=tags_of([learner.id]).get(learner.id, []) if learner else [], note=NoteForm(), **_words(),
    )  # fmt: skip


@blueprint.get("/needs")
@needs_role("organiser")
def list_needs() -> str:
    """Show the accessibility needs that nobody has answered yet."""
    rows, labels = needs.list_open(), training_labels()
    return render_template("registration/list_needs.html", rows=rows, trainings=labels, **_words())


@blueprint.post("/registrations/<uuid:public_id>/need")
@needs_role("organiser")
def update_need(public_id: UUID) -> Any:
    """Note that somebody of the team has answered the person's needs."""
    if needs.note_answered(str(public_id)):
        flash(_("Noted: these needs are answered."), "done")
    back = safe_next(request.form.get("next"))
    return redirect(back or url_for(".show_registration", public_id=public_id), 303)


@blueprint.get("/registrations.csv")
def show_registrations_csv() -> Response:
    """Stream what the filter shows as CSV."""
    wanted = Filter.from_query(request.args, zone=signed_in_account().time_zone)
    sheet = export.prepare(wanted, signed_in_account().time_zone)
    response = Response(stream_with_context(_logged_csv(wanted, sheet)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{_file_name("csv")}"'
    return response


@blueprint.get("/registrations.xlsx")
def show_registrations_xlsx() -> Response:
    """Send what the filter shows as a spreadsheet."""
    wanted = Filter.from_query(request.args, zone=signed_in_account().time_zone)
    sheet = export.prepare(wanted, signed_in_account().time_zone)
    response, rows = sent_xlsx(
        Path(current_app.instance_path),
        _file_name("xlsx"),
        lambda path: export_files.write_xlsx(sheet, path, about=_about(wanted)),
    )
    note_export(wanted, "xlsx", rows)
    return response


def _logged_csv(wanted: Filter, sheet: export.Sheet) -> Iterator[bytes]:
    """Yield the file, then note how many rows went; also where the browser hung up on the way."""
    rows: list[int] = [0]
    try:
        yield from export_files.csv_lines(sheet, rows.append)
    finally:
        note_export(wanted, "csv", rows[-1])


def _wanted() -> Filter:
    """Return the filter of the screen; needs are for organisers, and for the screen only."""
    account = signed_in_account()
    return Filter.from_query(request.args, zone=account.time_zone, with_needs=has_role(account, "organiser"))


def _file_name(ending: str) -> str:
    return f"registrations-{clock.now():%Y-%m-%d}.{ending}"


def _about(wanted: Filter) -> list[tuple[str, str]]:
    zone = signed_in_account().time_zone
    made = export.Context(zone).moment(clock.now())
    return [(_("Made"), f"{made:%d/%m/%Y %H:%M} ({zone})"), (_("Filter used"), filter_sentence(wanted))]


def _words() -> dict[str, Any]:
    return {
        "statuses": [str(status) for status in Status],
        "status_words": status_words,
        "origin_words": origin_words,
        "actor_words": actor_words,
        "event_words": event_words,
        "steps_from": steps_from,
        "session_words": session_words,
        "language_words": language_words,
        "country_words": country_words,
        "organisation_kind_words": organisation_kind_words,
        "source_words": source_words,
        "mail_languages": list(LANGUAGES),
        "zone": signed_in_account().time_zone,
    }
