"""What is said of a registration, in the language being spoken: the same sentences on pages and in mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.showing import ShownSession, snapshot
from ..catalogue.wording import language_name
from ..dates import date_words, datetime_words, local, time_words, zone_names, zone_words
from ..languages import LANGUAGES, current_language
from .choosing import in_language
from .models import Status
from .standing import Standing


def state_words(standing: Standing) -> str:
    """Return the state in a few words, with the rank where there is one."""
    status = standing.status
    if standing.is_over and status == Status.CONFIRMED:
        return _("Took place")
    if status == Status.WAITING and standing.is_any_date:
        return _("Waiting for a date")
    if status == Status.WAITING and standing.rank:
        return _("Waiting list, rank %(rank)s", rank=standing.rank)
    if status == Status.CANCELLED and standing.is_moved:
        return _("Changed for another date")
    words = {
        Status.CONFIRMED: _("Place confirmed"),
        Status.PENDING: _("Awaiting approval"),
        Status.WAITING: _("On the waiting list"),
        Status.OFFERED: _("A place awaits you"),
        Status.CANCELLED: _("Cancelled"),
        Status.REJECTED: _("Not accepted"),
        Status.EXPIRED: _("Expired"),
    }
    return words[Status(status)]


def where_words(standing: Standing) -> str:
    """Return the language and the date that matters: the next meeting once the session has begun, else the first."""
    if standing.is_any_date:
        names = [language_name(code) for code in standing.wants]
        wanted = format_list(names, "or", locale=LANGUAGES[current_language()].locale)
        no_date = _("There is no date yet.")
        return f"{_('In %(language)s', language=wanted)}. {no_date}" if names else no_date
    spoken_in = f"{in_language(standing.language)}."
    first, upcoming = standing.first, standing.next
    if first is None:
        return f"{spoken_in} {_('The date is to come.')}"
    if upcoming is not None and upcoming is not first:
        when = _("Next meeting: %(when)s.", when=datetime_words(upcoming.starts_at, standing.zone))
    else:
        when = _("First meeting: %(when)s.", when=datetime_words(first.starts_at, standing.zone))
    if len(standing.hours) == 1:
        when = f"{_sentence(datetime_words(first.starts_at, standing.zone))}."
    return f"{spoken_in} {when}"


def next_words(standing: Standing) -> str:
    """Return what happens next; empty once nothing does."""
    if not standing.is_current:
        return ""
    if standing.can_enter:
        return _("The room is open: you may enter.")
    if standing.status == Status.CONFIRMED:
        return _("The room opens 30 minutes before. You enter from here, or by the link in your messages.")
    if standing.status == Status.PENDING:
        if standing.decide_by is None:
            return _("The team looks at each registration and answers you by mail.")
        return _(
            "The team looks at each registration and answers you by mail before %(when)s.",
            when=datetime_words(standing.decide_by, standing.zone),
        )
    if standing.status == Status.OFFERED:
        return _("After that, the place goes to the next person.")
    if standing.can_claim:
        return " ".join(filter(None, (_free_date(standing), _("Who answers first has it."))))
    if standing.is_any_date:
        return _(
            "As soon as there is a date for you, a message offers you a place. Until then, nothing to do."
        )
    return f"{_before_you(standing)} {_when_free(standing)}".strip()


def cancelled_words(was: str) -> str:
    """Return what cancelling did, by the state before."""
    if was == Status.WAITING:
        return _("You wait no more for this training. Thank you for telling us.")
    return _("Your place is free again, and goes to the next person. Thank you for telling us.")


def stays_words(standing: Standing) -> str:
    """Return what stays of a registration whose session has other dates."""
    if standing.status == Status.CONFIRMED:
        return _("Your place stays yours.")
    if standing.status == Status.WAITING:
        return _("You keep your rank on the waiting list.")
    return _("Your registration stays as it is.")


def deadline_words(standing: Standing, reader_zone: str = "") -> str:
    """Return until when an offer can be answered, on the reader's clock too where that differs."""
    if standing.offer_ends_at is None:
        return ""
    when = datetime_words(standing.offer_ends_at, standing.zone)
    theirs = own_clock(standing.offer_ends_at, standing.zone, reader_zone)
    return _("Answer before %(when)s.", when=f"{when} ({theirs})" if theirs else when)


