"""An erased person is found nowhere, and the figures stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text, update

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import address_corrections, addresses, erasure, retention, signing_up
from sets.registration.applying import LEARNER
from sets.registration.models import Learner, LearnerNeed, Registration

from .signups import a_session, a_training, an_application, registration_of, states

pytestmark = pytest.mark.usefixtures("app")


def found_anywhere(word):
    """Return the tables and columns whose texts hold the word."""
    db.session.rollback()
    places = []
    for table in inspect(db.engine).get_table_names():
        for column in inspect(db.engine).get_columns(table):
            name = column["name"]
            query = text(f'SELECT count(*) FROM "{table}" WHERE lower(CAST("{name}" AS TEXT)) LIKE :word')
            if db.session.execute(query, {"word": f"%{word}%"}).scalar():
                places.append(f"{table}.{name}")
    return places


def test_an_erased_person_is_found_in_no_table_and_their_place_passes_on(app):
    training = a_training()
    session = a_session(training, capacity=1)
    signing_up.register(
        an_application("zenobia", (training, session), organisation="Zenobia & co", needs="Subtitles for zenobia",
                       needs_consent=True, news=True, answers={"1": "zenobia hopes"})
    )  # fmt: skip
    signing_up.register(an_application("bruno", (training, session)))
    # Typed again with other details, which are kept for a week.
    signing_up.register(an_application("zenobia", (training, session), last_name="Zenobia the second"))
    assert len(found_anywhere("zenobia")) > 5
    person = registration_of("zenobia").learner.public_id
    assert erasure.erase_learner(person, actor=LEARNER)
    assert found_anywhere("zenobia") == []
    assert states(session) == {"bruno": "offered"}
    assert db.session.scalar(select(func.count(Registration.id))) == 2
    assert (Path(app.instance_path) / "erasures.log").read_text().split() == [person]
    assert not erasure.erase_learner(person, actor=LEARNER)


def test_mails_that_wait_for_an_erased_person_do_not_leave():
    training = a_training()
    signing_up.register(an_application("amina", (training, None)))
    assert erasure.erase_address("Amina@example.org", actor=LEARNER)
    assert db.session.scalars(select(Delivery.status)).all() == ["cancelled"]
    assert not erasure.erase_address("amina@example.org", actor=LEARNER)


def test_needs_are_forgotten_30_days_after_the_last_meeting(clock):
    training = a_training()
    session = a_session(training, starts_in=timedelta(days=20))
    signing_up.register(an_application("amina", (training, session), needs="Subtitles", needs_consent=True))
    clock.shift(timedelta(days=49))
    assert retention.forget_needs() == 0
    clock.shift(timedelta(days=3))
    assert retention.forget_needs() == 1
    assert db.session.scalar(select(func.count(LearnerNeed.learner_id))) == 0


def test_people_are_erased_24_months_after_their_last_step_and_not_before(clock):
    training = a_training()
    session = a_session(training, starts_in=timedelta(days=20))
    signing_up.register(an_application("amina", (training, session)))
    clock.shift(timedelta(days=740))
    assert retention.forget_learners() == 0
    clock.shift(timedelta(days=30))
    assert retention.forget_learners() == 1
    assert db.session.scalar(select(func.count(Learner.id))) == 0
    assert db.session.scalar(select(func.count(Registration.id))) == 1


def test_an_address_typed_by_others_is_forgotten_with_the_person_who_holds_it():
    training = a_training()
    signing_up.register(an_application("amina", (training, None)))
    receipt = signing_up.register(an_application("bruno", (training, None)))
    with transaction() as session:
        session.execute(update(Learner).where(Learner.email == "bruno@example.org").values(proven_at=now()))
    # Bruno's receipt and Bruno's wish name an address that is somebody else's, or becomes so.
    address_corrections.correct_address(receipt, "zenobia@example.org")
    bruno = registration_of("bruno").learner_id
    db.session.rollback()
    addresses.ask_change(bruno, "zenobia@example.org")
    signing_up.register(an_application("zenobia", (training, None)))
    assert erasure.erase_address("zenobia@example.org", actor=LEARNER)
    assert found_anywhere("zenobia") == []
    assert db.session.scalars(select(Learner.email).order_by(Learner.id)).all() == [
        "amina@example.org",
        "bruno@example.org",
    ]


def test_erasing_an_address_erases_everybody_who_stands_at_it():
    training = a_training()
    signing_up.register(an_application("amina", (training, None)))
    receipt = signing_up.register(an_application("wrong", (training, None)))
    address_corrections.correct_address(receipt, "amina@example.org")
    assert erasure.erase_address("amina@example.org", actor=LEARNER)
    assert db.session.scalars(select(Learner.email)).all() == []
