"""A learner's address and links change: by who holds them, and never telling whether an address is registered."""

from __future__ import annotations

from datetime import timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from sets.database import db
from sets.registration import addresses
from sets.registration.keys import address_token, join_token, page_token, recovery_token
from sets.registration.models import Learner, LearnerWord, Registration
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import events, html_of, letter, mails_leave, posted, text_of

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def amina():
    return factories.learner("amina@example.org", first_name="Amina", last_name="Benali", language="en")


@pytest.fixture
def place(amina):
    return factories.registration(factories.training_session(), amina)


def link_of(person):
    db.session.rollback()
    address = f"/en/my/{page_token(person)}"
    db.session.rollback()
    return address


def ask(client, person, email="new@example.org", **options):
    page = visit(client, f"{link_of(person)}/address")
    return submit(page, form="address", email=email, **options)


def confirmation(person, key="new@example.org"):
    db.session.rollback()
    address = f"/en/addresses/{address_token(person, key)}"
    db.session.rollback()
    return address


def recovery(person, key="amina@example.org"):
    db.session.rollback()
    address = f"/en/recoveries/{recovery_token(person, key)}"
    db.session.rollback()
    return address


def confirm(client, person, key="new@example.org"):
    return submit(visit(client, confirmation(person, key)), form="/addresses/")


def emails():
    db.session.rollback()
    return list(db.session.scalars(select(Learner.email).order_by(Learner.id)))


def kinds(to):
    return [row.kind for row in posted(to)]


def test_a_new_address_counts_once_it_has_answered(client, amina, place):
    page = ask(client, amina)
    assert "We wrote to the new address." in page.one("p", role="status").text
    assert "new@example.org waits to be confirmed" in page.text
    assert emails() == ["amina@example.org"]
    visit(client, confirmation(amina))
    assert emails() == ["amina@example.org"]
    page = confirm(client, amina)
    assert "The address is changed." in page.one("p", role="status").text
    assert page.heading == "Hello Amina"
    assert emails() == ["new@example.org"]
    words = set(db.session.scalars(select(LearnerWord.word)))
    assert "new@example.org" in words
    assert "amina@example.org" not in words


def test_the_mail_to_the_new_address_names_nobody_and_carries_no_personal_link(client, amina, place):
    ask(client, amina)
    message = letter("new")
    whole = text_of(message) + html_of(message)
    assert confirmation(amina) in whole
    assert "Amina" not in whole
    assert "/my/" not in whole


def test_the_old_address_is_told_and_can_drop_the_change(client, amina):
    ask(client, amina)
    link = link_of(amina)
    told = text_of(letter("amina"))
    assert recovery(amina) in told
    assert "new@example.org" in told
    page = submit(visit(client, recovery(amina)), form="/recoveries/")
    assert "The address is yours as before" in page.text
    assert emails() == ["amina@example.org"]
    visit(client, link, status=410)
    visit(client, confirmation(amina), status=410)
    assert client.post(confirmation(amina)).status_code == 410
    assert db.session.scalars(select(Learner.feed_version)).one() == 2
    assert kinds("amina") == ["address_left", "link_renewed"]


def test_the_old_address_takes_a_change_back_for_a_week_even_from_who_changed_twice(client, amina, place):
    ask(client, amina)
    confirm(client, amina)
    ask(client, amina, "other@example.org")
    confirm(client, amina, "other@example.org")
    stolen = link_of(amina)
    submit(visit(client, recovery(amina)), form="/recoveries/")
    assert emails() == ["amina@example.org"]
    visit(client, stolen, status=410)
    visit(client, recovery(amina, "new@example.org"), status=410)


def test_after_a_week_a_change_stays(client, amina, clock):
    ask(client, amina)
    confirm(client, amina)
    clock.shift(timedelta(days=7))
    visit(client, recovery(amina), status=410)
    assert addresses.forget_addresses() == 1
    db.session.rollback()
    assert db.session.execute(select(Learner.email_before, Learner.before_until)).one() == (None, None)


def test_a_new_address_that_does_not_answer_within_a_week_is_forgotten(client, amina, clock):
    ask(client, amina)
    clock.shift(timedelta(days=7))
    visit(client, confirmation(amina), status=410)
    assert "waits to be confirmed" not in visit(client, link_of(amina)).text
    assert addresses.forget_addresses() == 1
    assert addresses.forget_addresses() == 0


def test_a_known_address_gets_the_same_page_and_its_owner_a_mail(client, amina):
    owner = factories.learner("new@example.org", first_name="Bruno", language="en")
    own_link = link_of(owner)
    known = ask(client, amina)
    submit(known, form="address/refusal")
    unknown = ask(client, amina, "nobody@example.org")
    assert known.text.replace("new@", "nobody@") == unknown.text
    assert kinds("new") == ["address_wanted"]
    assert own_link in text_of(letter("new"))
    assert kinds("nobody") == ["address_confirmation"]


