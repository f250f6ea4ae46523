"""Calendar files (RFC 5545, 5546): one per meeting in mails (REQUEST, CANCEL), and whole ones to download."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from icalendar import Calendar, Event, Timezone, vCalAddress, vDuration
from sqlalchemy import bindparam, select

from ..catalogue.models import Meeting, SessionState, TrainingSession
from ..clock import now
from ..database import db
from ..languages import current_language, speaking
from ..mailing.batch import once
from ..mailing.kinds import Part
from ..mailing.letterhead import letterhead, sender
from ..mailing.links import page_url
from ..statements import kept
from .calendar_entries import CANCEL, Told, uid_host
from .calendar_lines import line, text_line
from .choosing import in_language
from .keys import join_token
from .models import CalendarEntry, Registration, Status
from .standing import Standing, Subject, subjects_of

CONTENT_TYPE = "text/calendar"
PUBLISH = "PUBLISH"
END = b"END:VCALENDAR\r\n"
CONFIRMED, CANCELLED = b"STATUS:CONFIRMED\r\n", b"STATUS:CANCELLED\r\n"
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
    uids, meetings = _uids_of(wanted), frozenset(key[1] for key in wanted)
    occasions = once(("occasions", meetings, current_language()), lambda: _occasions_with(meetings))
    parts = []
    for key, one in sorted(wanted.items(), key=lambda item: occasions[item[0][1]].starts_at):
        occasion = occasions[key[1]]
        way = (CANCELLED,) if one.method == CANCEL else _own_way(occasion, learner)
        event = _event(occasion, _invitation(address), *way, uid=uids[key], sequence=one.sequence)
        name = f"{occasion.subject.slug}-{occasion.starts_at:%Y-%m-%d}.ics"
        parts.append(Part(_file(one.method, [(occasion, event)]), name, CONTENT_TYPE, one.method))
    return parts


def published_calendar(session_ids: Iterable[int], language: str, *, name: str = "") -> bytes:
    """Return the meetings of these sessions for anybody: no attendee, no join link, UIDs of their own.

    With a `name` it is a feed, which calendars call so.
    """
    with speaking(language):
        events = []
        for occasion in _occasions(set(session_ids)):
            words = _("Your own link into the room is in the message that confirms your place.")
            event = _event(
                occasion,
                text_line("DESCRIPTION", f"{in_language(occasion.language)}.\n{words}"),
                line("URL", page_url("public.show_home")),
                CONFIRMED,
                uid=_public_uid(occasion.meeting_public_id),
                sequence=occasion.revision - 1,
            )
            events.append((occasion, event))
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
        sequence = entry.sequence if entry else 0
        event = _event(occasion, *_own_way(occasion, learner), uid=uid, sequence=sequence)
        events.append((occasion, event))
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
            way = _own_way(occasion, learner) if is_on else (CANCELLED,)
            event = _event(occasion, *way, uid=uid, sequence=entry.sequence if entry else 0)
            events.append((occasion, event))
        return _file(PUBLISH, events, name=_("My meetings with %(programme)s", programme=letterhead().name))


def content_tag(file: bytes) -> str:
    """Return what tells two files apart, but for the moment at which each was written."""
    lines = (line for line in file.splitlines() if not line.startswith(b"DTSTAMP"))
    return hashlib.sha256(b"\n".join(lines)).hexdigest()[:20]


def _event(occasion: Occasion, *lines: bytes, uid: str, sequence: int) -> bytes:
    common = _common_lines(occasion, sender(), letterhead().name, current_language())
    return b"".join(
        (
            b"BEGIN:VEVENT\r\n",
            common,
            line("UID", uid),
            line("SEQUENCE", str(sequence)),
            line("DTSTAMP", f"{now():%Y%m%dT%H%M%SZ}"),
            *lines,
            b"END:VEVENT\r\n",
        )
    )


@lru_cache(maxsize=500)
def _common_lines(occasion: Occasion, author: str, programme: str, language: str) -> bytes:
    """Return what an event says to everybody, in the language being spoken."""
    zone = ZoneInfo(occasion.zone)
    event = Event()
    event.add("dtstart", occasion.starts_at.astimezone(zone))
    event.add("dtend", occasion.ends_at.astimezone(zone))
    event.add("summary", _summary(occasion))
    event.add("location", _("Online"))
    name, address = parseaddr(author)
    organiser = vCalAddress(f"mailto:{address}")
    organiser.params["CN"] = name or programme
    event.add("organizer", organiser)
    return event.to_ical().removeprefix(b"BEGIN:VEVENT\r\n").removesuffix(b"END:VEVENT\r\n")


def _summary(occasion: Occasion) -> str:
    title = occasion.subject.title
    return f"{title} ({occasion.number}/{occasion.total})" if occasion.total > 1 else title


def _invitation(address: str) -> bytes:
    """Name the receiver, who has already said yes by registering: calendars need not ask."""
    return line(
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE", f"mailto:{address}"
    )


def _own_way(occasion: Occasion, learner: Any) -> tuple[bytes, ...]:
    """Return the learner's way into the room. The personal page's link is not here: people share their calendars."""
    link = page_url("learner.show_join", token=join_token(learner, occasion.meeting_public_id))
    words = (
        f"{in_language(occasion.language)}.",
        _("Your own way into the room, from 30 minutes before: %(link)s", link=link),
        _("To give up your place, use the link in our messages."),
    )
    return text_line("DESCRIPTION", "\n".join(words)), line("URL", link), CONFIRMED


def _file(method: str, events: Sequence[tuple[Occasion, bytes]], *, name: str = "") -> bytes:
    zones = tuple(sorted({occasion.zone for occasion, _event in events}))
    years = [occasion.starts_at.astimezone(ZoneInfo(occasion.zone)).year for occasion, _event in events] or [
        now().year
    ]
    author = f"-//{letterhead().name}//{uid_host()}//EN"
    head = _head(author, method, name, zones, min(years), max(years))
    return b"".join((head, *(event for _occasion, event in events), END))


@lru_cache(maxsize=200)
def _head(
    author: str, method: str, name: str, zones: tuple[str, ...], first_year: int, last_year: int
) -> bytes:
    """Return all that comes before the events. Kept: the rules of the zones take longer to write than the mail."""
    calendar = Calendar()
    calendar.add("prodid", author)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", ASKED_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(ASKED_EVERY).to_ical().decode())
    if not zones:
        # A file without anything in it is none (RFC 5545, 3.6).
        calendar.add_component(Timezone.from_tzid("UTC"))
    for zone in zones:
        stand_in = Event()
        stand_in.add("dtstart", datetime(first_year, 1, 1, tzinfo=ZoneInfo(zone)))
        calendar.add_component(stand_in)
        calendar.add_missing_timezones(
            first_date=date(first_year - 1, 1, 1), last_date=date(last_year + 2, 1, 1)
        )
        calendar.subcomponents.remove(stand_in)
    return calendar.to_ical().removesuffix(END)


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


def _uids_of(keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    found = _uids(ids=list({key[0] for key in keys}))
    return {(row.registration_id, row.meeting_id): row.uid for row in found}


@kept
def _uids() -> Any:
    return select(CalendarEntry.registration_id, CalendarEntry.meeting_id, CalendarEntry.uid).where(
        CalendarEntry.registration_id.in_(bindparam("ids", expanding=True))
    )


def _occasions_with(meeting_ids: frozenset[int]) -> dict[int, Occasion]:
    """Return all meetings of the sessions that these belong to, by id."""
    statement = select(Meeting.training_session_id).where(Meeting.id.in_(meeting_ids)).distinct()
    sessions = set(db.session.scalars(statement))
    return {occasion.meeting_id: occasion for occasion in _occasions(sessions, with_cancelled=True)}


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
