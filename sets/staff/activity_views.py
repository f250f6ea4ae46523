"""The page of the activity log, and its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, render_template, request, stream_with_context
from flask_babel import gettext as _

from .. import clock
from ..dates import local, zone_words
from ..spreadsheets import csv_of, sent_xlsx, write_rows
from .activity import note_export
from .activity_listing import (
    ActivityFilter,
    count_lines,
    every_line,
    list_lines,
    people,
    subject_words,
    verbs,
)
from .guard import signed_in_account, staff_blueprint

blueprint = staff_blueprint("activity", __name__, role="administrator", url_prefix="/staff/activity")
# Ids are short; what is longer is none.
LONGEST = 60
# Of the columns of its spreadsheet, in letters.
WIDTHS = (20, 24, 34, 26, 40, 16, 38, 8, 50)


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_activities() -> Any:
    chosen, before = _chosen(request.args), request.args.get("before", type=int)
    if before is not None and not 0 < before < 2**31:
        before = None
    rows, older = list_lines(chosen, before)
    return render_template(
        "staff/list_activities.html",
        chosen=chosen, rows=rows, older=older, people=people(), verbs=verbs(), is_later_page=before is not None,
        about=subject_words(chosen) if chosen.id else "",
    )  # fmt: skip


@blueprint.post("/export")
def create_export() -> Any:
    chosen = _chosen(request.form)
    count, newest = count_lines(chosen)
    note_export(count, chosen.query)
    name = f"activity-{clock.now():%Y-%m-%d}"
    headings, rows = _headings(chosen), _cells(chosen, newest)
    if request.form.get("format") == "xlsx":
        folder, title = Path(current_app.instance_path), _("Activity")
        response, _count = sent_xlsx(
            folder, f"{name}.xlsx", lambda path: write_rows(path, title, headings, rows, widths=WIDTHS)
        )
        return response
    body = stream_with_context(csv_of(headings, map(_as_text, rows)))
    response = Response(body, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _headings(chosen: ActivityFilter) -> list[str]:
    return [
        _("When (%(zone)s)", zone=zone_words(chosen.time_zone)), _("Who"), _("What"),
        _("Key"), _("On what"), _("Kind of subject"), _("Id"), _("Rows"), _("Filter"),
    ]  # fmt: skip


def _cells(chosen: ActivityFilter, newest: int) -> Iterator[list[str | int | datetime | None]]:
    for line in every_line(chosen, newest):
        yield [
            local(line.at, chosen.time_zone).replace(tzinfo=None, microsecond=0), line.actor, line.words, line.verb,
            line.subject, line.subject_type, line.subject_id,
            line.rows, line.filter,
        ]  # fmt: skip


def _as_text(cells: Sequence[str | int | datetime | None]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in cells]


def _chosen(asked: Mapping[str, str]) -> ActivityFilter:
    """Return what is asked for; what cannot be is as if it was not asked."""
    who, verb, kind, subject = (asked.get(name, "") for name in ("who", "verb", "type", "id"))
    is_named = bool(kind and _is_id(kind) and _is_id(subject))
    return ActivityFilter(
        who=who if who in dict(people()) else "",
        verb=verb if verb in dict(verbs()) else "",
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
        type=kind if is_named else "",
        id=subject if is_named else "",
        time_zone=signed_in_account().time_zone,
    )


def _is_id(text: str) -> bool:
    """Tell whether a text can be an id; a longer number than this fits no column."""
    is_plain = text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST
    return is_plain and not (text.isdecimal() and len(text) > 9)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Years that a zone, and a day more, cannot take beyond what dates can be.
    return day if 1970 < day.year < 9000 else None
