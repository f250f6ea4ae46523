"""Exports that are made once and fetched for a day. The two that are sent at once are in `staff_views`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from .. import clock
from ..languages import current_language
from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.models import ROLES
from ..staff.roles import has_role
from . import export_listing, exporting, listing, sign_in_sheets
from .columns import columns_of
from .export_files import MIMETYPES
from .export_forms import ExportForm, SignInForm, table_kinds
from .export_kinds import columns_as_listed
from .export_listing import Line
from .export_words import SHAPES, filter_sentence, state_words
from .exporting import Order
from .listing import Filter

ONE = "/<uuid:public_id>"
blueprint = staff_blueprint("exports", __name__, url_prefix="/staff/exports")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_exports() -> str:
    """Show one's own exports, and the team's."""
    own, others = export_listing.list_lines(signed_in_account().id)
    return render_template("registration/list_exports.html", own=own, others=others, **_words())


@blueprint.get("/new")
def new_export() -> str:
    """Ask what to export of what the filter shows, or of which meeting the sheet is wanted."""
    wanted = _wanted(request.args)
    return _form_page(wanted, _export_form(), _sheet_form(wanted, request.args.get("meeting", "")))


@blueprint.post("")
def create_export() -> Any:
    """Make an export: a small one at once, a larger one in the background."""
    wanted = _wanted(MultiDict(parse_qsl(request.form.get("query", ""))))
    if request.form.get("kind") == "sign_in":
        return _create_sheet(wanted)
    form = _export_form(request.form)
    if not form.validate():
        return _form_page(wanted, form, _sheet_form(wanted)), 422
    return _requested(_order_of(form, wanted))


@blueprint.get(ONE)
def show_export(public_id: UUID) -> str:
    """Show how far an export is, then its file."""
    line = _line(public_id)
    return render_template(
        "registration/show_export.html",
        line=line,
        export=line.row,
        wanted=exporting.wanted_by(line.row),
        **_words(),
    )


@blueprint.get(f"{ONE}/file")
def show_export_file(public_id: UUID) -> Any:
    """Send the file."""
    line = _line(public_id)
    row, account = line.row, signed_in_account()
    if not has_role(account, line.role):
        abort(403)
    path = exporting.path_of(row)
    if row.state != "ready" or row.ends_at is None or row.ends_at <= clock.now() or not path.exists():
        flash(_("This file is not there any more. Make the export again."), "error")
        return redirect(url_for(".list_exports"), 303)
    kind, name = MIMETYPES[row.format], line.file_name
    answer = send_file(path, kind, as_attachment=True, download_name=name, max_age=0, conditional=False)
    exporting.note_fetched(str(public_id), account.id)
    return answer


@blueprint.post(f"{ONE}/end")
def delete_export(public_id: UUID) -> Any:
    """Remove the file before its day is over."""
    if not has_role(signed_in_account(), _line(public_id).role):
        abort(403)
    if exporting.end_export(str(public_id)):
        flash(_("The file is removed."), "done")
    return redirect(url_for(".list_exports"), 303)


def _create_sheet(wanted: Filter) -> Any:
    form = _sheet_form(wanted, formdata=request.form)
    if not form.validate():
        return _form_page(wanted, _export_form(), form), 422
    meeting = sign_in_sheets.read_meeting(form.meeting.data) or abort(404)
    return _requested(_order("sign_in", form.format.data, Filter(), meeting_id=meeting.id))


def _order_of(form: ExportForm, wanted: Filter) -> Order:
    kind, listed = form.kind.data, None
    if form.columns.data == "list" and kind == "full":
        listed = columns_as_listed(columns_of(signed_in_account().id))
    more = {"family": form.family.data, "is_new_only": form.is_new_only.data, "columns": listed}
    return _order(kind, form.format.data, wanted, **more)


def _order(kind: str, file_format: str, wanted: Filter, **options: Any) -> Order:
    account = signed_in_account()
    language, zone = current_language(), account.time_zone
    return Order(kind, file_format, wanted, account.id, language, zone, **options)


def _requested(order: Order) -> Any:
    public_id = exporting.request_export(order)
    if exporting.is_small(public_id):
        exporting.make_export(public_id)
    return redirect(url_for(".show_export", public_id=public_id), 303)


def _export_form(formdata: Any = None) -> ExportForm:
    roles = [role for role in ROLES if has_role(signed_in_account(), role)]
    return ExportForm(formdata, kinds=table_kinds(roles))


def _sheet_form(wanted: Filter, meeting: str = "", formdata: Any = None) -> SignInForm:
    meetings = sign_in_sheets.meetings_for_choice([one for one in wanted.session if one != "any"])
    return SignInForm(formdata, meetings=meetings, data={"meeting": meeting})


def _form_page(wanted: Filter, form: ExportForm, sheet: SignInForm) -> str:
    total, counts = listing.count_up_to(wanted)
    return render_template(
        "registration/new_export.html",
        form=form, sheet=sheet, wanted=wanted, total=total, is_exact=not total or bool(counts), **_words(),
    )  # fmt: skip


def _wanted(query: Any) -> Filter:
    return Filter.from_query(query, zone=signed_in_account().time_zone)


def _line(public_id: UUID) -> Line:
    return export_listing.read_line(str(public_id)) or abort(404)


def _words() -> dict[str, Any]:
    account = signed_in_account()
    return {
        "zone": account.time_zone,
        "shapes": SHAPES,
        "state_words": state_words,
        "filter_sentence": filter_sentence,
        "may_fetch": lambda line: line.row.state == "ready" and has_role(account, line.role),
        "own_id": account.id,
    }
