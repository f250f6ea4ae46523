"""Calendar files (RFC 5545, 5546): one per meeting in mails (REQUEST, CANCEL), and whole ones to download."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from icalendar import Calendar, Event, Timezone, vCalAddress, vDuration
from sqlalchemy import select

from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..clock import now
from ..database import db
from ..languages import speaking
from ..mailing.kinds import Part
from ..mailing.letterhead import letterhead, sender
from ..mailing.links import page_url
from .calendar_entries import CANCEL, Told, uid_host
from .choosing import in_language
from .keys import join_token
from .models import CalendarEntry, Registration, Status
from .standing import Standing, Subject, subjects_of

CONTENT_TYPE = "text/calendar"
PUBLISH = "PUBLISH"
# How often a calendar that subscribes is asked to look again.
ASKED_EVERY = timedelta(hours=6)


@dataclass(frozen=True)
class Occasion:
    """One meeting as a calendar shows it: the `number`th of `total`."""

    meeting_id: int
    meeting_public_id: str
    session_id: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    language: str
    revision: int
    subject: Subject
    number: int
    total: int
    is_cancelled: bool


def letter_parts(told: Iterable[Told], *, learner: Any, address: str) -> list[Part]:
    """Return one calendar part per meeting that a mail tells of, for that learner at that address, in time's order."""
    wanted = {one.key: one for one in told}
    if not wanted:
        return []
    uids, sessions = _uids(wanted), _sessions_with({key[1] for key in wanted})
    occasions = {occasion.meeting_id: occasion for occasion in _occasions(sessions, with_cancelled=True)}
    parts = []
    for key, one in sorted(wanted.items(), key=lambda item: occasions[item[0][1]].starts_at):
        occasion = occasions[key[1]]
        event = _event(occasion, uid=uids[key], sequence=one.sequence)
        _invite(event, address)
        if one.method == CANCEL:
            event.add("status", "CANCELLED")
        else:
            _add_own_way(event, occasion, learner)
        name = f"{occasion.subject.slug}-{occasion.starts_at:%Y-%m-%d}.ics"
        parts.append(Part(_file(one.method, [event]), name, CONTENT_TYPE, one.method))
    return parts


def published_calendar(session_ids: Iterable[int], language: str, *, name: str = "") -> bytes:
    """Return the meetings of these sessions for anybody: no attendee, no join link, UIDs of their own.

    With a `name` it is a feed, which calendars call so.
    """
    with speaking(language):
        events = []
        for occasion in _occasions(set(session_ids)):
            event = _event(
                occasion, uid=_public_uid(occasion.meeting_public_id), sequence=occasion.revision - 1
            )
            words = _("Your own link into the room is in the message that confirms your place.")
            event.add("description", f"{in_language(occasion.language)}.\n{words}")
            event.add("url", page_url("public.show_home"))
            event.add("status", "CONFIRMED")
            events.append(event)
        return _file(PUBLISH, events, name=name)


def personal_calendar(standing: Standing, learner: Any) -> bytes:
    """Return a confirmed registration's meetings to download: the UIDs of the mails, the learner's own links."""
    entries = {
        row.meeting_id: row
        for row in db.session.execute(
            select(CalendarEntry.meeting_id, CalendarEntry.uid, CalendarEntry.sequence).where(
                CalendarEntry.registration_id == standing.id
            )
        )
    }
    events = []
    for occasion in _occasions({standing.session_id} if standing.session_id else set()):
        entry = entries.get(occasion.meeting_id)
        uid = entry.uid if entry else _public_uid(occasion.meeting_public_id)
        event = _event(occasion, uid=uid, sequence=entry.sequence if entry else 0)
        _add_own_way(event, occasion, learner)
        events.append(event)
    return _file(PUBLISH, events)


def subscribed_calendar(learner: Any, *, since: datetime) -> bytes:
    """Return all of a learner's meetings that end after `since`, as a feed: the UIDs of the mails, their own links.

    What they were told of and does not take place, or not with them, is in it as cancelled.
    """
    entries = {(row.session_id, row.meeting_id): row for row in db.session.execute(_entries_of(learner.id))}
    has_place = _sessions_with_place(learner.id)
    events = []
    with speaking(learner.language):
        for occasion in _occasions(has_place | {key[0] for key in entries}, with_cancelled=True):
            entry = entries.get((occasion.session_id, occasion.meeting_id))
            is_on = occasion.session_id in has_place and not occasion.is_cancelled
            if occasion.ends_at <= since or not (is_on or entry):
                continue
            uid = entry.uid if entry else _own_uid(learner, occasion)
            event = _event(occasion, uid=uid, sequence=entry.sequence if entry else 0)
            if is_on:
                _add_own_way(event, occasion, learner)
            else:
                event.add("status", "CANCELLED")
            events.append(event)
        return _file(PUBLISH, events, name=_("My meetings with %(programme)s", programme=letterhead().name))


def content_tag(file: bytes) -> str:
    """Return what tells two files apart, but for the moment at which each was written."""
    lines = (line for line in file.splitlines() if not line.startswith(b"DTSTAMP"))
    return hashlib.sha256(b"\n".join(lines)).hexdigest()[:20]


