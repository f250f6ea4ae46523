"""The personal page: taking back what was given up, and changing to another date."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.registration.keys import page_token
from sets.registration.models import Learner, Registration
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import letter, mails_leave, posted, text_of
from tests.registration.signups import places_taken

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def amina():
    return factories.learner("amina@example.org", first_name="Amina", last_name="Benali", language="en")


@pytest.fixture
def mine(amina):
    return factories.registration(factories.training_session(capacity=1), amina)


def link_of(person):
    address = f"/en/my/{page_token(person)}"
    db.session.rollback()
    return address


def states_of(person):
    identifier = person.id
    db.session.rollback()
    statement = select(Registration.status).where(Registration.learner_id == identifier)
    return list(db.session.scalars(statement.order_by(Registration.id)))


def give_up(client, person, **fields):
    asked = visit(client, link_of(person)).click("Cancel my place")
    return submit(asked, form="cancellation", **fields)


def change(client, person):
    return visit(client, link_of(person)).click("Change the date")


def test_a_place_given_up_can_be_taken_back_with_one_press(client, amina, mine):
    session = mine.training_session_id
    page = give_up(client, amina)
    page = submit(page, form="restoration")
    assert "The place is yours again." in page.one("p", role="status").text
    assert states_of(amina) == ["confirmed"]
    assert places_taken(session) == 1
    assert "Take it back" not in page.text


def test_the_reason_is_kept_for_the_team(client, amina, mine):
    give_up(client, amina, reason="Wednesdays are impossible")
    assert db.session.scalars(select(Registration.reason)).one() == "Wednesdays are impossible"


def test_a_reason_that_is_too_long_stays_in_the_field(client, amina, mine):
    page = give_up(client, amina, reason="x" * 1001, status=422)
    assert page.value("reason") == "x" * 1001
    assert states_of(amina) == ["confirmed"]


def test_the_mail_about_a_cancellation_says_that_it_can_be_taken_back(client, amina, mine):
    give_up(client, amina)
    assert "For 24 hours you can take your place back" in text_of(letter("amina"))


def test_a_place_that_somebody_else_has_now_can_only_be_waited_for(client, amina, mine):
    factories.registration(mine.session, factories.learner("bruno@example.org"), status="waiting")
    page = give_up(client, amina)
    page = submit(page, form="restoration")
    assert "There is no free place any more." in page.one("p", role="alert").text
    assert states_of(amina) == ["cancelled"]
    page = submit(page, form="restoration")
    assert "You wait again" in page.one("p", role="status").text
    assert states_of(amina) == ["waiting"]


def test_a_day_later_nothing_is_taken_back_any_more(client, amina, mine, clock):
    page = give_up(client, amina)
    clock.shift(timedelta(hours=25))
    page = submit(page, form="restoration")
    assert "for 24 hours" in page.one("p", role="alert").text
    assert "Take it back" not in visit(client, link_of(amina)).text


def test_what_the_team_cancelled_is_not_taken_back_here(client, amina):
    cancelled = factories.registration(factories.training_session(), amina, status="cancelled")
    page = visit(client, link_of(amina))
    assert "Take it back" not in page.text
    response = client.post(f"{link_of(amina)}/registrations/{cancelled.public_id}/restoration")
    assert "refused=too_late_to_undo" in response.headers["Location"]


def test_a_date_with_a_place_is_one_press_away(client, amina, mine):
    other = factories.training_session(mine.training, language="es")
    other_id, session = other.id, mine.training_session_id
    mails_leave()
    page = change(client, amina)
    assert "In Spanish" in page.text
    page = submit(page, form="change")
    assert "Your date is changed." in page.one("p", role="status").text
    assert states_of(amina) == ["cancelled", "confirmed"]
    assert (places_taken(session), places_taken(other_id)) == (0, 1)
    assert "Changed for another date" in page.text
    assert [row.kind for row in posted("amina")] == ["place_moved"]


def test_where_it_is_full_one_waits_and_keeps_ones_place(client, amina, mine):
    factories.training_session(mine.training, language="es", capacity=0)
    page = change(client, amina)
    assert "Full: waiting list" in page.text
    page = submit(page, form="wait")
    assert "keep what you have until then" in page.one("p", role="status").text
    assert states_of(amina) == ["confirmed", "waiting"]


def test_a_place_that_went_in_the_meantime_is_offered_as_a_wait(client, amina, mine):
    other = factories.training_session(mine.training, language="es", capacity=1)
    page = change(client, amina)
    factories.registration(other)
    page = submit(page, form="change")
    assert "There is no free place any more." in page.one("p", role="alert").text
    submit(page, form="wait")
    assert states_of(amina) == ["confirmed", "waiting"]


def test_without_another_date_the_page_says_so(client, amina, mine):
    factories.training_session(factories.training(), language="es")
    assert "There is no other date for now" in change(client, amina).text


def test_where_the_team_decides_it_is_asked(client, amina, mine):
    factories.training_session(mine.training, language="es", needs_approval=True)
    page = change(client, amina)
    assert "The team decides here." in page.text
    assert "Change to this date" not in page.text


def test_a_date_is_changed_once_however_often_the_button_is_pressed(client, amina, mine):
    factories.training_session(mine.training, language="es")
    page = change(client, amina)
    submit(page, form="change")
    page = submit(page, form="change")
    assert page.one("p", role="alert").text
    assert states_of(amina) == ["cancelled", "confirmed"]


def test_nobody_changes_what_is_somebody_elses_or_to_what_does_not_exist(client, amina, mine):
    theirs = factories.registration()
    for public_id, status in ((theirs.public_id, 404), (mine.public_id, 303)):
        for action in ("change", "wait", "restoration"):
            address = f"{link_of(amina)}/registrations/{public_id}/{action}"
            assert client.post(address, data={"session": "x\x00"}).status_code == status
    assert states_of(amina) == ["confirmed"]


def test_once_the_session_has_begun_its_date_stays(client, amina):
    begun = factories.training_session(starts=now() - timedelta(days=1), meetings=2)
    one = factories.registration(begun, amina)
    page = visit(client, link_of(amina))
    assert "Change the date" not in page.text
    assert client.get(f"{link_of(amina)}/registrations/{one.public_id}/change").status_code == 303


def test_who_acts_here_has_proven_the_address(client, amina, mine):
    give_up(client, amina)
    assert db.session.scalars(select(Learner.proven_at)).one() is not None


def test_who_waits_takes_a_place_at_another_date(client, amina):
    full = factories.training_session(capacity=0)
    factories.registration(full, amina, status="waiting")
    factories.training_session(full.training, language="es")
    page = visit(client, link_of(amina)).click("See other dates")
    assert "your wait ends" in page.text
    submit(page, form="change")
    assert states_of(amina) == ["cancelled", "confirmed"]


def test_who_waits_for_any_date_takes_a_place_when_there_is_one(client, amina):
    training = factories.training()
    factories.registration(of=training, person=amina, wants=["it"])
    factories.training_session(training, language="es")
    submit(visit(client, link_of(amina)).click("See other dates"), form="change")
    assert states_of(amina) == ["cancelled", "confirmed"]


def test_who_waits_may_wait_for_another_date_too(client, amina):
    full = factories.training_session(capacity=0)
    factories.registration(full, amina, status="waiting")
    factories.training_session(full.training, language="es", capacity=0)
    submit(visit(client, link_of(amina)).click("See other dates"), form="wait")
    assert states_of(amina) == ["waiting", "waiting"]
