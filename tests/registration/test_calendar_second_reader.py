"""Calendar files as another library reads them, by the zone data in the file: made, moved and cancelled meetings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
import vobject

from sets.catalogue import planning
from sets.database import db
from sets.registration import session_changes, signing_up
from sets.registration.applying import Actor
from tests import factories

from .letters_read import letter, mails_leave
from .signups import an_application, at
from .test_session_changes import plan_of

pytestmark = pytest.mark.usefixtures("app", "clock")
STAFF = Actor("staff", 1)


def read(message):
    """Return (method of header, method in the file, event) of each calendar part, as vobject understands them."""
    found = []
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = vobject.readOne(part.get_content())
            assert len(calendar.contents["vevent"]) == 1
            found.append((part.get_param("method"), calendar.method.value, calendar.vevent))
    return found


def moment(value):
    """Return the moment in UTC, from the zone that the file itself describes."""
    assert value.tzinfo is not None
    return value.astimezone(UTC)


@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Athens", "Europe/Lisbon"])
@pytest.mark.parametrize(
    ("first", "moved"),
    [("2026-03-24 18:00", "2026-03-31 18:00"), ("2026-10-20 18:00", "2026-10-27 09:30")],
    ids=["over-the-spring-change", "over-the-autumn-change"],
)
def test_a_meeting_is_made_moved_and_cancelled_under_one_uid_at_the_right_hour(zone, first, moved):
    starts, later = at(first, zone), at(moved, zone)
    made = factories.training_session(starts=starts, time_zone=zone, opens_at=None)
    session, training, public_id = made.id, made.training_id, made.public_id
    db.session.rollback()
    signing_up.register(an_application("amina", (training, session), page_language="en"))
    ((header, method, event),) = read(letter("amina", "registration_received"))
    assert (header, method, event.sequence.value) == ("REQUEST", "REQUEST", "0")
    assert moment(event.dtstart.value) == starts.astimezone(UTC)
    assert event.dtstart.value.hour == starts.hour
    assert moment(event.dtend.value) - moment(event.dtstart.value) == timedelta(minutes=90)
    uid = event.uid.value
    mails_leave()

    stored = planning.read_session(public_id)
    plan, revision = plan_of(stored), stored.revision
    db.session.rollback()
    meeting = replace(plan.meetings[0], starts_at=later, ends_at=later + timedelta(minutes=60))
    session_changes.change_session(public_id, replace(plan, meetings=(meeting,)), revision, actor=STAFF)
    ((header, method, event),) = read(letter("amina", "session_changed"))
    assert (header, method, event.sequence.value, event.uid.value) == ("REQUEST", "REQUEST", "1", uid)
    assert moment(event.dtstart.value) == later.astimezone(UTC)
    assert event.dtstart.value.hour == later.hour
    mails_leave()

    session_changes.cancel_session(public_id, actor=STAFF)
    ((header, method, event),) = read(letter("amina", "session_cancelled"))
    assert (header, method, event.sequence.value, event.uid.value) == ("CANCEL", "CANCEL", "2", uid)
    assert event.status.value == "CANCELLED"
    assert moment(event.dtstart.value) == later.astimezone(UTC)
