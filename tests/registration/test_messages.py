"""What learners are written: one mail per news, in their language, with their own links, and nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.kinds import NotWanted
from sets.mailing.rendering import preview, render
from sets.registration import clock_steps, messages, signing_up, workflow
from sets.registration.applying import LEARNER, Actor, Choice
from sets.registration.models import Learner, Registration
from tests import factories
from tests.registration.letters_read import (
    as_posted,
    calendars,
    events,
    html_of,
    letter,
    mails_leave,
    posted,
    text_of,
)
from tests.registration.signups import an_application, at, registration_of

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_session(*args, **values):
    made = factories.training_session(*args, **values)
    found = made.id, made.training_id
    db.session.rollback()
    return found


def sign_up(name, *choices, **values):
    facts = {"page_language": "en"} | values
    return signing_up.register(an_application(name, *choices, **facts))


def public_id(name, session_id):
    found = registration_of(name, session_id).public_id
    db.session.rollback()
    return found


def test_a_confirmed_place_is_told_with_every_date_in_words_and_its_zone():
    session, training = a_session(starts=at("2026-03-24 18:00"), meetings=2, minutes=90)
    sign_up("amina", (training, session))
    mail = letter("amina")
    text = text_of(mail)
    assert mail["Subject"].startswith("Your place is confirmed – ")
    assert "Tuesday 24 March 2026, from 18:00 to 19:30, Paris time" in text
    # One week later clocks have changed: the hour in words stays.
    assert "Tuesday 31 March 2026, from 18:00 to 19:30, Paris time" in text
    assert re.search(r"http://localhost/join/[0-9a-f]{32}\.\S+", text)
    assert re.search(r"http://localhost/en/my/\S+", text)


def test_the_room_is_never_in_a_mail():
    session, training = a_session(room_url="https://rooms.example.org/secret-room")
    sign_up("amina", (training, session))
    (row,) = posted("amina")
    content = render(as_posted(row)).envelope.content
    files = b"".join(calendar.to_ical() for _method, calendar in calendars(letter("amina")))
    assert b"rooms.example.org" not in content + files


def test_hours_are_told_on_the_learners_own_clock_too_where_it_differs():
    session, training = a_session(starts=at("2026-03-24 18:00"))
    sign_up("nikos", (training, session), time_zone="Europe/Athens")
    sign_up("berta", (training, session), time_zone="Europe/Berlin")
    assert "Paris time (19:00, Athens time)" in text_of(letter("nikos"))
    assert "Berlin" not in text_of(letter("berta"))


def test_one_mail_tells_of_three_trainings_each_as_it_stands():
    confirmed, first = a_session()
    full, second = a_session(capacity=0)
    third = factories.training().id
    db.session.rollback()
    for number in range(3):
        sign_up(f"early{number}", (second, full))
    sign_up("amina", (first, confirmed), (second, full), Choice(third, None, ("fr", "it")))
    mail = letter("amina")
    text = text_of(mail)
    assert "Place confirmed." in text
    assert "Waiting list, rank 4" in text
    assert "3 people are before you." in text
    assert "Waiting for a date" in text
    assert "In French or Italian. There is no date yet." in text
    assert len(calendars(mail)) == 1
    assert html_of(mail).count("<h2") == 3


def test_a_pending_registration_is_told_until_when_the_team_answers():
    session, training = a_session(needs_approval=True, decide_by=at("2026-03-10 12:00"))
    sign_up("amina", (training, session))
    mail = letter("amina")
    assert "Awaiting approval" in text_of(mail)
    assert "before Tuesday 10 March 2026, 12:00, Paris time" in text_of(mail)
    assert calendars(mail) == []


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_a_mail_speaks_the_learners_language(language):
    session, training = a_session(starts=at("2026-03-24 18:00"), language="it")
    sign_up("amina", (training, session), page_language="fr", mail_language=language)
    mail = letter("amina")
    day = {
        "fr": "mardi 24 mars",
        "en": "tuesday 24 march",
        "es": "martes, 24 de marzo",
        "it": "martedì 24 marzo",
    }
    assert day[language] in text_of(mail).lower()
    assert f'<html lang="{language}"' in html_of(mail)
    assert f"/{language}/my/" in text_of(mail)


def test_the_name_is_used_only_once_the_address_is_proven():
    session, training = a_session()
    sign_up("amina", (training, session))
    assert "Amina" not in text_of(letter("amina")) + html_of(letter("amina"))
    with transaction() as store:
        store.execute(update(Learner).values(proven_at=now()))
    assert text_of(letter("amina")).startswith("Hello Amina,")


def test_a_name_is_text_in_the_html():
    session, training = a_session()
    sign_up("amina", (training, session), first_name='<a href="https://evil.example">win</a>')
    with transaction() as store:
        store.execute(update(Learner).values(proven_at=now()))
    assert '<a href="https://evil.example"' not in html_of(letter("amina"))


def test_a_known_address_is_told_how_things_stand_and_that_nothing_changed():
    session, training = a_session()
    sign_up("amina", (training, session))
    mails_leave()
    sign_up("amina", (training, session))
    _first, second = posted("amina")
    assert second.facts["known"]
    assert second.facts["changed"] == []
    text = preview(as_posted(second))[1]
    assert "Nothing changed." in text
    assert "Place confirmed." in text
    assert second.facts["calendar"] == []


def test_another_name_typed_for_a_known_address_is_mentioned_and_not_repeated():
    session, training = a_session()
    sign_up("amina", (training, session))
    mails_leave()
    sign_up("amina", (training, session), first_name="Mallory", last_name="Intruder")
    subject, text, html = preview(as_posted(posted("amina")[-1]))
    assert "Another name or other details were typed" in text
    assert "Mallory" not in subject + text + html


def test_what_is_kept_of_a_mail_has_no_link_of_the_learner():
    session, training = a_session()
    sign_up("amina", (training, session))
    (row,) = posted("amina")
    ready = render(as_posted(row))
    token = re.search(r"/en/my/(\S+)", text_of(letter("amina"))).group(1)
    assert token not in (ready.text or "")
    assert token not in str(row.facts)


def test_a_cancellation_reaches_the_leaver_and_the_offer_the_next_in_line():
    session, training = a_session(capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    mails_leave()
    workflow.cancel(public_id("amina", session), actor=LEARNER)
    leaver = letter("amina", "registration_cancelled")
    assert "Your place is free again" in text_of(leaver)
    assert [method for method, _event in events(leaver)] == ["CANCEL"]
    offer = letter("bruno", "place_offered")
    assert "Answer before Wednesday 4 March 2026, 10:00, Paris time." in text_of(offer)
    assert "/en/my/" in text_of(offer)
    assert calendars(offer) == []


def test_an_accepted_offer_brings_the_dates():
    session, training = a_session(capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    workflow.cancel(public_id("amina", session), actor=LEARNER)
    mails_leave()
    workflow.accept_offer(public_id("bruno", session), actor=LEARNER)
    mail = letter("bruno", "place_confirmed")
    assert text_of(mail).startswith("Hello Bruno,")
    assert [method for method, _event in events(mail)] == ["REQUEST"]


def test_an_offer_that_lapsed_is_told_with_the_other_dates():
    session, training = a_session(capacity=1)
    other, _training = a_session(factories.training(), starts=at("2026-04-14 18:00"))
    with transaction() as store:
        from sets.catalogue.models import TrainingSession

        store.execute(update(TrainingSession).where(TrainingSession.id == other).values(training_id=training))
    refresh_catalogue()
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    workflow.cancel(public_id("amina", session), actor=LEARNER)
    mails_leave()
    lapse("bruno")
    clock_steps.run_due()
    text = text_of(letter("bruno", "offer_expired"))
    assert "the time to answer is over" in text
    assert "Tuesday 14 April 2026, 18:00, Paris time" in text
    assert "/en/register?session=" in text


def test_an_offer_that_never_left_before_it_lapsed_is_apologised_for():
    session, training = a_session(capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    mails_leave()
    workflow.cancel(public_id("amina", session), actor=LEARNER)
    lapse("bruno")
    clock_steps.run_due()
    assert posted("bruno", "place_offered") == []
    assert "could not leave in time" in text_of(letter("bruno", "offer_expired"))


def test_a_later_fact_replaces_a_mail_that_has_not_left_and_says_the_rest_of_it():
    one, first = a_session()
    two, second = a_session()
    sign_up("amina", (first, one), (second, two))
    workflow.cancel(public_id("amina", one), actor=LEARNER)
    mail = letter("amina")
    text = text_of(mail)
    assert mail["Subject"].startswith("Your registration is cancelled")
    assert "Place confirmed." in text
    # The REQUEST of what was cancelled never left: nothing to take back. The other one's still has to leave.
    ((method, event),) = events(mail)
    assert method == "REQUEST"
    assert registration_of("amina", two).training.texts["en"].title in str(event["summary"])


def test_a_change_of_date_is_one_mail():
    one, training = a_session()
    two, _ = a_session(
        db.session.get(factories.Training, training), capacity=1, starts=at("2026-04-14 18:00")
    )
    sign_up("bruno", (training, two))
    sign_up("amina", (training, one))
    wait_for(two, training, "amina")
    workflow.cancel(public_id("bruno", two), actor=LEARNER)
    mails_leave()
    workflow.accept_offer(public_id("amina", two), actor=LEARNER)
    (row,) = [row for row in posted("amina") if row.status == "queued"]
    assert row.kind == "place_moved"
    message = letter("amina", "place_moved")
    assert sorted(method for method, _event in events(message)) == ["CANCEL", "REQUEST"]
    assert "The one that you had before is free again" in text_of(message)


def test_a_mail_whose_news_is_no_longer_true_does_not_leave():
    session, training = a_session(capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    workflow.cancel(public_id("amina", session), actor=LEARNER)
    offer = as_posted(posted("bruno", "place_offered")[0])
    workflow.accept_offer(public_id("bruno", session), actor=LEARNER)
    with pytest.raises(NotWanted):
        render(offer)


def test_nobody_gets_a_mail_once_erased():
    session, training = a_session()
    sign_up("amina", (training, session))
    row = as_posted(posted("amina")[0])
    with transaction() as store:
        store.delete(store.scalars(select(Learner)).one())
    with pytest.raises(NotWanted):
        render(row)


def test_a_held_registration_is_asked_by_a_link():
    session, training = a_session()
    signing_up.hold(an_application("amina", (training, session), page_language="en"), "honeypot")
    text = text_of(letter("amina"))
    assert "One step is missing" in text
    assert re.search(r"http://localhost/en/\S+", text)


def test_the_personal_link_is_sent_once_an_hour_to_known_addresses_only(clock):
    session, training = a_session()
    sign_up("amina", (training, session))
    mails_leave()
    for _time in range(2):
        signing_up.request_link("AMINA@example.org")
        signing_up.request_link("nobody@example.org")
    assert len(posted("amina", "personal_link")) == 1
    assert posted("nobody") == []
    assert "/en/my/" in text_of(letter("amina", "personal_link"))
    clock.shift(timedelta(hours=1))
    signing_up.request_link("amina@example.org")
    assert len(posted("amina", "personal_link")) == 2


def test_a_refusal_tells_its_reason_only_where_the_team_wants_it():
    session, training = a_session(needs_approval=True)
    for name, told in (("amina", True), ("bruno", False)):
        sign_up(name, (training, session))
        mails_leave()
        workflow.reject(
            public_id(name, session), actor=Actor("staff", 1), reason="Places for beginners", tell_reason=told
        )
    assert "Places for beginners" in text_of(letter("amina", "registration_rejected"))
    assert "Places for beginners" not in text_of(letter("bruno", "registration_rejected"))


def test_answers_go_to_the_trainings_own_people():
    session, training = a_session(factories.training(reply_to="team@coop.example"))
    sign_up("amina", (training, session))
    assert letter("amina")["Reply-To"] == "team@coop.example"


@pytest.mark.parametrize("kind", sorted(messages.KINDS))
def test_every_kind_has_its_words_in_text_and_in_html(app, kind):
    for file in ("subject.txt", "body.txt", "body.html"):
        assert app.jinja_env.get_template(f"mail/{kind}/{file}")


def lapse(name):
    with transaction() as store:
        store.execute(
            update(Registration)
            .where(Registration.status == "offered")
            .values(offer_ends_at=now() - timedelta(minutes=1))
        )


def wait_for(session_id, training_id, name):
    """Have somebody who has a place in one session wait for another of the training, as a move does."""
    learner = db.session.scalars(select(Learner.id).where(Learner.email == f"{name}@example.org")).one()
    factories.registration(
        db.session.get(factories.TrainingSession, session_id),
        db.session.get(Learner, learner),
        status="waiting",
    )
    db.session.rollback()


def refresh_catalogue():
    from sets.catalogue.versions import bump_catalogue_version

    with transaction() as store:
        bump_catalogue_version(store)


def test_what_the_team_ends_without_a_mail_is_told_by_no_other_mail():
    first, one = a_session()
    second, two = a_session()
    sign_up("amina", (one, first), (two, second))
    workflow.cancel(public_id("amina", first), actor=Actor("staff", 1), mail=False)
    text = text_of(letter("amina"))
    assert "Place confirmed" in text
    assert "Cancelled" not in text
    assert len(calendars(letter("amina"))) == 1
    workflow.reject(public_id("amina", second), actor=Actor("staff", 1), mail=False)
    with pytest.raises(NotWanted, match="outdated"):
        letter("amina")
