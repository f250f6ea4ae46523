"""A wrong address put right from the receipt: for an hour, by its holder, without telling who is registered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import address_corrections, signing_up
from sets.registration.keys import page_token
from sets.registration.models import Learner, LearnerWord, Registration, Submission
from sets.tokens import make_token
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import events, letter, mails_leave, posted, text_of
from tests.registration.public import AI, SOCIAL, fill, learners, register, registrations

pytestmark = pytest.mark.usefixtures("clock", "catalogue")
limited = pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")


@pytest.fixture
def social(catalogue):
    return factories.training_session(factories.training("social-economy"), capacity=20)


def signed_up(client, social, email="wrong@example.org", **fields):
    return register(client, {SOCIAL: social.public_id}, language="en", email=email, **fields)


def correct(receipt, email="right@example.org", **options):
    db.session.rollback()
    return submit(receipt, form="address", email=email, **options)


def page_of(person):
    link = f"/en/my/{page_token(person)}"
    db.session.rollback()
    return link


def person_at(address):
    db.session.rollback()
    return db.session.scalars(
        select(Learner).where(Learner.email == address).order_by(Learner.email_slot)
    ).all()


def test_the_confirmation_goes_to_the_right_address_instead(client, social):
    receipt = signed_up(client, social)
    page = correct(receipt)
    assert "right@example.org" in page.text
    assert "wrong@example.org" not in page.text
    assert "The address is corrected." in page.one("p", role="status").text
    assert posted("wrong") == []
    message = letter("right")
    assert str(message["to"]) == "right@example.org"
    ((method, event),) = events(message)
    assert (method, event["sequence"], str(event["attendee"])) == ("REQUEST", 0, "mailto:right@example.org")
    assert [one.status for one in registrations()] == ["confirmed"]


def test_the_link_that_the_wrong_address_got_opens_nothing_any_more(client, social):
    receipt = signed_up(client, social)
    old = page_of(learners()[0])
    mails_leave()
    correct(receipt)
    visit(client, old, status=410)
    visit(client, page_of(learners()[0]))
    (_, event) = events(letter("right"))[0]
    assert event["sequence"] == 1


def test_the_team_finds_the_person_by_the_right_address_alone(client, social):
    correct(signed_up(client, social))
    words = set(db.session.scalars(select(LearnerWord.word)))
    assert "right@example.org" in words
    assert "wrong@example.org" not in words
    assert learners()[0].email_key == "right@example.org"


def test_the_wrong_address_is_free_again(client, social):
    correct(signed_up(client, social))
    signed_up(client, social, first_name="Ana")
    assert [(one.email, one.email_slot) for one in learners()] == [
        ("right@example.org", 0),
        ("wrong@example.org", 0),
    ]


def test_a_known_address_gets_the_same_page_and_keeps_what_it_has(client, social):
    known = factories.learner("right@example.org", first_name="Amina", language="en")
    factories.registration(person=known)
    version, name = known.link_version, known.first_name
    to_known = correct(signed_up(client, social))
    to_stranger = correct(signed_up(client, social, email="other@example.org"), "ana@example.org")
    assert to_known.text.replace("right@", "ana@") == to_stranger.text
    theirs, apart = person_at("right@example.org")
    assert (theirs.first_name, theirs.link_version, len(theirs.registrations)) == (name, version, 1)
    assert (apart.email_slot, len(apart.registrations)) == (1, 1)
    assert "This address has another page on our site." in text_of(letter("right", "registration_received"))


def test_the_links_of_both_people_at_one_address_are_sent_when_they_are_lost(client, social):
    factories.learner("right@example.org", language="en")
    correct(signed_up(client, social))
    submit(visit(client, "/en/my"), form="link-request", email="right@example.org")
    assert len(posted("right", "personal_link")) == 2


def test_correcting_a_known_address_changes_nothing_of_its_person(client, social):
    known = factories.learner("wrong@example.org", first_name="Amina", language="en")
    link = page_of(known)
    receipt = signed_up(client, social)
    page = correct(receipt)
    stranger = correct(signed_up(client, social, email="other@example.org"), "ana@example.org")
    assert page.text.replace("right@", "ana@") == stranger.text
    visit(client, link)
    (right,) = person_at("right@example.org")
    assert (right.first_name, len(right.registrations)) == ("Zoé", 1)
    assert [row.kind for row in posted("right")] == ["registration_received"]
    (person,) = person_at("wrong@example.org")
    assert person.first_name == "Amina"


def test_a_second_slip_of_the_keyboard_is_put_right_too(client, social):
    known = factories.learner("wrong@example.org", language="en")
    page = correct(signed_up(client, social), "rihgt@example.org")
    correct(page)
    assert [one.email for one in learners() if one.id != known.id] == ["right@example.org"]
    assert posted("rihgt") == []


def test_after_a_few_corrections_a_person_helps(client, social):
    page = signed_up(client, social)
    for number in range(3):
        page = correct(page, f"right{number}@example.org")
    page = correct(page, status=409)
    assert "a person puts it right" in page.one("p", role="alert").text
    assert learners()[0].email == "right2@example.org"


def test_who_answered_under_the_address_changes_it_on_their_own_page(client, social):
    receipt = signed_up(client, social)
    with transaction() as store:
        store.execute(update(Learner).values(proven_at=now()))
    page = correct(receipt)
    assert "right@example.org" in page.text
    assert learners()[0].email == "wrong@example.org"
    assert posted("right") == []
    assert [row.kind for row in posted("wrong")] == ["registration_received", "personal_link"]


def test_the_hour_is_over_after_an_hour(client, social, clock):
    receipt = signed_up(client, social)
    clock.shift(timedelta(minutes=61))
    assert visit(client, receipt.path).all("form", id="address") == []
    page = correct(receipt, status=409)
    assert "for one hour" in page.one("p", role="alert").text
    assert learners()[0].email == "wrong@example.org"


def test_a_second_press_is_harmless(client, social):
    receipt = signed_up(client, social)
    first, second = correct(receipt), correct(receipt)
    assert first.text == second.text
    assert len(posted("right")) == 1
    assert learners()[0].link_version == 2


def test_what_cannot_be_an_address_is_told_and_stays_in_the_field(client, social):
    page = correct(signed_up(client, social), "right.example.org", status=422)
    assert page.title.startswith("Error")
    assert page.value("email") == "right.example.org"
    assert learners()[0].email == "wrong@example.org"


def test_a_likely_slip_is_offered_right_away(client, social):
    receipt = signed_up(client, social, email="zoe@gmial.com")
    assert receipt.value("email") == "zoe@gmail.com"
    assert "Did you mean zoe@gmail.com?" in receipt.text


@limited
def test_a_held_registration_asks_the_right_address(client, social):
    receipt = register(client, {SOCIAL: social.public_id}, email="wrong@example.org", comment="x")
    correct(receipt)
    public_id = db.session.scalar(select(Submission.public_id))
    with pytest.raises(signing_up.RegistrationRefused):
        signing_up.release_held(public_id)
    assert learners() == []
    assert make_token("held", public_id, 2) in text_of(letter("right"))
    signing_up.release_held(public_id, 2)
    assert learners()[0].email == "right@example.org"


def test_all_the_choices_follow_the_address(client, social):
    receipt = fill(
        visit(client, "/en/register"), {SOCIAL: social.public_id, AI: "any"}, email="wrong@example.org"
    )
    correct(receipt)
    assert db.session.scalar(select(func.count(Registration.id))) == 2
    assert db.session.scalar(select(func.count(func.distinct(Registration.learner_id)))) == 1
    assert len(db.session.scalars(select(Delivery)).all()) == 2


def test_nobody_corrects_a_receipt_that_was_never_made():
    with pytest.raises(signing_up.RegistrationRefused):
        address_corrections.correct_address("00000000-0000-0000-0000-000000000000", "a@example.org")


def test_what_somebody_else_registered_under_the_address_does_not_follow(client, social):
    receipt = signed_up(client, social)
    register(client, {AI: "any"}, language="en", email="wrong@example.org", first_name="Amina")
    page = correct(receipt)
    assert "right@example.org" in page.text
    (wrong,), (right,) = person_at("wrong@example.org"), person_at("right@example.org")
    assert len(wrong.registrations) == 2
    assert [one.training_session_id for one in right.registrations] == [social.id]
    assert right.first_name == "Zoé"
