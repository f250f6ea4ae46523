"""What would go if something were kept for a shorter time: counted before anybody decides. Reads only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import ngettext
from sqlalchemy import case, func, select

from ..database import db
from ..mailing.models import Delivery
from ..mailing.outbox import KEPT_FOR
from ..preferences import PREFERENCES, preference
from ..privacy import SETTINGS, span
from ..registration.models import Learner, LearnerNeed, Registration, Status
from ..registration.retention import learners_due, needs_due
from ..staff.models import Activity

# Nothing is removed earlier than so long after it was announced.
NOTICE = timedelta(days=7)


def is_shorter(key: str, number: Any) -> bool:
    """Tell whether a setting is a period that would be shorter than it is now."""
    return key in SETTINGS.values() and number < preference(key)


def would_go(key: str, number: int, moment: datetime) -> int:
    """Return how much would go at that moment under the shorter period that would stay under the one in force."""
    one = PREFERENCES[key]
    shorter, present = span(number, one.unit), span(preference(key), one.unit)
    name = next(name for name, setting in SETTINGS.items() if setting == key)
    return max(0, _due(name, moment, shorter) - _due(name, moment, present))


def going_words(key: str, count: int) -> str:
    """Return how much of what goes, as words that stand alone."""
    name = next(name for name, setting in SETTINGS.items() if setting == key)
    if name == "registrations":
        return ngettext("%(num)d person", "%(num)d people", count)
    if name == "needs":
        return ngettext(
            "the accessibility needs of %(num)d person", "the accessibility needs of %(num)d people", count
        )
    if name == "waits":
        return ngettext("%(num)d wait for any date", "%(num)d waits for any date", count)
    if name == "mails":
        return ngettext("the text of %(num)d message", "the texts of %(num)d messages", count)
    return ngettext("%(num)d line of the activity", "%(num)d lines of the activity", count)


def _due(name: str, moment: datetime, length: timedelta) -> int:
    if name == "registrations":
        statement = select(func.count(Learner.id)).where(learners_due(moment, length))
    elif name == "needs":
        statement = select(func.count(LearnerNeed.learner_id)).where(needs_due(moment, length))
    elif name == "waits":
        since = case(
            (Registration.renewed_at > Registration.status_at, Registration.renewed_at),
            else_=Registration.status_at,
        )
        statement = select(func.count(Registration.id)).where(
            Registration.status == Status.WAITING,
            Registration.training_session_id.is_(None),
            Registration.silent.is_(False),
            since <= moment - length,
        )
    elif name == "mails":
        limit = moment - (length - KEPT_FOR)
        statement = select(func.count(Delivery.id)).where(Delivery.keep_until <= limit)
    else:
        statement = select(func.count(Activity.id)).where(Activity.at <= moment - length)
    return int(db.session.scalar(statement) or 0)
