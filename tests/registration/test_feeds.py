"""Calendar feeds: a learner's own with what they told calendars before, a training's with nobody in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select

from sets.catalogue.models import Meeting
from sets.clock import now
from sets.database import db, transaction
from sets.registration import signing_up, workflow
from sets.registration.applying import LEARNER
from sets.registration.keys import feed_token, page_token
from sets.registration.models import CalendarEntry, Learner
from tests import factories
from tests.pages import visit
from tests.registration.letters_read import events, letter, mails_leave
from tests.registration.signups import an_application, at, registration_of

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_session(**values):
    made = factories.training_session(**values)
    found = made.id, made.training_id
    db.session.rollback()
    return found


def sign_up(name, session, training, **values):
    signing_up.register(an_application(name, (training, session), **{"page_language": "en"} | values))


def address(name="amina"):
    db.session.rollback()
    learner = db.session.scalars(select(Learner).where(Learner.email == f"{name}@example.org")).one()
    found = f"/calendar/{feed_token(learner)}.ics"
    db.session.rollback()
    return found


def read(client, path):
    """Return the feed's events by their UID."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = Calendar.from_ical(answer.data)
    assert str(calendar["method"]) == "PUBLISH"
    return {str(event["uid"]): event for event in calendar.walk("VEVENT")}


def moments(data):
    """Return each event's start in UTC, read by hand: local times and the offsets that the file's zones list."""
    lines = data.decode().replace("\r\n ", "").split("\r\n")
    zones, found, zone, part = {}, [], "", {}
    for line in lines:
        name, _colon, value = line.partition(":")
        if name == "TZID":
            zone = value
        elif line in ("BEGIN:STANDARD", "BEGIN:DAYLIGHT"):
            part = {"from": []}
        elif name.startswith(("DTSTART", "RDATE")) and part is not None and "TZID=" not in name:
            part["from"] += [datetime.fromisoformat(one) for one in value.split(",")]
        elif name == "TZOFFSETTO":
            sign = -1 if value[0] == "-" else 1
            part["to"] = sign * timedelta(hours=int(value[1:3]), minutes=int(value[3:5]))
        elif line in ("END:STANDARD", "END:DAYLIGHT"):
            zones.setdefault(zone, []).extend((begin, part["to"]) for begin in part["from"])
        elif name.startswith("DTSTART;TZID="):
            found.append((name.partition("TZID=")[2], datetime.fromisoformat(value)))
    return sorted(
        (there - max(change for change in zones[zone] if change[0] <= there)[1]).replace(tzinfo=UTC)
        for zone, there in found
    )


# -------------------------------------------------------------------------------------------------- a learner's own


def test_the_feed_has_every_meeting_under_the_uid_of_the_mails_and_with_the_join_link(client):
    session, training = a_session(meetings=2)
    sign_up("amina", session, training)
    invited = {str(event["uid"]): event for _method, event in events(letter("amina"))}
    found = read(client, address())
    assert found.keys() == invited.keys()
    for uid, event in found.items():
        assert event["dtstart"].dt == invited[uid]["dtstart"].dt
        assert int(event["sequence"]) == int(invited[uid]["sequence"])
        assert str(event["url"]) == str(invited[uid]["url"])
        assert "/join/" in str(event["url"])
        assert str(event["status"]) == "CONFIRMED"
        assert "attendee" not in event
        assert "/my/" not in event.to_ical().decode().replace("\r\n ", "")


def test_it_has_all_trainings_and_only_what_is_confirmed(client):
    for capacity in (5, 5, 0):
        session, training = a_session(capacity=capacity)
        sign_up("amina", session, training)
    session, training = a_session(needs_approval=True)
    sign_up("amina", session, training)
    assert len(read(client, address())) == 2


@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Lisbon", "Europe/Athens"])
def test_each_hour_is_right_on_both_sides_of_both_clock_changes(client, zone):
    days = [(2026, 3, 28), (2026, 3, 29), (2026, 3, 30), (2026, 10, 24), (2026, 10, 25), (2026, 10, 26)]
    starts = [datetime(*day, 18, 30, tzinfo=ZoneInfo(zone)) for day in days]
    for start in starts:
        session, training = a_session(starts=start, time_zone=zone)
        sign_up("amina", session, training)
    expected = sorted(start.astimezone(UTC) for start in starts)
    assert moments(client.get(address()).data) == expected
    assert (
        sorted(event["dtstart"].dt.astimezone(UTC) for event in read(client, address()).values()) == expected
    )


def test_a_cancelled_place_stays_as_cancelled_with_the_next_sequence(client):
    session, training = a_session()
    sign_up("amina", session, training)
    mails_leave()
    identifier = registration_of("amina", session).public_id
    db.session.rollback()
    workflow.cancel(identifier, actor=LEARNER)
    ((uid, event),) = read(client, address()).items()
    assert (str(event["status"]), int(event["sequence"])) == ("CANCELLED", 1)
    assert uid == db.session.scalars(select(CalendarEntry.uid)).one()
    assert "url" not in event


def test_what_no_mail_ever_told_is_not_there_once_it_is_cancelled(client):
    session, training = a_session()
    sign_up("amina", session, training)
    identifier = registration_of("amina", session).public_id
    db.session.rollback()
    workflow.cancel(identifier, actor=LEARNER)
    assert read(client, address()) == {}


