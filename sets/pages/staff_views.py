"""The team's first page: today's truth."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_skeleton
from flask import Flask, render_template, url_for

from ..catalogue.labels import language_words, session_words
from ..catalogue.remarks import standing_shape, standing_words
from ..clock import now
from ..languages import LANGUAGES, current_language
from ..registration.wording import status_words
from ..staff.deliveries import MOST
from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.roles import has_role
from .figures import read_figures

blueprint = staff_blueprint("staff", __name__, url_prefix="/staff")


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/")
def show_dashboard() -> Any:
    """Show what waits for somebody, and how everything stands."""
    account = signed_in_account()
    figures = read_figures(account.time_zone, with_needs=has_role(account, "organiser"))
    return render_template(
        "pages/show_dashboard.html",
        figures=figures, moment=now(), zone=account.time_zone, most_mails=MOST,
        week_rows=[(_short_day(day), number, _list_of(day, account.time_zone)) for day, number in figures.weeks],
        trainings={row.training.id: row.training for row in figures.trainings},
        session_words=session_words, language_words=language_words, status_words=status_words,
        standing_shape=standing_shape, standing_words=standing_words,
    )  # fmt: skip


def _list_of(monday: date, zone: str) -> str:
    """Return the address of what came in the week of that Monday."""
    sunday = monday + timedelta(days=6)
    return url_for(
        "registrations.list_registrations",
        received_from=monday.isoformat(), received_to=sunday.isoformat(), zone=zone,
    )  # fmt: skip


def _short_day(day: date) -> str:
    moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day of the calendar, in no zone
    return format_skeleton("MMMd", moment, locale=LANGUAGES[current_language()].locale)
