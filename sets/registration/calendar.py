"""Calendar files (RFC 5545, 5546): one per meeting in mails (REQUEST, CANCEL), and whole ones to download."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from icalendar import Calendar, Event, vCalAddress
from sqlalchemy import select

from ..catalogue.models import Meeting, TrainingSession
from ..clock import now
from ..database import db
from ..languages import speaking
from ..mailing.kinds import Part
from ..mailing.letterhead import letterhead, sender
from ..mailing.links import page_url
from .calendar_entries import CANCEL, Told, uid_host
from .choosing import in_language
from .keys import join_token
from .models import CalendarEntry
from .standing import Standing, Subject, subjects_of

CONTENT_TYPE = "text/calendar"
PUBLISH = "PUBLISH"


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


def published_calendar(session_ids: Iterable[int], language: str) -> bytes:
    """Return the meetings of these sessions for anybody: no attendee, no join link, UIDs of their own."""
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
        return _file(PUBLISH, events)


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


def _file(method: str, events: Sequence[Event]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//{letterhead().name}//{uid_host()}//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    years = [event.start.year for event in events]
    if years:
        calendar.add_missing_timezones(
            first_date=date(min(years) - 1, 1, 1), last_date=date(max(years) + 2, 1, 1)
        )
    return calendar.to_ical()


def _public_uid(meeting_public_id: str) -> str:
    return f"meeting-{meeting_public_id}@{uid_host()}"


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
            )
        )
    return occasions