def test_a_cancelled_meeting_and_a_cancelled_session_are_told_as_such(client):
    session, training = a_session(meetings=2)
    sign_up("amina", session, training)
    with transaction() as store:
        first = store.scalars(select(Meeting).order_by(Meeting.starts_at)).first()
        first.cancelled_at = now()
    assert sorted(str(event["status"]) for event in read(client, address()).values()) == [
        "CANCELLED",
        "CONFIRMED",
    ]


def test_a_moved_meeting_is_at_its_new_hour(client):
    session, training = a_session()
    sign_up("amina", session, training)
    with transaction() as store:
        meeting = store.scalars(select(Meeting)).one()
        meeting.starts_at, meeting.ends_at = at("2026-04-20 10:00"), at("2026-04-20 11:00")
    ((_uid, event),) = read(client, address()).items()
    assert event["dtstart"].dt == at("2026-04-20 10:00")


def test_what_is_over_stays_for_thirty_days(client, clock):
    session, training = a_session()
    sign_up("amina", session, training)
    ends_at = db.session.scalars(select(Meeting.ends_at)).one()
    clock.move_to(ends_at + timedelta(days=30) - timedelta(minutes=1))
    assert len(read(client, address())) == 1
    clock.shift(timedelta(minutes=2))
    assert read(client, address()) == {}


def test_an_imported_registration_has_one_uid_for_life(client):
    session = factories.training_session()
    factories.registration(session, factories.learner("amina@example.org"), silent=True)
    first, second = read(client, address()), read(client, address())
    assert len(first) == 1
    assert first.keys() == second.keys()


def test_an_empty_feed_is_a_whole_calendar(client):
    factories.learner("amina@example.org")
    calendar = Calendar.from_ical(client.get(address()).data)
    assert calendar.subcomponents
    assert calendar.walk("VEVENT") == []


def test_a_renewed_address_ends_the_old_one_and_other_links_do_not_open_it(client):
    factories.registration(person=factories.learner("amina@example.org"))
    old = address()
    learner = db.session.scalars(select(Learner)).one()
    page = page_token(learner)
    with transaction() as store:
        store.scalars(select(Learner)).one().feed_version += 1
    assert client.get(old).status_code == 410
    assert client.get(address()).status_code == 200
    assert client.get(f"/calendar/{page}.ics").status_code == 404
    assert client.get(old.replace("/calendar/", "/calendar/0")).status_code == 404


def test_it_is_private_and_sent_only_when_it_changed(client, clock):
    session, training = a_session()
    sign_up("amina", session, training)
    answer = client.get(address())
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    clock.shift(timedelta(hours=1))
    again = client.get(address(), headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other, training = a_session()
    sign_up("amina", other, training)
    assert client.get(address(), headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_it_speaks_the_learner_s_language(client, language):
    session, training = a_session()
    sign_up("amina", session, training, page_language=language, mail_language=language)
    ((_uid, event),) = read(client, address()).items()
    assert f"({language})" in str(event["summary"])


# ----------------------------------------------------------------------------------------------------- a training's


def test_the_public_feed_has_what_is_to_come_and_names_nobody(client, clock):
    training = factories.training("bread")
    session, _training = a_session(of=training, meetings=2)
    sign_up("amina", session, _training)
    invited = {str(event["uid"]) for _method, event in events(letter("amina"))}
    a_session(of=factories.training("bread"), state="draft")
    a_session(of=factories.training("bread"), state="cancelled")
    a_session(of=factories.training("other"))
    page = visit(client, "/en/trainings/bread")
    path = page.one("a", text="These dates in my calendar").get("href")
    assert path == "/en/trainings/bread/calendar.ics"
    found = read(client, path)
    assert len(found) == 2
    assert not invited & found.keys()
    content = client.get(path).data.replace(b"\r\n ", b"")
    for secret in (b"ATTENDEE", b"/join/", b"rooms.example.org", b"amina"):
        assert secret not in content
    clock.shift(timedelta(days=60))
    assert read(client, path) == {}


@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Lisbon", "Europe/Athens"])
def test_the_public_feed_is_right_across_clock_changes(client, zone):
    for day in ((2026, 3, 29), (2026, 10, 25)):
        starts = datetime(*day, 18, 30, tzinfo=ZoneInfo(zone)) - timedelta(days=7)
        a_session(of=factories.training("bread"), starts=starts, meetings=3, time_zone=zone)
    expected = sorted(
        event["dtstart"].dt.astimezone(UTC)
        for event in read(client, "/fr/trainings/bread/calendar.ics").values()
    )
    assert moments(client.get("/fr/trainings/bread/calendar.ics").data) == expected
    db.session.rollback()
    assert sorted(db.session.scalars(select(Meeting.starts_at))) == expected


def test_the_public_feed_is_sent_only_when_it_changed(client):
    a_session(of=factories.training("bread"))
    path = "/it/trainings/bread/calendar.ics"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    a_session(of=factories.training("bread"))
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_training_without_dates_offers_no_feed_and_an_unknown_one_has_none(client):
    factories.training("bread")
    assert not visit(client, "/en/trainings/bread").all("a", text="These dates in my calendar")
    assert client.get("/en/trainings/nothing/calendar.ics").status_code == 404
