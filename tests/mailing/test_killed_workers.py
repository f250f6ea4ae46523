"""A worker killed at any moment, with real processes: nobody gets two mails, nobody is missed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid

import pytest

from sets.campaigns import sending as campaigns
from sets.clock import now
from sets.database import transaction
from sets.mailing import presence
from sets.mailing.models import DeliveryStatus, Priority
from sets.registration.models import Learner, Registration
from tests import factories
from tests.campaigns.campaigns import a_campaign
from tests.databases import ROOT
from tests.mailing import probe
from tests.staff.signing import make_account

COUNT = 120
# As many as behaviour 3 of the product speaks of.
CAMPAIGN = 500
SENDERS = 2
OPEN = {"queued", "sending", "retry"}


@pytest.mark.slow
def test_a_worker_killed_while_it_sends_leaves_nobody_out_and_nobody_twice(site, start, mail):
    half = COUNT // 2
    probe.post(*(f"c{n}@example.org" for n in range(half)), priority=Priority.CONFIRMATION)
    probe.post(*(f"n{n}@example.org" for n in range(half)), priority=Priority.CAMPAIGN)
    dice = random.Random(7)
    kills = 2
    for kill in range(1, kills + 1):
        worker = start()
        mail.wait_for(kill * COUNT // (kills + 2))
        time.sleep(dice.random() / 50)
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    worker = start()
    _until(lambda: not {"queued", "sending", "retry"} & set(probe.states().values()))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0

    states = probe.states()
    assert len(states) == COUNT
    doubtful = [address for address, state in states.items() if state == DeliveryStatus.UNKNOWN]
    assert len(doubtful) <= kills * SENDERS
    assert {state for address, state in states.items() if address not in doubtful} == {"sent"}
    for address, state in states.items():
        assert len(mail.to(address)) == 1 or (state == "unknown" and not mail.to(address)), address
    assert presence.last_beat() is None


@pytest.mark.slow
@pytest.mark.settings(SETS_CAMPAIGN_RATE="100000")
def test_a_campaign_whose_worker_is_killed_again_and_again_reaches_each_person_once(site, start, mail):
    people = some_people(CAMPAIGN)
    campaign = a_campaign({"en": ("Hello", "{greeting}")})
    campaigns.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    dice, kills = random.Random(11), 3
    for kill in range(1, kills + 1):
        worker = start()
        # The first time while people still become mails.
        mail.wait_for((kill - 1) * CAMPAIGN // (kills + 1) + 5)
        time.sleep(dice.random() / 20)
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    worker = start()
    _until(lambda: len(probe.states()) == CAMPAIGN and not OPEN & set(probe.states().values()), limit=120)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0

    states = probe.states()
    assert set(states) == people
    doubtful = {address for address, state in states.items() if state == DeliveryStatus.UNKNOWN}
    assert len(doubtful) <= kills * SENDERS
    assert {state for address, state in states.items() if address not in doubtful} == {"sent"}
    for address in people:
        assert len(mail.to(address)) == 1 or (address in doubtful and not mail.to(address)), address


def test_a_worker_told_to_stop_finishes_the_mail_in_its_hand(site, start, mail):
    mail.stall = 1
    probe.post(*(f"{n}@example.org" for n in range(5)))
    worker = start()
    _until(lambda: "sending" in probe.states().values())
    worker.send_signal(signal.SIGINT)
    assert worker.wait(60) == 0
    states = list(probe.states().values())
    assert set(states) == {"sent", "queued"}
    assert states.count("sent") == len(mail.inbox)
    assert all(row.lease_by is None for row in probe.db.session.query(probe.Delivery))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_worker_leaves_what_a_living_one_holds(site):
    from sets.mailing import claims

    probe.post("a@example.org", "b@example.org")
    here = presence.folder()
    living, dead = presence.Presence(here), presence.Presence(here)
    claims.claim(f"{living.name}/0", 1)
    claims.claim(f"{dead.name}/0", 1)
    dead._lock.close()  # as the system does when a process ends
    presence.bury_the_dead(here)
    owners = [row.lease_by for row in probe.db.session.query(probe.Delivery).order_by(probe.Delivery.id)]
    assert owners == [f"{living.name}/0", None]
    living.leave()


@pytest.fixture
def start(settings, mail, tmp_path):
    """Return `start()`: a worker in a process of its own, that sends to `mail`; ended with the test."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETS_")}
    environment |= settings | {
        "SETS_MAIL_SERVER": mail.host,
        "SETS_MAIL_PORT": str(mail.port),
        "SETS_MAIL_USE_TLS": "false",
        "SETS_SENDERS": str(SENDERS),
    }
    started = []

    def begin():
        with (tmp_path / "worker.log").open("a") as log:
            command = [sys.executable, "-m", "tests.mailing.probe"]
            started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()
        worker.wait(30)


def some_people(number):
    """Store so many people with a place in one session, at once, and return their addresses."""
    session = factories.training_session(capacity=None)
    with transaction() as store:
        for count in range(number):
            address = f"person{count}@example.org"
            learner = Learner(
                public_id=str(uuid.uuid4()), email=address, email_key=address, first_name="Zoé", last_name="Roe",
                country="FR", language="en", time_zone="Europe/Paris", created_at=now(),
            )  # fmt: skip
            store.add(learner)
            store.flush()
            store.add(
                Registration(
                    public_id=str(uuid.uuid4()), learner_id=learner.id, training_id=session.training_id,
                    training_session_id=session.id, status="confirmed", confirmed_at=now(), status_at=now(),
                    created_at=now(),
                )
            )  # fmt: skip
    return {f"person{count}@example.org" for count in range(number)}


def _until(condition, limit=60):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"It never came: {probe.states()}"
        time.sleep(0.05)
