"""Real processes that race through every door for the last place, against a deadline, and against a cancellation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import session_changes, signing_up, workflow
from sets.registration.applying import LEARNER, Actor
from sets.registration.models import ACTIVE, Registration
from tests import factories
from tests.databases import race
from tests.staff.signing import make_account

from .signups import an_application, places_taken, registration_of, states

PROLOGUE = """
import sys
from sets import create_app
from sets.registration import adding, clock_steps, session_changes, signing_up, workflow
from sets.registration.applying import CLOCK, LEARNER, Actor, Choice
from sets.registration.transitions import RegistrationRefused
from tests.registration.signups import an_application
"""

START = """
number, (training, session), more = int(sys.argv[1]), map(int, sys.argv[2:4]), sys.argv[4:]
app = create_app()
with app.app_context():
    from sqlalchemy import text
    from sets.database import db
    db.session.execute(text("SELECT 1"))
    db.session.rollback()
    ready()
    try:
        act()
    except RegistrationRefused as refusal:
        print(refusal.reason)
"""

DOORS = """
def act():
    back, mover, target, account = more
    if number == 0:
        signing_up.register(an_application("newcomer", (training, session)))
    elif number == 1:
        adding.add_person(an_application("added", (training, session)), account_id=int(account))
    elif number == 2:
        workflow.restore(back, actor=Actor("staff", int(account)))
    elif number == 3:
        workflow.move(mover, target, actor=LEARNER)
    else:
        signing_up.register(an_application("anydate", Choice(training, None, ("fr",))))
        workflow.fill_session(session)
"""

DEADLINE = """
def act():
    import time
    until = time.monotonic() + 2
    while time.monotonic() < until:
        if number % 2:
            clock_steps.run_due()
        else:
            try:
                workflow.accept_offer(more[0], actor=LEARNER)
            except RegistrationRefused as refusal:
                print(refusal.reason)
        time.sleep(0.02)
"""

CLAIMS = """
def act():
    workflow.accept_offer(more[number], actor=LEARNER)
"""

CANCELLED_SESSION = """
def act():
    if number == 0:
        session_changes.cancel_session(more[0], actor=Actor("staff", 1))
    elif number == 1:
        workflow.accept_offer(more[1], actor=LEARNER)
    else:
        signing_up.register(an_application(f"new{number}", (training, session)))
"""


def raced(body, count, settings, *arguments):
    return race(PROLOGUE + body + START, count, settings, arguments=[str(one) for one in arguments])


def a_session(of=None, **values):
    made = factories.training_session(of, **values)
    found = made.id, made.training_id, made.public_id
    db.session.rollback()
    return found


def sign_up(name, *choices):
    signing_up.register(an_application(name, *choices))


def public_id(name, session=None):
    found = registration_of(name, session).public_id
    db.session.rollback()
    return found


@pytest.mark.parametrize("attempt", range(2))
def test_of_all_doors_that_race_for_the_last_place_exactly_one_gets_it(app, settings, attempt):
    session, training, target = a_session(capacity=1)
    other, _, _ = a_session(db.session.get(factories.Training, training), starts=now() + timedelta(days=40))
    account = make_account().id
    sign_up("back", (training, session))
    workflow.cancel(public_id("back"), actor=LEARNER)
    sign_up("mover", (training, other))
    raced(DOORS, 5, settings, training, session, public_id("back"), public_id("mover"), target, account)
    workflow.fill_session(session)
    found = Counter(states(session).values())
    assert places_taken(session) == 1
    assert found["confirmed"] + found["offered"] + found["pending"] == 1
    # Who was not moved kept the place elsewhere, and nobody lost one.
    assert states(other)["mover"] == "confirmed" or states(session).get("mover") == "confirmed"


def test_an_offer_that_ends_while_it_is_accepted_is_either_and_the_place_is_nobody_elses_twice(app, settings):
    session, training, _ = a_session(capacity=1)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    offered = registration_of("bruno").id
    db.session.rollback()
    # The racers need some seconds to begin; then the deadline falls among their tries, or shortly before.
    with transaction() as store:
        ends_at = now() + timedelta(seconds=4.5)
        store.execute(update(Registration).where(Registration.id == offered).values(offer_ends_at=ends_at))
    raced(DEADLINE, 4, settings, training, session, public_id("bruno"))
    found = states(session)
    assert places_taken(session) == 1
    assert (found["bruno"], found["chiara"]) in {("confirmed", "waiting"), ("expired", "offered")}
    kinds = Counter(
        db.session.scalars(select(Delivery.kind).where(Delivery.to_address == "bruno@example.org"))
    )
    assert kinds["place_confirmed"] + kinds["offer_expired"] == 1


def test_of_all_who_are_told_of_a_free_place_in_the_last_hours_one_has_it(app, settings):
    session, training, _ = a_session(capacity=1, starts=now() + timedelta(hours=30))
    names = ["bruno", "chiara", "dario", "elsa"]
    for name in ("amina", *names):
        sign_up(name, (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    told = raced(CLAIMS, 4, settings, training, session, *(public_id(name) for name in names))
    assert Counter(states(session).values()) == {"cancelled": 1, "confirmed": 1, "waiting": 3}
    assert places_taken(session) == 1
    assert sorted(told) == ["", *["place_taken\n"] * 3]


def test_a_session_that_is_cancelled_while_people_come_leaves_nobody_in_it(app, settings):
    session, training, target = a_session(capacity=2)
    for name in ("amina", "bruno", "chiara"):
        sign_up(name, (training, session))
    workflow.cancel(public_id("amina"), actor=LEARNER)
    raced(CANCELLED_SESSION, 5, settings, training, session, target, public_id("chiara"))
    db.session.rollback()
    active = db.session.scalar(
        select(func.count(Registration.id)).where(
            Registration.training_session_id == session, Registration.status.in_(ACTIVE)
        )
    )
    assert active == 0
    assert places_taken(session) == 0
    assert db.session.get(TrainingSession, session).state == "cancelled"
    told = db.session.scalars(
        select(Delivery.to_address).where(Delivery.kind == "session_cancelled", Delivery.status == "queued")
    ).all()
    assert len(told) == len(set(told)) == Counter(states(session).values())["cancelled"] - 1
    with pytest.raises(session_changes.PlanRefused):
        session_changes.cancel_session(target, actor=Actor("staff", 1))
