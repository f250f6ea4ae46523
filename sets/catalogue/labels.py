"""Trainings, sessions and languages as the team's pages name them: short, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale
from flask import g, has_request_context
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..clock import now
from ..database import db
from ..dates import date_words, day_words, local, time_words, zone_words
from ..languages import LANGUAGES, current_language, localised
from .emblems import Emblem, emblem
from .models import Training, TrainingSession


@dataclass(frozen=True)
class TrainingLabel:
    """A training as lists name it: what the emblem macros need, and its short title."""

    id: int
    slug: str
    position: int
    short_title: str

    @property
    def tone_class(self) -> str:
        """Return the class that gives the training its colour."""
        return f"is-{self.position}" if self.position <= 3 else "is-other"

    @property
    def emblem(self) -> Emblem:
        """Return the training's emblem."""
        return emblem(self.position, self.slug)


def training_labels() -> dict[int, TrainingLabel]:
    """Return every training by id, in the catalogue's order."""
    language = current_language()
    found = {}
    statement = (
        select(Training).options(selectinload(Training.texts)).order_by(Training.position, Training.id)
    )
    for training in db.session.scalars(statement):
        _code, text = localised(training.texts, language)
        title = text.fields.get("short_title", text.title) if text else training.slug
        found[training.id] = TrainingLabel(training.id, training.slug, training.position, title)
    return found


def session_words(session: TrainingSession | None) -> str:
    """Return a session as lists name it: day (with the year unless it is this), hour, language; or "date to come".

    Its zone is named unless it is the one of the account that reads, whose pages say which.
    """
    if session is None:
        return _("Any date")
    language = language_words(session.language)
    meeting = session.first_meeting
    if meeting is None:
        return _("Date to come, in %(language)s", language=language)
    zone = session.time_zone
    is_this_year = local(meeting.starts_at, zone).year == now().year
    hour = time_words(meeting.starts_at, zone)
    if zone != (g.get("zone") if has_request_context() else None):
        hour = f"{hour}, {zone_words(zone)}"
    return _(
        "%(day)s, %(hour)s, in %(language)s",
        day=(day_words if is_this_year else date_words)(meeting.starts_at, zone),
        hour=hour,
        language=language,
    )


def meeting_words(session: TrainingSession) -> list[str]:
    """Return the session's meetings, each with its day and its hours."""
    zone = session.time_zone
    return [
        _(
            "%(day)s, %(start)s to %(end)s",
            day=date_words(meeting.starts_at, zone),
            start=time_words(meeting.starts_at, zone),
            end=time_words(meeting.ends_at, zone),
        )
        for meeting in session.standing_meetings
    ]


def lead_words(minutes: int) -> str:
    """Return how long before a meeting something is: in days, hours or minutes, the largest that fits."""
    if minutes % (24 * 60) == 0:
        return ngettext("%(num)d day before", "%(num)d days before", minutes // (24 * 60))
    if minutes % 60 == 0:
        return ngettext("%(num)d hour before", "%(num)d hours before", minutes // 60)
    return ngettext("%(num)d minute before", "%(num)d minutes before", minutes)


def language_words(code: str) -> str:
    """Return a language's name in the language being spoken."""
    return Locale.parse(LANGUAGES[current_language()].locale).languages.get(code, code)
