"""Sessions in words: their language, their dates, their state, what a visitor can do about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from babel import Locale
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup

from ..clock import now
from ..dates import date_tag, datetime_words, day_words, local, time_tag, time_words, zone_words
from ..languages import LANGUAGES, current_language
from .programme import Programme
from .showing import ShownSession, ShownTraining
from .states import CHOOSABLE, PublicState

HIDDEN = (PublicState.PAST,)
STATES: dict[PublicState, Any] = {
    PublicState.OPEN: _l("Places available"),
    PublicState.LAST_PLACES: _l("Last places"),
    PublicState.FULL: _l("Full: waiting list"),
    PublicState.CLOSED: _l("Registration is closed"),
    PublicState.PAUSED: _l("Registration is paused"),
    PublicState.CANCELLED: _l("Cancelled"),
}
ACTIONS: dict[PublicState, Any] = {
    PublicState.OPEN: _l("Register"),
    PublicState.LAST_PLACES: _l("Register"),
    PublicState.FULL: _l("Join the waiting list"),
    PublicState.DATE_TO_COME: _l("Tell me"),
}
# Bytes in a kilobyte, as people who read a size on a page count.
KILO = 1000


@dataclass(frozen=True)
class SessionLine:
    """One row of a list of dates."""

    training: ShownTraining
    session: ShownSession
    state: PublicState
    title: str
    when: Markup
    places: str
    url: str
    action: str


def language_name(code: str) -> str:
    """Return a language's name in the language being spoken, small where that language writes it so."""
    return _name(code, current_language())


@lru_cache(maxsize=1024)
def _name(code: str, spoken: str) -> str:
    return Locale.parse(LANGUAGES[spoken].locale).languages.get(code, code)


def session_lines(
    training: ShownTraining, *, named: bool, moment: datetime | None = None
) -> list[SessionLine]:
    """Return the rows of a training's dates that are worth showing; `named` rows begin with the training."""
    moment = moment or now()
    lines = (_line(training, session, named, moment) for session in training.sessions)
    return [line for line in lines if line.state not in HIDDEN]


def next_session(training: ShownTraining, moment: datetime | None = None) -> ShownSession | None:
    """Return the next session that can be chosen: in the language being spoken, else in any."""
    moment = moment or now()
    open_ones = [session for session in training.sessions if session.public_state(moment) in CHOOSABLE]
    spoken = [session for session in open_ones if session.language == current_language()]
    return next(iter(spoken or open_ones), None)


def near_day(session: ShownSession) -> Markup:
    """Return the day of the first meeting, with its year only where it is not this one."""
    assert session.starts_at
    is_this_year = local(session.starts_at, session.time_zone).year == local(now(), session.time_zone).year
    return (_day_tag if is_this_year else date_tag)(session.starts_at, session.time_zone)


def dates_words(session: ShownSession) -> Markup:
    """Return when a session takes place: one date with its hour and zone, or from when to when."""
    return _dates(
        session.time_zone, tuple(meeting.starts_at for meeting in session.meetings), current_language()
    )


@lru_cache(maxsize=4096)
def _dates(zone: str, starts: tuple[datetime, ...], _spoken: str) -> Markup:
    if not starts:
        return Markup("{}").format(_("Date to come"))
    first, last = starts[0], starts[-1]
    if local(first, zone).date() == local(last, zone).date():
        return time_tag(first, zone)
    same_year = local(first, zone).year == local(last, zone).year
    days = {"first": (_day_tag if same_year else date_tag)(first, zone), "last": date_tag(last, zone)}
    hours = {local(start, zone).time() for start in starts}
    if len(hours) > 1:
        words = _("From %(first)s to %(last)s, first meeting at %(time)s, %(zone)s", **_marked(days),
                  time=time_words(first, zone), zone=zone_words(zone))  # fmt: skip
    else:
        words = _("From %(first)s to %(last)s, %(time)s, %(zone)s", **_marked(days),
                  time=time_words(first, zone), zone=zone_words(zone))  # fmt: skip
    return _unmarked(words, days)


def state_words(session: ShownSession, state: PublicState) -> str:
    """Return how a session stands, in words."""
    if state is PublicState.SOON and session.opens_at is not None:
        return _("Opens on %(day)s", day=datetime_words(session.opens_at, session.time_zone))
    return str(STATES.get(state, ""))


def action_words(state: PublicState) -> str:
    """Return the verb of a session's link, or nothing where there is none."""
    return str(ACTIONS.get(state, ""))


def size_words(number: int) -> str:
    """Return a file's size, rounded as a person would say it."""
    if number < KILO * KILO:
        return _("%(number)s kB", number=max(1, round(number / KILO)))
    spoken = Locale.parse(LANGUAGES[current_language()].locale)
    point = spoken.number_symbols["latn"]["decimal"]
    return _("%(number)s MB", number=f"{number / KILO / KILO:.1f}".replace(".", point))


def partners_words(programme: Programme) -> list[tuple[str, list[str]]]:
    """Return each country's partners, the one that leads first."""
    territories = Locale.parse(LANGUAGES[current_language()].locale).territories
    countries: dict[str, list[str]] = {}
    for partner in sorted(programme.partners, key=lambda partner: not partner.lead):
        name = _("%(name)s, which leads the project", name=partner.name) if partner.lead else partner.name
        countries.setdefault(territories.get(partner.country, partner.country), []).append(name)
    return list(countries.items())


def _line(training: ShownTraining, session: ShownSession, named: bool, moment: datetime) -> SessionLine:
    state = session.public_state(moment)
    title = _title(training, session, named)
    if session.is_example:
        title = _("%(title)s (example)", title=title)
    return SessionLine(
        training, session, state, title, dates_words(session), state_words(session, state),
        _address(training, session, state), action_words(state),
    )  # fmt: skip


def _title(training: ShownTraining, session: ShownSession, named: bool) -> str:
    language, count = language_name(session.language), len(session.meetings)
    if named:
        return _("%(training)s, in %(language)s", training=training.text.short_title, language=language)
    if count > 1:
        return ngettext(
            "In %(language)s, %(num)d meeting", "In %(language)s, %(num)d meetings", count, language=language
        )
    return _("In %(language)s", language=language)


def _address(training: ShownTraining, session: ShownSession, state: PublicState) -> str:
    if state in CHOOSABLE:
        return url_for("registration.new_registration", session=session.public_id)
    if state is PublicState.DATE_TO_COME:
        return url_for("registration.new_registration", training=training.slug)
    return ""


def _day_tag(moment: datetime, zone: str) -> Markup:
    machine = local(moment, zone).date().isoformat()
    return Markup('<time datetime="{}">{}</time>').format(machine, day_words(moment, zone))


def _marked(days: dict[str, Any]) -> dict[str, str]:
    # Translated sentences are plain text: the tags go in after they were escaped.
    return {name: f"\0{name}\0" for name in days}


def _unmarked(words: str, days: dict[str, Markup]) -> Markup:
    text = str(Markup("{}").format(words))
    for name, tag in days.items():
        text = text.replace(f"\0{name}\0", str(tag))
    return Markup(text)  # noqa: S704  (escaped above; the tags escape what they hold)
