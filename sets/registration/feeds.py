"""Calendar feeds: a learner's own, whose address is its only key, and a training's, for anybody. Reads only."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _

from ..catalogue.models import SessionState
from ..catalogue.showing import ShownTraining
from ..clock import now
from ..languages import current_language
from . import calendar
from .keys import LinkUnknown, read_feed_token
from .links_of_people import person_of

# What is over stays so long in a learner's own feed.
KEPT_AFTER = timedelta(days=30)


def learner_feed(token: str) -> bytes:
    """Return the calendar of the learner whose feed this is. Raises LinkUnknown."""
    read = read_feed_token(token)
    if read is None:
        raise LinkUnknown
    learner, _link_version, feed_version = person_of(read[0])
    if learner is None:
        raise LinkUnknown
    if feed_version != read[1]:
        raise LinkUnknown(is_revoked=True)
    return calendar.subscribed_calendar(learner, since=now() - KEPT_AFTER)


def training_feed(training: ShownTraining) -> bytes:
    """Return the meetings of a training's sessions that the public knows and that are not over."""
    sessions = [
        session.id
        for session in training.sessions
        if session.state != SessionState.CANCELLED and session.ends_at and session.ends_at > now()
    ]
    name = _("%(training)s: dates", training=training.text.title)
    return calendar.published_calendar(sessions, current_language(), name=name)