def _event(occasion: Occasion, *, uid: str, sequence: int) -> Event:
    zone = ZoneInfo(occasion.zone)
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", now())
    event.add("dtstart", occasion.starts_at.astimezone(zone))
    event.add("dtend", occasion.ends_at.astimezone(zone))
    event.add("summary", _summary(occasion))
    event.add("location", _("Online"))
    name, address = parseaddr(sender())
    organiser = vCalAddress(f"mailto:{address}")
    organiser.params["CN"] = name or letterhead().name
    event.add("organizer", organiser)
    return event


def _summary(occasion: Occasion) -> str:
    title = occasion.subject.title
    return f"{title} ({occasion.number}/{occasion.total})" if occasion.total > 1 else title


def _invite(event: Event, address: str) -> None:
    """Name the receiver, who has already said yes by registering: calendars need not ask."""
    attendee = vCalAddress(f"mailto:{address}")
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "ACCEPTED"
    attendee.params["RSVP"] = "FALSE"
    event.add("attendee", attendee)


def _add_own_way(event: Event, occasion: Occasion, learner: Any) -> None:
    """Add the learner's way into the room. The personal page's link is not here: people share their calendars."""
    link = page_url("learner.show_join", token=join_token(learner, occasion.meeting_public_id))
    lines = (
        f"{in_language(occasion.language)}.",
        _("Your own way into the room, from 30 minutes before: %(link)s", link=link),
        _("To give up your place, use the link in our messages."),
    )
    event.add("description", "\n".join(lines))
    event.add("url", link)
    event.add("status", "CONFIRMED")


def _file(method: str, events: Sequence[Event], *, name: str = "") -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{letterhead().name}//{uid_host()}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", ASKED_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(ASKED_EVERY).to_ical().decode())
    for event in events:
        calendar.add_component(event)
    years = [event.start.year for event in events]
    if years:
        calendar.add_missing_timezones(
            first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 2, 1, 1)
        )
    else:
        # A file without anything in it is none (RFC 5545, 3.6).
        calendar.add_component(Timezone.from_tzid("UTC"))
    return calendar.to_ical()


def _public_uid(meeting_public_id: str) -> str:
    return f"meeting-{meeting_public_id}@{uid_host()}"


def _own_uid(learner: Any, occasion: Occasion) -> str:
    """Return the UID of a meeting that no mail told of: an imported session's."""
    return f"{uuid.uuid5(uuid.UUID(learner.public_id), occasion.meeting_public_id)}@{uid_host()}"


def _entries_of(learner_id: int) -> Any:
    return (
        select(
            Registration.training_session_id.label("session_id"),
            CalendarEntry.meeting_id,
            CalendarEntry.uid,
            CalendarEntry.sequence,
        )
        .join(Registration, Registration.id == CalendarEntry.registration_id)
        .where(Registration.learner_id == learner_id, CalendarEntry.last_method.is_not(None))
    )


def _sessions_with_place(learner_id: int) -> set[int]:
    statement = (
        select(Registration.training_session_id)
        .join(TrainingSession, TrainingSession.id == Registration.training_session_id)
        .where(
            Registration.learner_id == learner_id,
            Registration.status == Status.CONFIRMED,
            TrainingSession.state != SessionState.CANCELLED,
        )
    )
    return {session_id for session_id in db.session.scalars(statement) if session_id}


def _uids(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    statement = select(CalendarEntry.registration_id, CalendarEntry.meeting_id, CalendarEntry.uid).where(
        CalendarEntry.registration_id.in_({key[0] for key in keys})
    )
    return {(row.registration_id, row.meeting_id): row.uid for row in db.session.execute(statement)}


def _sessions_with(meeting_ids: set[int]) -> set[int]:
    statement = select(Meeting.training_session_id).where(Meeting.id.in_(meeting_ids)).distinct()
    return set(db.session.scalars(statement))


def _occasions(session_ids: set[int], *, with_cancelled: bool = False) -> list[Occasion]:
    """Return the sessions' meetings in time's order; cancelled ones, where asked for, are not counted."""
    if not session_ids:
        return []
    statement = (
        select(Meeting, TrainingSession.training_id, TrainingSession.language, TrainingSession.time_zone)
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(Meeting.training_session_id.in_(session_ids))
        .order_by(Meeting.starts_at, Meeting.id)
    )
    rows = db.session.execute(statement).all()
    subjects = subjects_of(row.training_id for row in rows)
    standing = [row.Meeting for row in rows if row.Meeting.cancelled_at is None]
    occasions = []
    for row in rows:
        if row.Meeting.cancelled_at is not None and not with_cancelled:
            continue
        mates = [one for one in standing if one.training_session_id == row.Meeting.training_session_id]
        occasions.append(
            Occasion(
                meeting_id=row.Meeting.id,
                meeting_public_id=row.Meeting.public_id,
                session_id=row.Meeting.training_session_id,
                starts_at=row.Meeting.starts_at,
                ends_at=row.Meeting.ends_at,
                zone=row.time_zone,
                language=row.language,
                revision=row.Meeting.revision,
                subject=subjects[row.training_id],
                number=mates.index(row.Meeting) + 1 if row.Meeting in mates else 1,
                total=len(mates),
                is_cancelled=row.Meeting.cancelled_at is not None,
            )
        )
    return occasions
