"""A worker killed while it imports, and while it takes an import back: no line twice, none lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import TrainingSession
from sets.database import db
from sets.mailing.models import Delivery
from sets.registration import importing
from sets.registration.importing_columns import Matching
from sets.registration.importing_models import ImportEntry, ImportRun
from sets.registration.importing_reading import read_table
from sets.registration.models import Learner, Registration
from tests import factories
from tests.databases import ROOT
from tests.registration.imports import HEAD, lines, work
from tests.staff.signing import make_account

PEOPLE, KILLS = 200, 3
PLACES = 60
COLUMNS = ["first_name", "last_name", "email", "", ""]


@pytest.fixture
def start(settings):
    """Return `start()`: a worker in a process of its own, ended with the test."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SETS_")
    } | settings
    started = []

    def begin():
        command = [sys.executable, "-m", "tests.registration.import_worker"]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()
        worker.wait(30)


def count(model, *criteria):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*criteria))


def kill_again_and_again(start, remaining):
    """Kill workers while something remains to be done, then let one finish."""
    dice = random.Random(3)
    for kill in range(KILLS):
        worker, aim = start(), PEOPLE * (KILLS - kill) // (KILLS + 1)
        end = time.monotonic() + 60
        while remaining() > aim:
            assert time.monotonic() < end
            time.sleep(0.002)
        time.sleep(dice.random() / 50)
        worker.send_signal(signal.SIGKILL)
        worker.wait(30)
    assert start().wait(120) == 0


@pytest.mark.slow
def test_a_worker_killed_again_and_again_imports_each_line_once_and_takes_each_back_once(app, start):
    session = factories.training_session(capacity=PLACES)
    account = make_account("organiser")
    content = lines(
        *([f"P{n}", "Martin", f"person{n}@example.org", "", ""] for n in range(PEOPLE)), head=HEAD
    )
    slug, public_id = session.training.slug, session.public_id
    stored = importing.store_file(
        read_table(content), "people.csv", account_id=account.id, zone="Europe/Paris"
    )
    matching = Matching(
        COLUMNS, training=slug, sessions={slug: public_id}, zone="Europe/Paris", day_first=True
    )
    importing.match_columns(stored, matching, 1)
    importing.start_check(stored)
    work()
    importing.confirm(stored, on_errors="leave_out", mails=True, shown=PLACES, account_id=account.id)

    kill_again_and_again(start, lambda: count(ImportEntry, ImportEntry.done_at.is_(None)))
    assert count(Registration) == count(Learner) == PEOPLE
    assert count(Registration, Registration.status == "confirmed") == PLACES
    assert db.session.scalars(select(TrainingSession.places_taken)).one() == PLACES
    numbers = select(Registration.queue_number).where(Registration.status == "waiting")
    assert sorted(db.session.scalars(numbers)) == list(range(1, PEOPLE - PLACES + 1))
    # One mail each for those who got a place.
    assert count(Delivery) == len(set(db.session.scalars(select(Delivery.to_address)))) == PLACES
    assert db.session.scalars(select(ImportRun.state)).one() == "done"

    importing.undo(stored)
    kill_again_and_again(start, lambda: count(ImportEntry, ImportEntry.undone.is_(None)))
    # Who was written to stays.
    assert count(Registration) == count(Learner) == PLACES
    assert db.session.scalars(select(TrainingSession.places_taken)).one() == PLACES
    assert db.session.scalars(select(ImportRun.state)).one() == "undone"