def test_an_address_that_somebody_registered_with_meanwhile_is_shared_not_merged(client, amina):
    ask(client, amina)
    other = factories.learner("new@example.org", first_name="Bruno")
    name = other.first_name
    confirm(client, amina)
    db.session.rollback()
    rows = db.session.execute(
        select(Learner.first_name, Learner.email_slot).order_by(Learner.email_slot)
    ).all()
    assert rows == [(name, 0), ("Amina", 1)]


def test_mails_that_have_not_left_follow_the_address_but_not_the_old_ones_say(client, amina, place):
    factories.delivery("amina@example.org", about=place)
    ask(client, amina)
    confirm(client, amina)
    assert kinds("amina") == ["address_left"]
    assert kinds("new") == ["registration_received", "address_confirmation", "address_changed"]


def test_the_calendar_of_the_new_address_gets_the_dates_under_the_same_uid(client, amina, place):
    file = client.get(f"{link_of(amina)}/registrations/{place.public_id}/calendar.ics")
    assert Calendar.from_ical(file.data)
    addresses.renew_link(amina.id)
    uid = events(letter("amina"))[0][1]["uid"]
    mails_leave()
    ask(client, amina)
    confirm(client, amina)
    ((method, event),) = events(letter("new", "address_changed"))
    assert (method, event["uid"]) == ("REQUEST", uid)
    assert str(event["attendee"]) == "mailto:new@example.org"


def test_ones_own_address_and_nonsense_are_refused_at_the_field(client, amina):
    assert "the address that we write to already" in ask(client, amina, "AMINA@example.org", status=422).text
    page = ask(client, amina, "new.example.org", status=422)
    assert page.value("email") == "new.example.org"
    assert posted("amina") == []


def test_nobody_is_flooded_with_changes(client, amina):
    for number in range(5):
        ask(client, amina, f"new{number}@example.org")
    assert "Wait until tomorrow" in ask(client, amina, "new5@example.org", status=422).text
    assert posted("new5") == []


def test_only_the_last_address_asked_for_counts(client, amina):
    ask(client, amina, "first@example.org")
    ask(client, amina)
    visit(client, confirmation(amina, "first@example.org"), status=410)
    confirm(client, amina)
    assert emails() == ["new@example.org"]


@pytest.mark.parametrize("kind", ["addresses", "recoveries"])
def test_a_link_made_for_something_else_opens_nothing(client, amina, kind):
    ask(client, amina)
    for token in (
        "x",
        "a.b.c.d",
        link_of(amina).rpartition("/")[2],
        f"{'0' * 20}.{'0' * 32}.1.x",
        "é" * 20 + ".x",
    ):
        visit(client, f"/en/{kind}/{token}", status=404)
    swapped = recovery(amina) if kind == "addresses" else confirmation(amina)
    visit(client, f"/en/{kind}/{swapped.rpartition('/')[2]}", status=404)


def test_a_new_link_ends_the_old_one_and_is_shown_and_mailed(client, amina, place):
    meeting = place.session.meetings[0].public_id
    old, old_join = link_of(amina), f"/join/{join_token(amina, meeting)}"
    db.session.rollback()
    page = submit(visit(client, old).click("Make a new link"), form="link")
    assert "This page has a new link." in page.one("p", role="status").text
    assert page.path == link_of(amina) != old
    visit(client, old, status=410)
    visit(client, old_join, status=410)
    message = letter("amina")
    assert link_of(amina) in text_of(message)
    ((method, event),) = events(message)
    assert method == "REQUEST"
    assert join_token(amina, meeting) in str(event["url"])
    assert client.post(f"{old}/link").status_code == 410


def test_the_calendars_address_is_renewed_with_one_press(client, amina):
    response = client.post(f"{link_of(amina)}/feed")
    assert response.status_code == 303
    assert db.session.scalars(select(Learner.feed_version)).one() == 2


def test_nothing_of_this_touches_registrations(client, amina, place):
    ask(client, amina)
    confirm(client, amina)
    submit(visit(client, recovery(amina)), form="/recoveries/")
    db.session.rollback()
    assert db.session.scalars(select(Registration.status)).all() == ["confirmed"]


def test_a_rival_who_takes_the_address_in_the_same_moment_makes_no_error(client, amina, monkeypatch):
    ask(client, amina)
    readdress, rivals = addresses.people.readdress, []

    def too_late(learner, email):
        # What PostgreSQL answers when the rival's row is stored between our look and our write.
        if not rivals:
            rivals.append(email)
            raise IntegrityError("UPDATE learner", None, Exception("unique"))
        return readdress(learner, email)

    monkeypatch.setattr(addresses.people, "readdress", too_late)
    confirm(client, amina)
    assert emails() == ["new@example.org"]