def hours_words(standing: Standing, reader_zone: str = "") -> list[str]:
    """Return each meeting from its first to its last minute.

    The hour on the reader's clock follows where it differs: once, and again where the difference changes.
    """
    lines, told = [], None
    for hour in standing.hours:
        words = _hour_line(hour.starts_at, hour.ends_at, standing.zone)
        theirs = own_clock(hour.starts_at, standing.zone, reader_zone)
        difference = theirs and _difference(hour.starts_at, standing.zone, reader_zone)
        lines.append(f"{words} ({theirs})" if theirs and difference != told else words)
        told = difference
    return lines


def session_state(session: Any) -> dict[str, Any]:
    """Return a session's language, zone and meetings as JSON data, to tell later what they were."""
    return {
        "language": session.language,
        "zone": session.time_zone,
        "hours": [
            [meeting.starts_at.isoformat(), meeting.ends_at.isoformat()]
            for meeting in session.standing_meetings
        ],
    }


def earlier_hours(was: Mapping[str, Any]) -> list[str]:
    """Return the meetings of a session as they were (`session_state`), one line each; one sentence where none was."""
    lines = [
        _hour_line(datetime.fromisoformat(starts), datetime.fromisoformat(ends), was["zone"])
        for starts, ends in was["hours"]
    ]
    return lines or [_("The date was to come.")]


def _hour_line(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    return _(
        "%(day)s, from %(start)s to %(end)s, %(zone)s",
        day=_sentence(date_words(starts_at, zone)),
        start=time_words(starts_at, zone),
        end=time_words(ends_at, zone),
        zone=zone_words(zone),
    )


def own_clock(moment: datetime, zone: str, reader_zone: str) -> str:
    """Return the hour on the reader's clock, with the day where it is another; empty where both clocks agree."""
    if reader_zone not in zone_names():
        return ""
    there, here = local(moment, zone), local(moment, reader_zone)
    if there.utcoffset() == here.utcoffset():
        return ""
    if there.date() == here.date():
        return _("%(hour)s, %(zone)s", hour=time_words(moment, reader_zone), zone=zone_words(reader_zone))
    return datetime_words(moment, reader_zone)


def session_date(session: ShownSession) -> str:
    """Return a session that one can register for: its language, and its first meeting."""
    if session.starts_at is None:
        return f"{in_language(session.language)}. {_('The date is to come.')}"
    return f"{in_language(session.language)}, {datetime_words(session.starts_at, session.time_zone)}"


def messages_words(learner: Any, has_news: bool) -> str:
    """Return how we write to somebody: language, clock, news."""
    words = [f"{in_language(learner.language)}."]
    if learner.time_zone in zone_names():
        words.append(_("Hours on your clock: %(zone)s.", zone=zone_words(learner.time_zone)))
    words.append(
        _("You receive news of other trainings.")
        if has_news
        else _("You receive no news of other trainings.")
    )
    return " ".join(words)


def training_count(position: int) -> str:
    """Return which of the trainings it is."""
    return _("Training %(number)s", number=position)


def _difference(moment: datetime, zone: str, other: str) -> timedelta:
    return (local(moment, zone).utcoffset() or timedelta()) - (
        local(moment, other).utcoffset() or timedelta()
    )


def _free_date(standing: Standing) -> str:
    """Return in which session a place is free; whoever waits for any date was not told before which one it is."""
    session = next((one for one in snapshot().sessions if one.public_id == standing.told_free[0]), None)
    if session is None or not standing.is_any_date:
        return _("A place is free.")
    return _("A place is free: %(session)s.", session=session_date(session))


def _before_you(standing: Standing) -> str:
    if not standing.rank:
        return ""
    if standing.rank == 1:
        return _("Nobody is before you.")
    return ngettext("One person is before you.", "%(num)d people are before you.", standing.rank - 1)


def _when_free(standing: Standing) -> str:
    if standing.is_automatic:
        return _("As soon as a place is free for you, it is yours and a message tells you.")
    return _("As soon as a place is free for you, a message offers it and leaves you time to answer.")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
