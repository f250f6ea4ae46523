"""The page of the activity log, and its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from flask import Flask, Response, render_template, request, stream_with_context
from flask_babel import gettext as _

from .. import clock
from ..dates import local
from ..spreadsheets import csv_of
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
    body = stream_with_context(csv_of(_headings(), _cells(chosen, newest)))
    response = Response(body, mimetype="text/csv")
    name = f"activity-{clock.now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _headings() -> list[str]:
    return [
        _("When"), _("Who"), _("What"), _("Key"), _("On what"), _("Kind of subject"), _("Id"), _("Rows"), _("Filter"),
    ]  # fmt: skip


def _cells(chosen: ActivityFilter, newest: int) -> Iterator[list[str]]:
    for line in every_line(chosen, newest):
        yield [
            f"{local(line.at, chosen.time_zone):%Y-%m-%d %H:%M:%S}", line.actor, line.words, line.verb,
            line.subject, line.subject_type, line.subject_id,
            "" if line.rows is None else str(line.rows), line.filter,
        ]  # fmt: skip


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
