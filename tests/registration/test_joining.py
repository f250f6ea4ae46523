"""The way into a meeting: when it opens, for whom, and that only the button stores anything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from sets.catalogue.models import Meeting, TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.registration.keys import join_token
from sets.registration.models import AttendanceFact, Learner, Registration
from tests import factories
from tests.pages import submit, visit

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def amina():
    return factories.learner("amina@example.org", language="en", time_zone="Europe/Athens")


def door(person, session, number=0):
    address = f"/join/{join_token(person, session.meetings[number].public_id)}"
    db.session.rollback()
    return address


def joined():
    db.session.rollback()
    return [(fact.kind, fact.registration_id) for fact in db.session.scalars(select(AttendanceFact))]


def change(model, **values):
    with transaction() as store:
        store.execute(update(model).values(**values))


def test_before_it_opens_the_page_tells_when_on_both_clocks(client, amina):
    session = factories.training_session(starts=now() + timedelta(hours=8))
    factories.registration(session, amina)
    page = visit(client, door(amina, session))
    assert page.heading == "The room is not open yet"
    assert "Monday 2 March 2026, 18:00, Paris time" in page.text
    assert "On your clock: 19:00, Athens time." in page.text
    assert page.all("form") == []
    file = client.get(page.one("a", text="Add to my calendar").get("href"))
    assert len(Calendar.from_ical(file.data).walk("VEVENT")) == 1
    assert joined() == []


def test_sound_and_connection_can_be_tried_before_and_both_clocks_are_told_while_it_is_open(
    client, amina, clock
):
    session = factories.training_session(starts=now() + timedelta(hours=8))
    factories.registration(session, amina)
    checks = visit(client, door(amina, session)).one("details")
    assert checks.get("open") is not None
    assert len(list(checks.iter("li"))) == 4
    clock.shift(timedelta(hours=8, minutes=5))
    page = visit(client, door(amina, session))
    assert "It began on Monday 2 March 2026, 18:00, Paris time." in page.text
    assert "On your clock: 19:00, Athens time." in page.text
    assert page.one("details").get("open") is None


def test_the_page_speaks_the_learners_language(client):
    person = factories.learner(language="it")
    session = factories.training_session(starts=now() + timedelta(hours=8), language="fr")
    factories.registration(session, person)
    page = visit(client, door(person, session))
    assert page.language == "it"
    assert "lunedì 2 marzo 2026, ore 18:00" in page.text


def test_from_half_an_hour_before_the_button_opens_the_room(client, amina, clock):
    session = factories.training_session(starts=now() + timedelta(minutes=31))
    mine = factories.registration(session, amina).id
    address = door(amina, session)
    assert visit(client, address).all("form") == []
    clock.shift(timedelta(minutes=1))
    page = visit(client, address)
    assert "rooms.example.org" not in page.source
    assert joined() == []
    room = submit(page, form="entry", button="Enter the room")
    link = room.one("a", text="Open the room")
    assert link.get("href") == "https://rooms.example.org/one"
    assert link.get("rel") == "noreferrer"
    assert link.get("autofocus") is not None
    assert joined() == [("joined", mine)]
    assert db.session.scalars(select(Learner.proven_at)).one() is not None


def test_entering_again_is_as_good_as_once(client, amina):
    session = factories.training_session(starts=now())
    factories.registration(session, amina)
    for _time in range(2):
        submit(visit(client, door(amina, session)), form="entry")
    assert len(joined()) == 1


def test_after_the_end_it_is_over(client, amina):
    session = factories.training_session(starts=now() - timedelta(minutes=90), minutes=90)
    factories.registration(session, amina)
    assert visit(client, door(amina, session)).heading == "This meeting is over"
    assert client.post(door(amina, session)).status_code == 409
    assert joined() == []


@pytest.mark.parametrize("status", ["waiting", "cancelled", "rejected", "expired", "pending"])
def test_only_who_has_a_place_enters(client, amina, status):
    session = factories.training_session(starts=now() + timedelta(minutes=5))
    factories.registration(session, amina, status=status)
    page = visit(client, door(amina, session))
    assert page.heading == "You have no place in this meeting"
    answer = client.post(door(amina, session))
    assert answer.status_code == 409
    assert b"rooms.example.org" not in answer.data
    assert joined() == []


def test_a_change_of_room_is_followed(client, amina):
    session = factories.training_session(starts=now() + timedelta(minutes=5))
    factories.registration(session, amina)
    page = visit(client, door(amina, session))
    change(Meeting, room_url="https://rooms.example.org/two")
    room = submit(page, form="entry")
    assert room.one("a", text="Open the room").get("href") == "https://rooms.example.org/two"


@pytest.mark.parametrize(
    "room_url", [None, "", "http://rooms.example.org/x", "javascript:alert(1)", "https://"]
)
def test_without_a_room_the_page_says_so(client, amina, room_url):
    session = factories.training_session(starts=now() + timedelta(minutes=5), room_url=room_url)
    factories.registration(session, amina)
    assert visit(client, door(amina, session)).heading == "The room is not ready yet"
    assert client.post(door(amina, session)).status_code == 409


@pytest.mark.parametrize(
    ("model", "values"), [(Meeting, {"cancelled_at": 0}), (TrainingSession, {"state": "cancelled"})]
)
def test_a_meeting_that_is_cancelled_says_so(client, amina, model, values):
    session = factories.training_session(starts=now() + timedelta(minutes=5))
    factories.registration(session, amina)
    address = door(amina, session)
    change(model, **{name: value or now() for name, value in values.items()})
    assert visit(client, address).heading == "This meeting does not take place"


def test_a_link_is_good_for_its_own_person_and_meeting_only(client, amina):
    session = factories.training_session(starts=now() + timedelta(minutes=5), meetings=2)
    factories.registration(session, amina)
    address = door(amina, session)
    first, second = (meeting.public_id.replace("-", "") for meeting in session.meetings)
    db.session.rollback()
    visit(client, address.replace(first, second, 1), status=404)
    visit(client, "/join/nonsense", status=404)
    change(Learner, link_version=2)
    visit(client, address, status=410)


def test_a_place_given_up_closes_the_door(client, amina):
    session = factories.training_session(starts=now() + timedelta(minutes=5))
    factories.registration(session, amina)
    page = visit(client, door(amina, session))
    change(Registration, status="cancelled")
    submit(page, form="entry", status=409)
    assert joined() == []
