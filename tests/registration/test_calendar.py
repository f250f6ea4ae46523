"""Calendar files: one UID for life, a SEQUENCE that grows, the right hour in every zone, and nobody else's data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from sets.catalogue.models import Meeting
from sets.database import db, transaction
from sets.registration import signing_up, workflow
from sets.registration.applying import LEARNER
from sets.registration.calendar import published_calendar
from sets.registration.models import CalendarEntry
from tests import factories
from tests.registration.letters_read import events, letter, mails_leave, posted
from tests.registration.signups import an_application, registration_of

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_session(**values):
    made = factories.training_session(**values)
    found = made.id, made.training_id
    db.session.rollback()
    return found


def sign_up(name, *choices, **values):
    signing_up.register(an_application(name, *choices, **{"page_language": "en"} | values))


def cancel(name, session_id):
    identifier = registration_of(name, session_id).public_id
    db.session.rollback()
    workflow.cancel(identifier, actor=LEARNER)


def moment_told(calendar, name="dtstart"):
    """Return the UTC moment by the file alone: its local time and the offsets that its VTIMEZONE lists."""
    (event,) = calendar.walk("VEVENT")
    value = event[name]
    local = value.dt.replace(tzinfo=None)
    (zone,) = (part for part in calendar.walk("VTIMEZONE") if str(part["tzid"]) == value.params["TZID"])
    changes = []
    for part in zone.subcomponents:
        begins = [part["dtstart"].dt, *(one.dt for one in _listed(part.get("rdate")))]
        assert "rrule" not in part
        changes += [(begin.replace(tzinfo=None), part["tzoffsetto"].td) for begin in begins]
    offset = max(change for change in changes if change[0] <= local)[1]
    return (local - offset).replace(tzinfo=UTC)


def _listed(rdate):
    lines = rdate if isinstance(rdate, list) else [rdate] if rdate is not None else []
    return [one for line in lines for one in line.dts]


@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Athens", "Europe/Lisbon"])
@pytest.mark.parametrize(
    "day",
    [
        (2026, 3, 28),
        (2026, 3, 29),
        (2026, 3, 30),
        (2026, 10, 24),
        (2026, 10, 25),
        (2026, 10, 26),
        (2027, 1, 15),
    ],
    ids=lambda day: "-".join(map(str, day)),
)
def test_the_hour_is_right_on_both_sides_of_a_clock_change(zone, day):
    starts = datetime(*day, 18, 30, tzinfo=ZoneInfo(zone))
    session, training = a_session(starts=starts, time_zone=zone, minutes=90)
    sign_up("amina", (training, session))
    ((_method, event),) = events(letter("amina"))
    assert event["dtstart"].params["TZID"] == zone
    calendar = Calendar.from_ical(calendar_bytes("amina"))
    assert moment_told(calendar) == starts.astimezone(UTC)
    assert moment_told(calendar, "dtend") == (starts + timedelta(minutes=90)).astimezone(UTC)
    assert calendar.walk("VEVENT")[0]["dtstart"].dt.hour == 18


def calendar_bytes(name):
    (part,) = (part for part in letter(name).walk() if part.get_content_type() == "text/calendar")
    return part.get_payload(decode=True)


def test_a_night_meeting_in_the_doubled_hour_keeps_its_moment():
    starts = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    session, training = a_session(starts=starts, minutes=180)
    sign_up("amina", (training, session))
    ((_method, event),) = events(letter("amina"))
    assert event["dtstart"].dt.utcoffset() == timedelta(hours=2)
    assert event["dtend"].dt.astimezone(UTC) == starts + timedelta(hours=3)


def test_an_invitation_says_who_invites_whom_and_that_the_answer_is_known():
    session, training = a_session()
    sign_up("amina", (training, session))
    ((method, event),) = events(letter("amina"))
    assert method == "REQUEST"
    assert int(event["sequence"]) == 0
    assert str(event["organizer"]).startswith("mailto:")
    assert letter("amina")["From"].addresses[0].addr_spec == str(event["organizer"]).removeprefix("mailto:")
    attendee = event["attendee"]
    assert str(attendee) == "mailto:amina@example.org"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert str(event["url"]).startswith("http://localhost/join/")
    assert str(event["url"]) in str(event["description"])
    # Calendars are shared: what leads to the personal page stays out of them.
    assert "/my/" not in event.to_ical().decode().replace("\r\n ", "")
    assert "CN" not in attendee.params


def test_each_meeting_is_a_part_of_its_own_in_the_order_of_time():
    session, training = a_session(meetings=3)
    sign_up("amina", (training, session))
    found = [event for _method, event in events(letter("amina"))]
    assert [str(event["summary"])[-5:] for event in found] == ["(1/3)", "(2/3)", "(3/3)"]
    assert len({str(event["uid"]) for event in found}) == 3
    assert [event["dtstart"].dt for event in found] == sorted(event["dtstart"].dt for event in found)


def test_a_uid_lasts_for_life_and_its_sequence_grows():
    session, training = a_session()
    told = []
    for _time in range(2):
        sign_up("amina", (training, session))
        told += latest("amina")
        mails_leave()
        cancel("amina", session)
        told += latest("amina")
        mails_leave()
    assert [(method, sequence) for method, sequence, _uid in told] == [
        ("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2), ("CANCEL", 3),
    ]  # fmt: skip
    assert len({uid for _method, _sequence, uid in told}) == 1


def latest(name):
    """Return what the newest mail tells calendars: method, sequence, UID."""
    row = max(posted(name), key=lambda row: row.id)
    uid = db.session.scalars(select(CalendarEntry.uid)).one()
    return [(method, sequence, uid) for _who, _what, method, sequence, _before in row.facts["calendar"]]


def test_a_cancellation_keeps_the_uid_and_says_so_in_file_and_header():
    session, training = a_session()
    sign_up("amina", (training, session))
    ((_method, invited),) = events(letter("amina"))
    mails_leave()
    cancel("amina", session)
    ((method, event),) = events(letter("amina", "registration_cancelled"))
    assert method == "CANCEL"
    assert event["uid"] == invited["uid"]
    assert int(event["sequence"]) == 1
    assert str(event["status"]) == "CANCELLED"
    assert "url" not in event


def test_nothing_is_taken_back_that_was_never_told():
    session, training = a_session(capacity=0)
    sign_up("amina", (training, session))
    mails_leave()
    cancel("amina", session)
    assert events(letter("amina", "registration_cancelled")) == []
    assert db.session.scalars(select(CalendarEntry)).all() == []


def test_an_invitation_that_never_left_is_not_cancelled_and_comes_again_as_the_first():
    session, training = a_session()
    sign_up("amina", (training, session))
    cancel("amina", session)
    assert events(letter("amina", "registration_cancelled")) == []
    sign_up("amina", (training, session))
    (row,) = posted("amina")
    assert [fact[2:] for fact in row.facts["calendar"]] == [["REQUEST", 0, None]]


def test_a_cancellation_that_never_left_is_replaced_by_a_newer_invitation():
    session, training = a_session()
    sign_up("amina", (training, session))
    mails_leave()
    cancel("amina", session)
    sign_up("amina", (training, session))
    waiting = [row for row in posted("amina") if row.status == "queued"]
    assert [fact[2:4] for row in waiting for fact in row.facts["calendar"]] == [["REQUEST", 2]]


def test_a_published_calendar_names_nobody_and_leads_nowhere_private():
    session, training = a_session(meetings=2, time_zone="Europe/Lisbon")
    sign_up("amina", (training, session))
    invited = {str(event["uid"]) for _method, event in events(letter("amina"))}
    calendar = Calendar.from_ical(published_calendar([session], "it"))
    assert str(calendar["method"]) == "PUBLISH"
    found = calendar.walk("VEVENT")
    assert len(found) == 2
    assert not invited & {str(event["uid"]) for event in found}
    content = calendar.to_ical()
    assert b"ATTENDEE" not in content
    assert b"/join/" not in content.replace(b"\r\n ", b"")
    assert b"rooms.example.org" not in content.replace(b"\r\n ", b"")


def test_a_meeting_that_does_not_take_place_is_in_no_download():
    session, _training = a_session(meetings=2)
    with transaction() as store:
        first = store.scalars(select(Meeting).order_by(Meeting.starts_at)).first()
        first.cancelled_at = first.starts_at
    calendar = Calendar.from_ical(published_calendar([session], "fr"))
    (event,) = calendar.walk("VEVENT")
    assert "/" not in str(event["summary"])


def test_words_with_commas_and_breaks_come_back_as_they_were():
    training = factories.training("a; b, c")
    db.session.rollback()
    session, training_id = a_session(of=training)
    sign_up("amina", (training_id, session))
    ((_method, event),) = events(letter("amina"))
    assert str(event["summary"]) == "a; b, c (en)"
