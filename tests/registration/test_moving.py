"""Coming back, changing session, waiting elsewhere, another order of the queue, and the last hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.languages import speaking
from sets.mailing.models import Delivery
from sets.registration import clock_steps, phrases, queue, signing_up, workflow
from sets.registration.applying import LEARNER, Actor
from sets.registration.models import Registration, RegistrationEvent
from sets.registration.standing import standings_of
from sets.registration.transitions import RegistrationRefused
from tests import factories

from .letters_read import events, letter, mails_leave
from .signups import an_application, places_taken, registration_of, states

STAFF = Actor("staff", 1)
pytestmark = pytest.mark.usefixtures("app", "clock")


def a_training():
    found = factories.training().id
    db.session.rollback()
    return found


def a_session(training, *, starts_in=timedelta(days=20), **values):
    of = db.session.get(factories.Training, training)
    found = factories.training_session(of, starts=now() + starts_in, **values).id
    db.session.rollback()
    return found


def sign_up(name, *choices, **values):
    return signing_up.register(an_application(name, *choices, **values))


def public_id(name, session=None, **criteria):
    found = registration_of(name, session, **criteria).public_id
    db.session.rollback()
    return found


def session_id(public):
    return db.session.scalars(
        select(Registration.training_session_id).where(Registration.public_id == public)
    ).one()


def public_session(session):
    from sets.catalogue.models import TrainingSession

    found = db.session.get(TrainingSession, session).public_id
    db.session.rollback()
    return found


def unsent(to=None):
    db.session.rollback()
    rows = db.session.execute(
        select(Delivery.kind, Delivery.to_address).where(Delivery.status == "queued").order_by(Delivery.id)
    )
    return [
        (row.kind, row.to_address.split("@")[0]) for row in rows if to in (None, row.to_address.split("@")[0])
    ]


def standing_of(name, session=None):
    db.session.rollback()
    row = registration_of(name, session)
    (found,) = [one for one in standings_of(row.learner_id) if one.id == row.id]
    db.session.rollback()
    return found


def test_a_learner_takes_back_a_cancellation_for_24_hours_while_the_place_is_free(clock):
    training = a_training()
    session = a_session(training, capacity=2)
    sign_up("amina", (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    assert standing_of("amina").can_undo
    clock.shift(timedelta(hours=23))
    assert workflow.restore(public_id("amina"), actor=LEARNER, only_if_free=True) == "confirmed"
    assert (states(session), places_taken(session)) == ({"amina": "confirmed"}, 1)
    workflow.cancel(public_id("amina"), actor=LEARNER)
    clock.shift(timedelta(hours=25))
    assert not standing_of("amina").can_undo
    with pytest.raises(RegistrationRefused) as refused:
        workflow.restore(public_id("amina"), actor=LEARNER)
    assert refused.value.reason == "too_late_to_undo"


def test_a_place_that_went_to_the_next_person_is_not_taken_back():
    training = a_training()
    session = a_session(training, capacity=1)
    sign_up("amina", (training, session))
    sign_up("bruno", (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    with pytest.raises(RegistrationRefused) as refused:
        workflow.restore(public_id("amina"), actor=LEARNER, only_if_free=True)
    assert refused.value.reason == "no_place"
    assert states(session) == {"amina": "cancelled", "bruno": "offered"}
    assert workflow.restore(public_id("amina"), actor=LEARNER) == "waiting"
    assert queue.rank_of(registration_of("amina")) == 1


def test_a_learner_cannot_take_back_what_the_team_decided():
    training = a_training()
    session = a_session(training, needs_approval=True)
    sign_up("amina", (training, session))
    workflow.reject(public_id("amina"), actor=STAFF, reason="full of colleagues")
    with pytest.raises(RegistrationRefused):
        workflow.restore(public_id("amina"), actor=LEARNER)
    assert workflow.restore(public_id("amina"), actor=STAFF) == "pending"


def test_a_restored_place_goes_back_into_the_calendar_under_the_same_uid():
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session), page_language="en")
    ((_method, first),) = events(letter("amina"))
    mails_leave()
    workflow.cancel(public_id("amina"), actor=LEARNER)
    mails_leave()
    workflow.restore(public_id("amina"), actor=LEARNER)
    ((method, event),) = events(letter("amina", "registration_restored"))
    assert method == "REQUEST"
    assert str(event["uid"]) == str(first["uid"])
    assert int(event["sequence"]) == 2


def test_what_staff_do_without_mail_is_recorded_so():
    training = a_training()
    session = a_session(training)
    sign_up("amina", (training, session))
    mails_leave()
    workflow.cancel(public_id("amina"), actor=STAFF, mail=False)
    workflow.restore(public_id("amina"), actor=STAFF, mail=False)
    assert unsent() == []
    told = db.session.execute(
        select(RegistrationEvent.verb, RegistrationEvent.mailed).order_by(RegistrationEvent.id)
    )
    assert [tuple(row) for row in told] == [("register", True), ("cancel", False), ("restore", False)]


def test_a_change_of_session_takes_the_new_place_first_and_frees_the_old_one():
    training = a_training()
    one, two = a_session(training, capacity=1), a_session(training, capacity=1, starts_in=timedelta(days=30))
    sign_up("amina", (training, one), page_language="en", answers={})
    sign_up("bruno", (training, one))
    mails_leave()
    new = workflow.move(public_id("amina", one), public_session(two), actor=LEARNER)
    assert session_id(new) == two
    assert states(one) == {"amina": "cancelled", "bruno": "offered"}
    assert states(two) == {"amina": "confirmed"}
    assert (places_taken(one), places_taken(two)) == (1, 1)
    assert unsent("amina") == [("place_moved", "amina")]
    assert sorted(method for method, _event in events(letter("amina", "place_moved"))) == [
        "CANCEL",
        "REQUEST",
    ]
    moved = registration_of("amina", one)
    assert moved.moved_to_id == registration_of("amina", two).id


def test_without_a_place_there_nothing_changes_and_one_can_wait_there():
    training = a_training()
    one, two = a_session(training), a_session(training, capacity=1, starts_in=timedelta(days=30))
    sign_up("bruno", (training, two))
    sign_up("amina", (training, one))
    with pytest.raises(RegistrationRefused) as refused:
        workflow.move(public_id("amina", one), public_session(two), actor=LEARNER)
    assert refused.value.reason == "no_place"
    assert states(one) == {"amina": "confirmed"}
    workflow.wait_elsewhere(public_id("amina", one), public_session(two), actor=LEARNER)
    assert states(one) == {"amina": "confirmed"}
    assert states(two) == {"amina": "waiting", "bruno": "confirmed"}
    workflow.cancel(public_id("bruno"), actor=LEARNER)
    workflow.accept_offer(public_id("amina", two), actor=LEARNER)
    assert states(one) == {"amina": "cancelled"}
    assert states(two) == {"amina": "confirmed", "bruno": "cancelled"}


def test_a_place_given_by_itself_in_the_session_waited_for_replaces_the_one_held():
    training = a_training()
    one = a_session(training)
    two = a_session(training, capacity=1, starts_in=timedelta(days=30), filling="automatic")
    sign_up("bruno", (training, two))
    sign_up("amina", (training, one))
    workflow.wait_elsewhere(public_id("amina", one), public_session(two), actor=LEARNER)
    mails_leave()
    workflow.cancel(public_id("bruno"), actor=LEARNER)
    assert states(one) == {"amina": "cancelled"}
    assert states(two)["amina"] == "confirmed"
    assert unsent("amina") == [("place_moved", "amina")]


def test_a_learner_does_not_lose_a_place_to_a_decision_of_the_team():
    training = a_training()
    one = a_session(training)
    two = a_session(training, needs_approval=True, starts_in=timedelta(days=30))
    sign_up("amina", (training, one))
    for verb in (workflow.move, workflow.wait_elsewhere):
        with pytest.raises(RegistrationRefused) as refused:
            verb(public_id("amina", one), public_session(two), actor=LEARNER)
        assert refused.value.reason == "approval_elsewhere"
    workflow.move(public_id("amina", one), public_session(two), actor=STAFF)
    assert states(two) == {"amina": "confirmed"}


def test_the_team_puts_someone_before_another_with_a_reason_and_all_others_keep_their_order():
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara", "dario", "elsa"):
        sign_up(name, (training, session))
    workflow.reorder(public_id("elsa"), public_id("chiara"), actor=STAFF, reason="interpreter is booked")

    def ranks():
        return {name: queue.rank_of(registration_of(name)) for name in ("bruno", "elsa", "chiara", "dario")}

    assert ranks() == {"bruno": 1, "elsa": 2, "chiara": 3, "dario": 4}
    workflow.reorder(public_id("bruno"), None, actor=STAFF, reason="asked for it")
    assert ranks() == {"elsa": 1, "chiara": 2, "dario": 3, "bruno": 4}
    assert registration_of("elsa").events[-1].reason == "interpreter is booked"
    with pytest.raises(RegistrationRefused):
        workflow.reorder(public_id("amina"), None, actor=STAFF, reason="has a place")


def test_in_the_last_48_hours_all_who_wait_are_told_and_who_answers_first_has_the_place():
    training = a_training()
    session = a_session(training, capacity=1, starts_in=timedelta(hours=30))
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    sign_up("dario", (training, None))
    mails_leave()
    workflow.cancel(public_id("amina"), actor=LEARNER)
    assert sorted(unsent()) == [
        ("place_free", "bruno"), ("place_free", "chiara"), ("place_free", "dario"),
        ("registration_cancelled", "amina"),
    ]  # fmt: skip
    assert standing_of("chiara").can_claim
    with speaking("en"):
        assert phrases.next_words(standing_of("chiara")) == "A place is free. Who answers first has it."
        assert "In French, " in phrases.next_words(standing_of("dario"))
    assert clock_steps.run_due() == 0  # told once
    workflow.accept_offer(public_id("chiara"), actor=LEARNER)
    assert states(session) == {"amina": "cancelled", "bruno": "waiting", "chiara": "confirmed"}
    assert places_taken(session) == 1
    assert not standing_of("bruno").can_claim
    for late in ("bruno", "dario"):
        with pytest.raises(RegistrationRefused):
            workflow.accept_offer(public_id(late), actor=LEARNER)
    mails_leave()
    workflow.cancel(public_id("chiara"), actor=LEARNER)
    assert ("place_free", "bruno") in unsent()
    workflow.accept_offer(public_id("dario", training_session_id=None), actor=LEARNER)
    assert states(session)["dario"] == "confirmed"
    assert registration_of("dario", training_session_id=None).status == "cancelled"


def test_in_the_last_48_hours_a_newcomer_does_not_pass_those_who_were_told():
    training = a_training()
    session = a_session(training, capacity=1, starts_in=timedelta(hours=30))
    for name in ("amina", "bruno"):
        sign_up(name, (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    sign_up("chiara", (training, session))
    assert states(session)["chiara"] == "waiting"
    clock_steps.run_due()
    workflow.accept_offer(public_id("chiara"), actor=LEARNER)
    assert states(session) == {"amina": "cancelled", "bruno": "waiting", "chiara": "confirmed"}


def test_who_took_part_can_take_the_training_again(clock):
    training = a_training()
    past = a_session(training, starts_in=timedelta(days=2))
    sign_up("amina", (training, past))
    clock.shift(timedelta(days=3))
    again = a_session(training, starts_in=timedelta(days=20))
    sign_up("amina", (training, again))
    assert states(past) == {"amina": "confirmed"}
    assert states(again) == {"amina": "confirmed"}


def test_the_clock_notes_sessions_that_are_over(clock):
    training = a_training()
    past = a_session(training, starts_in=timedelta(days=2))
    sign_up("amina", (training, past))
    clock.shift(timedelta(days=3))
    assert clock_steps.run_due() == 1
    assert clock_steps.run_due() == 0
    assert registration_of("amina", past).ended_at == now()
    later = a_session(training, starts_in=timedelta(days=20), capacity=1)
    sign_up("bruno", (training, None))
    workflow.fill_session(later)
    assert states(later) == {"bruno": "offered"}


def test_nothing_is_restored_into_a_session_that_has_begun(clock):
    training = a_training()
    session = a_session(training, starts_in=timedelta(days=2))
    sign_up("amina", (training, session))
    workflow.cancel(public_id("amina"), actor=STAFF)
    clock.shift(timedelta(days=2, minutes=1))
    with pytest.raises(RegistrationRefused) as refused:
        workflow.restore(public_id("amina"), actor=STAFF)
    assert refused.value.reason == "session_over"
