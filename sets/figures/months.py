"""Months and periods in words."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_skeleton
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import session_words, training_labels
from ..catalogue.models import Meeting, TrainingSession
from ..database import db
from ..dates import local
from ..languages import LANGUAGES, current_language
from .scope import ANY_DATE, Scope, first_month, months_between, this_month

# Years of months that can be chosen, the last ones.
MOST = 12 * 12


def month_words(month: str) -> str:
    """Return a month with its year, in the language being spoken."""
    day = datetime(int(month[:4]), int(month[5:]), 1)  # noqa: DTZ001 - a month of the calendar
    return format_skeleton("yMMMM", day, locale=LANGUAGES[current_language()].locale)


def period_words(begin: str, end: str) -> str:
    """Return a period of months; an empty text is without beginning or end."""
    if begin and begin == end:
        return month_words(begin)
    if begin and end:
        return _("%(first)s to %(last)s", first=month_words(begin), last=month_words(end))
    if begin:
        return _("Since %(month)s", month=month_words(begin))
    if end:
        return _("Until %(month)s", month=month_words(end))
    return _("From the beginning")


def scope_words(scope: Scope) -> str:
    """Return of what the figures tell: the training and the session where one is chosen, and the period."""
    trainings = [one.short_title for one in training_labels().values() if one.slug == scope.training]
    session = db.session.scalar(
        select(TrainingSession)
        .where(TrainingSession.public_id == scope.session)
        .options(selectinload(TrainingSession.meetings))
    )
    is_asked = session is not None or scope.session == ANY_DATE
    parts = [
        *trainings,
        *([session_words(session)] if is_asked else []),
        period_words(scope.begin, scope.end),
    ]
    return " · ".join(parts)


def month_choices(scope: Scope) -> list[tuple[str, str]]:
    """Return the months that can be chosen, with their words, the latest first: those of registrations and sessions."""
    last = db.session.scalar(select(func.max(Meeting.starts_at)))
    latest = max(this_month(), f"{local(last, scope.zone):%Y-%m}" if last else "", scope.end, scope.begin)
    earliest = min(month for month in (first_month(), this_month(), scope.begin, scope.end) if month)
    return [(month, month_words(month)) for month in reversed(months_between(earliest, latest)[-MOST:])]
