"""The personal page: how a learner stands, what they can do there, what is kept; and the lost link."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import signing_up
from sets.registration.keys import page_token
from sets.registration.models import Learner, LearnerNeed, Registration, Submission
from tests import factories
from tests.page_rules import words
from tests.pages import submit, visit
from tests.registration.letters_read import mails_leave, posted
from tests.registration.signups import an_application, at, places_taken

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


def link_of(person, language="en"):
    address = f"/{language}/my/{page_token(person)}"
    db.session.rollback()
    return address


def state_of(registration):
    identifier = registration.id
    db.session.rollback()
    return db.session.scalars(select(Registration.status).where(Registration.id == identifier)).one()


@pytest.fixture
def amina():
    return factories.learner("amina@example.org", first_name="Amina", last_name="Benali", language="en")


def test_every_registration_is_there_with_its_state_and_its_rank(client, amina):
    factories.registration(factories.training_session(starts=at("2026-03-24 18:00")), amina)
    full = factories.training_session(capacity=0)
    for _number in range(3):
        factories.registration(full, status="waiting")
    factories.registration(full, amina, status="waiting")
    factories.registration(of=factories.training(), person=amina, wants=["it"])
    page = visit(client, link_of(amina))
    assert "Place confirmed" in page.text
    assert "Tuesday 24 March 2026, 18:00, Paris time" in page.text
    assert "Waiting list, rank 4" in page.text
    assert "3 people are before you." in page.text
    assert "In Italian. There is no date yet." in page.text


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_the_page_speaks_every_language_and_keeps_its_link(client, amina, language):
    factories.registration(person=amina)
    page = visit(client, link_of(amina, "fr"))
    other = page.one("a", hreflang=language, lang=language).get("href")
    assert other == link_of(amina, language)
    assert visit(client, other).language == language


def test_the_offer_is_the_one_full_sheet(client, amina):
    factories.registration(factories.training_session(starts=now() + timedelta(days=9)), amina)
    factories.registration(
        factories.training_session(), amina, status="offered", offer_ends_at=at("2026-03-04 10:00")
    )
    page = visit(client, link_of(amina))
    sheet = page.one("li", class_="full")
    assert "A place awaits you" in "".join(sheet.itertext())
    assert "Answer before Wednesday 4 March 2026, 10:00, Paris time." in page.text


def test_who_lives_by_another_clock_reads_the_hour_on_it_at_once(client):
    person = factories.learner("kenji@example.org", language="en", time_zone="Asia/Tokyo")
    factories.registration(factories.training_session(meetings=3), person)
    page = visit(client, f"/en/my/{page_token(person)}")
    card = words(page.one("ul", class_="entries"))
    assert "On your clock:" in card.partition("All 3 meetings")[0]


def test_a_get_changes_nothing(client, amina):
    offered = factories.registration(status="offered", person=amina, offer_ends_at=now() + timedelta(days=1))
    visit(client, link_of(amina))
    visit(client, f"{link_of(amina)}/registrations/{offered.public_id}/cancellation")
    assert state_of(offered) == "offered"
    assert db.session.scalars(select(Learner.proven_at).where(Learner.id == amina.id)).one() is None


def test_an_offer_is_taken_with_one_press(client, amina):
    offered = factories.registration(status="offered", person=amina, offer_ends_at=now() + timedelta(days=1))
    page = submit(visit(client, link_of(amina)), form="acceptance", button="Take the place")
    assert page.path == link_of(amina)
    assert "The place is yours." in page.one("p", role="status").text
    assert state_of(offered) == "confirmed"
    assert page.heading == "Hello Amina"


def test_an_offer_is_left_with_one_press(client, amina):
    session = factories.training_session(capacity=1)
    offered = factories.registration(
        session, amina, status="offered", offer_ends_at=now() + timedelta(days=1)
    )
    page = submit(visit(client, link_of(amina)), form="acceptance", button="Leave it")
    assert "It goes to the next person." in page.text
    assert state_of(offered) == "cancelled"
    assert places_taken(session.id) == 0


def test_an_offer_that_is_over_is_refused_in_words(client, amina, clock):
    factories.registration(status="offered", person=amina, offer_ends_at=now() + timedelta(hours=1))
    page = visit(client, link_of(amina))
    clock.shift(timedelta(hours=2))
    page = submit(page, form="acceptance", button="Take the place")
    assert "The time to answer is over" in page.one("p", role="alert").text


def test_cancelling_asks_first_then_frees_the_place_and_tells_the_next(client, amina):
    session = factories.training_session(capacity=1)
    mine = factories.registration(session, amina)
    bruno = factories.learner("bruno@example.org", language="en")
    theirs = factories.registration(session, bruno, status="waiting")
    asked = visit(client, link_of(amina)).click("Cancel my place")
    assert "Your place goes to the first person who waits" in asked.text
    assert state_of(mine) == "confirmed"
    page = submit(asked, form="cancellation", button="Cancel my place")
    assert "Your place is given up." in page.one("p", role="status").text
    assert state_of(mine) == "cancelled"
    assert state_of(theirs) == "offered"
    assert [row.kind for row in posted("amina")] == ["registration_cancelled"]
    assert [row.kind for row in posted("bruno")] == ["place_offered"]


def test_cancelling_twice_says_so_and_does_it_once(client, amina):
    mine = factories.registration(person=amina)
    asked = visit(client, link_of(amina)).click("Cancel my place")
    submit(asked, form="cancellation")
    page = submit(asked, form="cancellation")
    assert page.one("p", role="alert").text
    assert state_of(mine) == "cancelled"
    assert len(posted("amina")) == 1


def test_nobody_cancels_what_is_somebody_elses(client, amina):
    theirs = factories.registration()
    visit(client, f"{link_of(amina)}/registrations/{theirs.public_id}/cancellation", status=404)
    db.session.rollback()
    for action in ("cancellation", "acceptance", "refusal"):
        response = client.post(f"{link_of(amina)}/registrations/{theirs.public_id}/{action}")
        assert response.status_code == 404
    assert state_of(theirs) == "confirmed"


def test_another_sites_page_cancels_nothing(client, amina):
    mine = factories.registration(person=amina)
    address = f"{link_of(amina)}/registrations/{mine.public_id}/cancellation"
    response = client.post(
        address, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    )
    assert response.status_code == 403
    assert state_of(mine) == "confirmed"


def test_the_calendar_of_a_confirmed_place_is_there_to_download(client, amina):
    session = factories.training_session(meetings=2)
    mine = factories.registration(session, amina)
    file = client.get(f"{link_of(amina)}/registrations/{mine.public_id}/calendar.ics")
    assert file.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert file.headers["Cache-Control"] == "no-store"
    calendar = Calendar.from_ical(file.data)
    assert str(calendar["method"]) == "PUBLISH"
    assert len(calendar.walk("VEVENT")) == 2
    assert all("/join/" in str(event["url"]) for event in calendar.walk("VEVENT"))


def test_who_waits_has_no_calendar(client, amina):
    mine = factories.registration(factories.training_session(capacity=0), amina, status="waiting")
    assert client.get(f"{link_of(amina)}/registrations/{mine.public_id}/calendar.ics").status_code == 404


def test_the_way_into_the_room_is_there_while_it_is_open(client, amina):
    factories.registration(factories.training_session(starts=now() + timedelta(minutes=20)), amina)
    page = visit(client, link_of(amina))
    assert "/join/" in page.link("Enter the room")
    assert "rooms.example.org" not in page.source


def test_what_is_past_stands_quietly_below(client, amina):
    factories.registration(factories.training_session(starts=now() - timedelta(days=400)), amina)
    factories.registration(factories.training_session(), amina, status="cancelled")
    page = visit(client, link_of(amina))
    assert "Nothing is planned for you" in page.text
    assert "Took place" in page.text
    assert "Cancelled" in page.text
    assert not page.all("li", class_="full")


def test_what_is_kept_is_shown_with_its_purpose_and_its_end(client, amina):
    factories.registration(factories.training_session(starts=at("2026-03-24 18:00")), amina)
    with transaction() as store:
        store.add(LearnerNeed(learner_id=amina.id, text="Subtitles, please", consent_at=now()))
    page = visit(client, f"{link_of(amina)}/data")
    for said in (
        "Amina Benali",
        "amina@example.org",
        "Coopérative des Tilleuls",
        "France",
        "Subtitles, please",
    ):
        assert said in page.text
    assert "To make the sessions accessible to you. Erased on Thursday 23 April 2026." in page.text
    assert "To write to you about your registrations." in page.text
    assert "unless you do something here before" in page.text


def test_details_typed_otherwise_can_be_taken(client):
    session = factories.training_session()
    of = session.training_id, session.id
    db.session.rollback()
    signing_up.register(an_application("amina", of, page_language="en"))
    signing_up.register(an_application("amina", of, page_language="en", last_name="Okafor"))
    person = db.session.scalars(select(Learner)).one()
    page = visit(client, link_of(person))
    assert "Okafor" in page.text
    page = submit(page, form="details", button="Use these")
    assert "Your details are up to date." in page.text
    assert db.session.scalars(select(Learner.last_name)).one() == "Okafor"
    assert db.session.scalars(select(Submission.payload).where(Submission.payload.is_not(None))).all() == []


@pytest.mark.parametrize("token", ["abc", "a.1.b", "0" * 32 + ".1." + "A" * 22, "é"])
def test_a_link_that_is_none_of_ours_leads_to_asking_for_one(client, token):
    page = visit(client, f"/en/my/{token}", status=404)
    assert page.link("Ask for my link").endswith("/en/my")


def test_a_replaced_link_says_so(client, amina):
    old = link_of(amina)
    with transaction() as store:
        store.execute(update(Learner).values(link_version=2))
    page = visit(client, old, status=410)
    assert "replaced by a newer one" in page.text
    assert client.post(old + "/details").status_code == 410


def test_a_lost_link_gets_the_same_answer_whoever_asks(client, amina):
    address = amina.email
    answers = [
        submit(visit(client, "/en/my"), form="link-request", email=typed)
        for typed in (address, "nobody@example.org")
    ]
    assert answers[0].source == answers[1].source
    assert "within a minute" in answers[0].text
    assert [row.kind for row in posted("amina")] == ["personal_link"]
    assert len(db.session.scalars(select(Delivery)).all()) == 1


def test_a_lost_link_needs_an_address(client):
    page = submit(visit(client, "/en/my"), form="link-request", email="amina", status=422)
    assert page.title.startswith("Error")
    assert page.value("email") == "amina"


def test_someone_who_comes_back_a_year_later_finds_everything(client, amina, clock):
    factories.registration(factories.training_session(), amina)
    old = link_of(amina)
    clock.shift(timedelta(days=365))
    factories.registration(factories.training_session(starts=now() + timedelta(days=7)), amina)
    page = visit(client, old)
    assert "Took place" in page.text
    assert page.one("li", class_="full") is not None
    mails_leave()


def test_a_cancelled_session_is_no_longer_current(client, amina):
    session = factories.training_session()
    factories.registration(session, amina)
    with transaction() as store:
        store.execute(update(TrainingSession).values(state="cancelled"))
    assert "Nothing is planned for you" in visit(client, link_of(amina)).text
