"""Waits for a date: asked after six months, renewed by one button, ended after twelve months without an answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.mailing.kinds import NotWanted
from sets.mailing.rendering import render
from sets.privacy import MONTH
from sets.registration import renewals, workflow
from sets.registration.applying import LEARNER
from sets.registration.keys import page_token
from sets.registration.models import Registration, RegistrationEvent
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import as_posted, html_of, letter, posted, text_of

pytestmark = pytest.mark.usefixtures("app", "clock")


@pytest.fixture
def waiting():
    person = factories.learner("amina@example.org", language="en")
    return factories.registration(of=factories.training("bread"), person=person)


def kinds(name="amina"):
    return [row.kind for row in posted(name)]


def state(row):
    db.session.rollback()
    return db.session.scalars(select(Registration.status).where(Registration.public_id == row)).one()


def days(clock, number, step=5):
    """Let so many days pass; the worker runs every few of them."""
    for _time in range(0, number, step):
        clock.shift(timedelta(days=step))
        renewals.ask_and_end()


def address(row, language="en"):
    found = f"/{language}/my/{page_token(row.learner)}/registrations/{row.public_id}/renewal"
    db.session.rollback()
    return found


def test_somebody_who_waits_is_asked_after_six_months_and_the_wait_ends_after_twelve(clock, waiting):
    identifier = waiting.public_id
    days(clock, 180)
    assert kinds() == []
    days(clock, 10)
    assert kinds() == ["still_interested"]
    days(clock, 170)
    assert (kinds(), state(identifier)) == (["still_interested"], "waiting")
    days(clock, 10)
    assert (kinds(), state(identifier)) == (["still_interested", "interest_ended"], "expired")
    days(clock, 400)
    assert len(kinds()) == 2


def test_who_answers_keeps_the_rank_for_another_year(clock, client, waiting):
    identifier, number, link = waiting.public_id, waiting.queue_number, address(waiting)
    days(clock, 200)
    page = visit(client, link)
    assert state(identifier) == "waiting"
    page = submit(page, form="renewal")
    assert page.heading == "You stay on the list"
    days(clock, 180)
    assert (kinds(), state(identifier)) == (["still_interested"], "waiting")
    days(clock, 10)
    assert kinds() == ["still_interested", "still_interested"]
    row = db.session.scalars(select(Registration).where(Registration.public_id == identifier)).one()
    assert row.queue_number == number
    assert [event.verb for event in row.events] == ["register", "renew"]


def test_a_get_renews_nothing(client, waiting):
    visit(client, address(waiting))
    db.session.rollback()
    assert db.session.scalars(select(Registration.renewed_at)).one() is None
    assert db.session.scalars(select(RegistrationEvent.verb)).all() == ["register"]


def test_waits_older_than_a_year_are_asked_first_and_have_a_month_to_answer(clock):
    person = factories.learner("amina@example.org")
    row = factories.registration(of=factories.training(), person=person, status_at=now() - 20 * MONTH)
    identifier = row.public_id
    db.session.rollback()
    days(clock, 30)
    assert (kinds(), state(identifier)) == (["still_interested"], "waiting")
    days(clock, 10)
    assert state(identifier) == "expired"


def test_who_waits_for_a_session_or_has_a_place_is_not_asked(clock):
    for name, status in (("amina", "waiting"), ("bruno", "confirmed")):
        session = factories.training_session(capacity=0, starts=now() + timedelta(days=500))
        factories.registration(session, factories.learner(f"{name}@example.org"), status=status)
    silent = factories.learner("chloe@example.org")
    factories.registration(of=factories.training(), person=silent, silent=True)
    days(clock, 400, 20)
    assert kinds("amina") + kinds("bruno") + kinds("chloe") == []


def test_an_answer_after_the_end_is_refused_in_words(clock, client, waiting):
    link = address(waiting)
    page = visit(client, link)
    days(clock, 380)
    page = submit(page, form="renewal")
    assert "the registration has changed in the meantime" in page.text
    assert visit(client, link).heading != "Do you still wait for a date?"


def test_two_presses_are_as_good_as_one(client, waiting):
    page = visit(client, address(waiting))
    assert submit(page, form="renewal").heading == "You stay on the list"
    assert submit(page, form="renewal").heading == "You stay on the list"


def test_the_question_is_dropped_once_the_wait_is_over(clock, waiting):
    identifier = waiting.public_id
    db.session.rollback()
    clock.shift(6 * MONTH)
    renewals.ask_and_end()
    workflow.cancel(identifier, actor=LEARNER)
    with pytest.raises(NotWanted):
        render(as_posted(posted("amina", "still_interested")[0]))


def test_the_mails_lead_to_the_button_and_to_the_dates(clock, waiting):
    path = f"/registrations/{waiting.public_id}/renewal"
    db.session.rollback()
    clock.shift(6 * MONTH)
    renewals.ask_and_end()
    asked = letter("amina", "still_interested")
    assert path in text_of(asked)
    assert path in html_of(asked)
    assert "Without an answer, your wait ends on Tuesday 2 March 2027." in text_of(asked)
    clock.shift(6 * MONTH)
    renewals.ask_and_end()
    ended = letter("amina", "interest_ended")
    assert "/en/register?training=bread" in text_of(ended)


@pytest.mark.parametrize("language", ["fr", "es", "it"])
def test_every_language_has_the_page_and_the_mails(clock, client, waiting, language):
    assert visit(client, address(waiting, language)).language == language


def test_nobody_is_asked_who_has_an_offer_for_that_training(clock):
    training = factories.training("bread")
    person = factories.learner("amina@example.org")
    factories.registration(of=training, person=person)
    session = factories.training_session(training, starts=now() + timedelta(days=300))
    factories.registration(session, person, status="offered", offer_ends_at=now() + timedelta(days=299))
    days(clock, 200)
    assert kinds() == []
