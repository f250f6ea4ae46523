"""Real processes that race for places, on both databases: exactly as many are taken as there are, nobody is passed."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import func, select

from sets.database import db
from sets.mailing.models import Delivery
from sets.registration import queue, signing_up, workflow
from sets.registration.applying import LEARNER
from sets.registration.models import Learner, Registration
from tests.databases import race

from .signups import a_session, a_training, an_application, places_taken, registration_of, states

SIGN_UPS = """
import sys
from sets import create_app
from sets.registration import signing_up
from tests.registration.signups import an_application

number, training, session, each = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
app = create_app()
with app.app_context():
    applications = [an_application(f"person{number}x{n}", (training, session)) for n in range(each)]
    ready()
    for application in applications:
        signing_up.register(application)
"""

CANCEL_OR_SIGN_UP = """
import sys
from sets import create_app
from sets.registration import signing_up, workflow
from sets.registration.applying import LEARNER
from tests.registration.signups import an_application

number, training, session, leaver = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
app = create_app()
with app.app_context():
    ready()
    if number == 0:
        workflow.cancel(leaver, actor=LEARNER)
    else:
        signing_up.register(an_application(f"new{number}", (training, session)))
"""

LAST_PLACE = """
import sys
from sets import create_app
from sets.registration import signing_up, workflow
from sets.registration.applying import LEARNER
from sets.registration.transitions import RegistrationRefused
from tests.registration.signups import an_application

number, training, session, offered = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
app = create_app()
with app.app_context():
    ready()
    try:
        if number % 3 == 0:
            workflow.accept_offer(offered, actor=LEARNER)
        elif number % 3 == 1:
            workflow.decline_offer(offered, actor=LEARNER)
        else:
            signing_up.register(an_application(f"new{number}", (training, session)))
    except RegistrationRefused as refusal:
        print(refusal.reason)
"""

CORRECTION = """
import sys
from sets import create_app
from sets.registration import address_corrections

number, receipts = int(sys.argv[1]), sys.argv[2].split(",")
app = create_app()
with app.app_context():
    ready()
    address_corrections.correct_address(receipts[number], "right@example.org")
"""


def test_of_200_people_at_once_20_get_the_20_places_and_180_wait_with_ranks_1_to_180(app, settings):
    training = a_training()
    session = a_session(training, capacity=20)
    race(SIGN_UPS, 20, settings, arguments=[str(training), str(session), "10"])
    assert Counter(states(session).values()) == {"confirmed": 20, "waiting": 180}
    assert places_taken(session) == 20
    waiting = db.session.scalars(select(Registration).where(Registration.status == "waiting")).all()
    assert sorted(queue.rank_of(registration) for registration in waiting) == list(range(1, 181))
    assert db.session.scalar(select(func.count(Delivery.id))) == 200
    assert db.session.scalar(select(func.count(func.distinct(Delivery.to_address)))) == 200


@pytest.mark.parametrize("attempt", range(4))
def test_a_cancellation_that_races_with_sign_ups_never_leaves_a_free_place_beside_a_waiting_person(
    app, settings, attempt
):
    training = a_training()
    session = a_session(training, capacity=1)
    signing_up.register(an_application("amina", (training, session)))
    leaver = registration_of("amina").public_id
    race(CANCEL_OR_SIGN_UP, 4, settings, arguments=[str(training), str(session), leaver])
    found = Counter(states(session).values())
    assert places_taken(session) == found["confirmed"] + found["offered"] == 1
    assert found["waiting"] == 2


def test_an_offer_is_accepted_or_declined_once_and_newcomers_never_pass_those_who_wait(app, settings):
    training = a_training()
    session = a_session(training, capacity=1)
    for name in ("amina", "bruno", "chiara"):
        signing_up.register(an_application(name, (training, session)))
    workflow.cancel(registration_of("amina").public_id, actor=LEARNER)
    offered = registration_of("bruno").public_id
    race(LAST_PLACE, 6, settings, arguments=[str(training), str(session), offered])
    found = states(session)
    assert places_taken(session) == 1
    assert (found["bruno"], found["chiara"]) in {("confirmed", "waiting"), ("cancelled", "offered")}
    assert {found["new2"], found["new5"]} == {"waiting"}


def test_people_who_correct_to_one_address_in_the_same_moment_stand_beside_each_other(app, settings):
    training = a_training()
    session = a_session(training)
    receipts = [signing_up.register(an_application(f"wrong{n}", (training, session))) for n in range(6)]
    race(CORRECTION, 6, settings, arguments=[",".join(receipts)])
    db.session.rollback()
    people = db.session.execute(select(Learner.email, Learner.email_slot).order_by(Learner.email_slot)).all()
    assert people == [("right@example.org", slot) for slot in range(6)]
    told = db.session.scalars(select(Delivery.to_address).where(Delivery.status == "queued")).all()
    assert told == ["right@example.org"] * 6
