"""How a session stands for the team: a draft or what the public is told; and what deserves a look in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from flask_babel import gettext as _
from flask_babel import ngettext

from ..dates import date_words, time_words
from ..languages import LANGUAGES
from .models import Meeting, SessionState, TrainingSession
from .showing import shown_session
from .states import PublicState, session_state

# The shape (macros/status.html) of each state that has none of its own.
SHAPES: dict[str, str] = {
    PublicState.LAST_PLACES: "open",
    PublicState.PAST: "closed",
    PublicState.DATE_TO_COME: "waiting",
    PublicState.SOON: "waiting",
    PublicState.FULL: "waiting",
}
ROOM_WANTED = timedelta(days=14)


def standing(session: TrainingSession, moment: datetime) -> str:
    """Return how the session stands: a draft, or what the public is told of it."""
    if session.state == SessionState.DRAFT:
        return str(SessionState.DRAFT)
    return str(session_state(shown_session(session, session.meetings), moment))


def standing_words(word: str) -> str:
    """Return a standing in the reader's language."""
    words: dict[str, str] = {
        SessionState.DRAFT: _("Draft"),
        PublicState.CANCELLED: _("Cancelled"),
        PublicState.PAST: _("Past"),
        PublicState.PAUSED: _("Paused"),
        PublicState.CLOSED: _("Registration closed"),
        PublicState.DATE_TO_COME: _("Date to come"),
        PublicState.SOON: _("Opens soon"),
        PublicState.FULL: _("Full"),
        PublicState.LAST_PLACES: _("Nearly full"),
        PublicState.OPEN: _("Open"),
    }
    return words.get(word, word)


def standing_shape(word: str) -> str:
    """Return the shape that a standing is drawn with."""
    return SHAPES.get(word, word)


def is_past(session: TrainingSession, moment: datetime) -> bool:
    """Tell whether the session's last meeting is over."""
    meetings = session.standing_meetings
    return bool(meetings) and meetings[-1].ends_at <= moment


def remarks(session: TrainingSession, moment: datetime) -> list[str]:
    """Return what deserves a look, in sentences; none of it forbids anything."""
    if standing(session, moment) in ("cancelled", "past"):
        return []
    meetings = session.standing_meetings
    return [
        *_on_places(session),
        *_on_language(session),
        *_on_window(session),
        *_on_meetings(meetings, session, moment),
    ]


def hindrance_words() -> dict[str, str]:
    """Return, for each reason of `planning.hindrance`, why a session cannot be published."""
    return {
        "no_page": _("The training is not on the site: publish it first, so that the session has a page."),
        "no_texts": _("The training has no whole text in the language of this session: write it first."),
    }


def _on_places(session: TrainingSession) -> list[str]:
    if session.capacity is None or session.places_taken <= session.capacity:
        return []
    return [
        ngettext(
            "Over by %(num)d: one person more than there are places. Nobody is removed.",
            "Over by %(num)d: more people than there are places. Nobody is removed.",
            session.places_taken - session.capacity,
        )
    ]


def _on_language(session: TrainingSession) -> list[str]:
    name = LANGUAGES[session.language].name if session.language in LANGUAGES else session.language
    found = []
    if session.language not in session.training.texts:
        found.append(
            _("The training has no texts in the language of this session (%(language)s).", language=name)
        )
    if session.language not in session.training.brochures:
        found.append(
            _("The training has no brochure in the language of this session (%(language)s).", language=name)
        )
    return found


def _on_window(session: TrainingSession) -> list[str]:
    first, found = session.first_meeting, []
    if first and session.closes_at and session.closes_at > first.starts_at:
        found.append(_("Registration is set to close after the first meeting. It closes when that begins."))
    if first and session.opens_at and session.opens_at >= first.starts_at:
        found.append(_("Registration is set to open after the first meeting, so nobody could register."))
    if first and session.needs_approval and session.decide_by and session.decide_by > first.starts_at:
        found.append(_("The team’s decision is set after the first meeting."))
    return found


def _on_meetings(meetings: list[Meeting], session: TrainingSession, moment: datetime) -> list[str]:
    if not meetings:
        return [_("There is no meeting yet: the session can be shown, but nobody can register for it.")]
    found = [
        _("The meeting of %(moment)s lies in the past.", moment=_words(meeting, session))
        for meeting in meetings
        if meeting.ends_at <= moment
    ]
    found += [
        _(
            "The meeting of %(moment)s begins before the one of %(other)s is over.",
            moment=_words(later, session),
            other=_words(earlier, session),
        )
        for earlier, later in pairwise(meetings)
        if later.starts_at < earlier.ends_at
    ]
    without = [meeting for meeting in meetings if not meeting.room_url and meeting.ends_at > moment]
    if without:
        found.append(
            ngettext("One meeting has no room yet.", "%(num)d meetings have no room yet.", len(without))
        )
    return found


def _words(meeting: Meeting, session: TrainingSession) -> str:
    day = date_words(meeting.starts_at, session.time_zone)
    return f"{day}, {time_words(meeting.starts_at, session.time_zone)}"
