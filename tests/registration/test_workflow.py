"""Who gets a place, who waits, who is next, and which mail each step makes. On both databases."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import TransactionNested, db, transaction
from sets.mailing.models import Delivery
from sets.registration import clock_steps, queue, signing_up, workflow
from sets.registration.applying import LEARNER, Actor, Choice
from sets.registration.models import (
    HOLDING,
    Consent,
    Learner,
    LearnerNeed,
    Registration,
    RegistrationEvent,
    Submission,
)
from sets.registration.transitions import RegistrationRefused

from .signups import a_session, a_training, an_application, places_taken, registration_of, states

STAFF = Actor("staff", 1)
pytestmark = pytest.mark.usefixtures("app")


def sign_up(name, *choices, **values):
    return signing_up.register(an_application(name, *choices, **values))


def mails(kind=None, to=None):
    db.session.rollback()
    statement = select(Delivery.kind, Delivery.to_address, Delivery.status).order_by(Delivery.id)
    rows = [row for row in db.session.execute(statement) if row.status != "cancelled"]
    return [
        (row.kind, row.to_address.split("@")[0])
        for row in rows
        if kind in (None, row.kind) and to in (None, row.to_address.split("@")[0])
    ]


def outcome(submission_public_id):
    return db.session.scalars(
        select(Submission.outcome).where(Submission.public_id == submission_public_id)
    ).one()


def test_a_learner_gets_a_free_place_and_one_mail():
    training = a_training()
    session = a_session(training, capacity=2)
    receipt = sign_up("amina", (training, session))
    assert states(session) == {"amina": "confirmed"}
    assert places_taken(session) == 1
    assert mails() == [("registration_received", "amina")]
    assert outcome(receipt)["results"][0]["status"] == "confirmed"


def test_one_form_for_three_trainings_makes_three_registrations_and_one_mail():
    trainings = [a_training(f"training-{number}", position=number) for number in (1, 2, 3)]
    full = a_session(trainings[1], capacity=0)
    free = a_session(trainings[0], capacity=5)
    sign_up("amina", (trainings[0], free), (trainings[1], full), (trainings[2], None))
    assert states(free) == {"amina": "confirmed"}
    assert states(full) == {"amina": "waiting"}
    assert registration_of("amina", training_id=trainings[2]).wants == ["fr"]
    assert mails() == [("registration_received", "amina")]


def test_in_a_full_session_people_wait_in_order():
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    assert states(session) == {"amina": "confirmed", "bruno": "waiting", "chiara": "waiting"}
    assert queue.rank_of(registration_of("bruno")) == 1
    assert queue.rank_of(registration_of("chiara")) == 2


def test_the_same_form_sent_twice_is_one_registration_and_one_mail():
    training = a_training()
    session = a_session(training)
    application = an_application("amina", (training, session))
    assert signing_up.register(application) == signing_up.register(application)
    assert places_taken(session) == 1
    assert mails() == [("registration_received", "amina")]


def test_the_same_person_again_changes_nothing_and_the_receipt_does_not_tell():
    training = a_training()
    session = a_session(training, capacity=2)
    sign_up("amina", (training, session))
    again = sign_up("amina", (training, session), first_name="Mallory", last_name="Other", news=True, needs="x",
                    needs_consent=True)  # fmt: skip
    new = sign_up("bruno", (training, session))
    assert places_taken(session) == 2
    assert registration_of("amina").learner.first_name == "Amina"
    assert db.session.scalar(select(func.count(LearnerNeed.learner_id))) == 0
    assert db.session.scalar(select(func.count(Consent.id)).where(Consent.kind == "news")) == 0
    assert [result["status"] for result in outcome(again)["results"]] == [
        result["status"] for result in outcome(new)["results"]
    ]


def test_a_known_address_is_mailed_how_things_stand_once_an_hour_at_most():
    training = a_training()
    session = a_session(training)
    for _ in range(4):
        sign_up("amina", (training, session))
    assert mails() == [("registration_received", "amina")] * 2


def test_addresses_that_differ_by_case_are_one_person_and_plus_tags_are_not():
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session))
    sign_up("amina", (training, session), email="AMINA@Example.ORG")
    sign_up("amina", (training, session), email="amina+sets@example.org")
    assert places_taken(session) == 2


def test_a_cancelled_place_is_offered_to_the_first_who_waits():
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    assert states(session) == {"amina": "cancelled", "bruno": "offered", "chiara": "waiting"}
    assert places_taken(session) == 1
    assert mails()[-2:] == [("registration_cancelled", "amina"), ("place_offered", "bruno")]


def test_while_somebody_waits_a_newcomer_waits_even_beside_a_free_place():
    training = a_training()
    session = a_session(training, capacity=1, state="published")
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    with transaction() as store:
        store.get(TrainingSession, session).capacity = 2
    sign_up("chiara", (training, session))
    assert states(session)["chiara"] == "waiting"
    clock_steps.run_due()
    assert states(session) == {"amina": "confirmed", "bruno": "offered", "chiara": "waiting"}


def test_an_accepted_offer_is_a_confirmed_place_and_ends_the_other_waits():
    training = a_training()
    session = a_session(training, capacity=1)
    other = a_session(training, capacity=0)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    sign_up("bruno", (training, other))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    workflow.accept_offer(registration_of("bruno", session).public_id, actor=LEARNER)
    assert states(session)["bruno"] == "confirmed"
    assert states(other)["bruno"] == "cancelled"
    assert places_taken(session) == 1
    assert mails("place_confirmed") == [("place_confirmed", "bruno")]


def test_a_declined_offer_goes_to_the_next_once():
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    workflow.decline_offer(registration_of("bruno").public_id, actor=LEARNER)
    assert states(session) == {"amina": "cancelled", "bruno": "cancelled", "chiara": "offered"}
    # The first offer's mail had not left yet: the answer made it void.
    assert mails("place_offered") == [("place_offered", "chiara")]


def test_an_offer_that_nobody_answers_ends_and_passes_on(clock):
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    clock.shift(timedelta(hours=47))
    clock_steps.run_due()
    assert states(session)["bruno"] == "offered"
    clock.shift(timedelta(hours=2))
    clock_steps.run_due()
    assert states(session) == {"amina": "cancelled", "bruno": "expired", "chiara": "offered"}
    with pytest.raises(RegistrationRefused):
        workflow.accept_offer(registration_of("bruno").public_id, actor=LEARNER)
    assert mails("offer_expired") == [("offer_expired", "bruno")]


def test_whoever_waits_for_any_date_is_offered_a_session_in_their_language_before_newcomers():
    training = a_training()
    sign_up("amina", (training, None))
    sign_up("bruno", Choice(training, None, ("es", "it")))
    session = a_session(training, capacity=1, language="it")
    sign_up("chiara", (training, session))
    assert states(session) == {"chiara": "waiting"}
    clock_steps.run_due()
    assert states(session) == {"chiara": "waiting", "bruno": "offered"}
    workflow.decline_offer(registration_of("bruno", session).public_id, actor=LEARNER)
    assert registration_of("bruno", training_session_id=None).status == "waiting"
    assert states(session) == {"chiara": "offered", "bruno": "cancelled"}


def test_where_places_are_given_automatically_the_next_is_confirmed_at_once():
    training = a_training()
    session = a_session(training, capacity=1, filling="automatic")
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    assert states(session) == {"amina": "cancelled", "bruno": "confirmed"}
    assert mails()[-1] == ("place_confirmed", "bruno")


def test_where_the_team_decides_a_sign_up_is_pending_holds_a_place_and_is_approved_or_refused():
    training = a_training()
    session = a_session(training, capacity=2, needs_approval=True)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    assert states(session) == {"amina": "pending", "bruno": "pending", "chiara": "waiting"}
    workflow.approve(registration_of("amina").public_id, actor=STAFF)
    workflow.reject(registration_of("bruno").public_id, actor=STAFF, reason="Not in the sector")
    assert states(session) == {"amina": "confirmed", "bruno": "rejected", "chiara": "pending"}
    assert places_taken(session) == 2


def test_a_session_that_starts_ends_the_waits_for_it(clock):
    training = a_training()
    session = a_session(training, capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    clock.shift(timedelta(days=21))
    clock_steps.run_due()
    assert states(session) == {"amina": "confirmed", "bruno": "expired"}
    assert mails()[-1] == ("wait_ended", "bruno")


def test_who_comes_back_gets_the_same_registration_with_its_history():
    training = a_training()
    session = a_session(training, capacity=1)
    sign_up("amina", (training, session))
    first = registration_of("amina").public_id
    workflow.cancel(first, actor=LEARNER, reason="ill")
    sign_up("amina", (training, session))
    again = registration_of("amina")
    assert (again.public_id, again.status, again.reason) == (first, "confirmed", None)
    verbs = db.session.scalars(select(RegistrationEvent.verb).order_by(RegistrationEvent.id)).all()
    assert verbs == ["register", "cancel", "register"]
    assert places_taken(session) == 1


def test_a_session_that_closed_meanwhile_is_refused_and_nothing_is_stored():
    training, other = a_training(), a_training("digital-collaboration", position=2)
    closed = a_session(training, state="closed")
    open_one = a_session(other)
    with pytest.raises(RegistrationRefused) as refusal:
        sign_up("amina", (training, closed), (other, open_one))
    assert refusal.value.training_id == training
    assert refusal.value.reason == "session_closed"
    assert db.session.scalar(select(func.count(Learner.id))) == 0
    assert places_taken(open_one) == 0
    assert mails() == []


def test_a_step_that_the_table_does_not_have_is_refused():
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session))
    public_id = registration_of("amina").public_id
    with pytest.raises(RegistrationRefused):
        workflow.decline_offer(public_id, actor=LEARNER)
    workflow.cancel(public_id, actor=LEARNER)
    with pytest.raises(RegistrationRefused):
        workflow.cancel(public_id, actor=LEARNER)
    with pytest.raises(RegistrationRefused):
        workflow.cancel(str(uuid.uuid4()), actor=LEARNER)
    assert places_taken(session) == 0


def test_a_suspect_takes_no_place_until_its_address_answers():
    training = a_training()
    session = a_session(training)
    held = signing_up.hold(an_application("amina", (training, session)), "honeypot")
    assert states(session) == {}
    assert outcome(held)["results"][0]["status"] == "confirmed"
    assert mails() == [("registration_held", "amina")]
    assert signing_up.release_held(held) == signing_up.release_held(held)
    assert states(session) == {"amina": "confirmed"}
    assert mails() == [("registration_held", "amina"), ("registration_received", "amina")]


def test_suspects_are_asked_once_a_day_for_an_address_and_forgotten_after_a_week(clock):
    training = a_training()
    session = a_session(training)
    held = [signing_up.hold(an_application("amina", (training, session)), "honeypot") for _ in range(3)]
    assert mails() == [("registration_held", "amina")]
    clock.shift(timedelta(days=8))
    assert clock_steps.purge_submissions() == 3
    with pytest.raises(RegistrationRefused):
        signing_up.release_held(held[0])


def test_a_lost_link_is_mailed_to_known_addresses_only_and_once_an_hour(clock):
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session))
    clock.shift(timedelta(hours=1))
    for _ in range(3):
        signing_up.request_link("Amina@example.org")
        signing_up.request_link("nobody@example.org")
    assert mails("personal_link") == [("personal_link", "amina")]


def test_consents_keep_the_words_and_the_time():
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session), news=True, needs="Subtitles", needs_consent=True)
    learner = registration_of("amina").learner
    assert sorted(consent.kind for consent in learner.consents) == ["needs", "news", "notice"]
    assert learner.need.text == "Subtitles"
    sign_up("bruno", (training, session), needs="Subtitles")
    assert registration_of("bruno").learner.need is None


def test_a_refusal_in_the_middle_stores_nothing():
    training = a_training()

    def break_off():
        with transaction() as session:
            session.add(
                Submission(form_nonce="x", public_id="y", language="fr", outcome={}, created_at=now())
            )
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert db.session.scalar(select(func.count(Submission.id))) == 0
    with pytest.raises(TransactionNested), transaction():
        sign_up("amina", (training, None))


def test_places_taken_always_equals_the_registrations_that_hold_one():
    training = a_training()
    session = a_session(training, capacity=3)
    for number in range(8):
        sign_up(f"person{number}", (training, session))
    for number in (0, 2):
        workflow.cancel(registration_of(f"person{number}").public_id, actor=LEARNER)
    workflow.accept_offer(registration_of("person3").public_id, actor=LEARNER)
    holding = db.session.scalar(select(func.count(Registration.id)).where(Registration.status.in_(HOLDING)))
    assert places_taken(session) == holding == 3


def test_one_function_alone_takes_places():
    source = Path(workflow.__file__).parent.parent
    callers = [
        path.name for path in source.rglob("*.py") for _ in range(path.read_text().count("places.take("))
    ]
    assert callers == ["seating.py"]
