"""What the figures keep of somebody who is erased: counts, and a past place as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.database import db, transaction
from sets.questionnaires.models import Question
from sets.registration import erasure, signing_up
from sets.registration.applying import LEARNER
from sets.registration.freezing import choices_of
from sets.registration.frozen_models import FrozenCount
from sets.registration.models import Registration

from .signups import a_session, a_training, an_application, places_taken

pytestmark = pytest.mark.usefixtures("app")


def frozen(dimension):
    """Return what is kept of a dimension: {(session, status, value): number}."""
    db.session.rollback()
    rows = db.session.scalars(select(FrozenCount).where(FrozenCount.dimension == dimension))
    return {(row.session_id, row.status, row.value): row.n for row in rows}


def a_question(kind: str) -> int:
    with transaction() as session:
        question = Question(key=f"of-{kind}", type=kind)
        session.add(question)
        session.flush()
        return question.id


def test_two_who_said_the_same_are_one_row(clock):
    training = a_training()
    session = a_session(training)
    for name in ("amina", "bruno"):
        signing_up.register(an_application(name, (training, session), organisation_kind="mutual"))
        erasure.erase_address(f"{name}@example.org", actor=LEARNER)
    assert frozen("kind") == {(session, "cancelled", "mutual"): 2}
    assert frozen("country") == {(session, "cancelled", "FR"): 2}
    assert db.session.scalars(select(FrozenCount.month).distinct()).all() == ["2026-03"]


def test_each_of_several_choices_counts_and_written_words_are_not_kept(clock):
    training = a_training()
    several, written = a_question("choices"), a_question("short_text")
    answers = {str(several): [3, 5, "my own words"], str(written): "my life"}
    signing_up.register(an_application("amina", (training, None), answers=answers))
    erasure.erase_address("amina@example.org", actor=LEARNER)
    kept = frozen(f"q{several}")
    assert kept == {(0, "cancelled", value): 1 for value in ("", "3", "5", "other")}
    assert frozen(f"q{written}") == {}


def test_a_place_in_a_session_that_is_over_stays_a_place(clock):
    training = a_training()
    session = a_session(training, starts_in=timedelta(days=2))
    signing_up.register(an_application("amina", (training, session)))
    clock.shift(timedelta(days=3))
    erasure.erase_address("amina@example.org", actor=LEARNER)
    assert db.session.scalars(select(Registration.status)).all() == ["confirmed"]
    assert places_taken(session) == 1


def test_somebody_who_came_twice_is_still_one_person(clock):
    training = a_training()
    first, second = a_session(training), a_session(training, starts_in=timedelta(days=60))
    signing_up.register(an_application("amina", (training, first)))
    clock.shift(timedelta(days=22))
    signing_up.register(an_application("amina", (training, second)))
    clock.shift(timedelta(days=60))
    erasure.erase_address("amina@example.org", actor=LEARNER)
    assert frozen("person") == {(first, "confirmed", ""): 1, (second, "confirmed", "2026-03"): 1}


@pytest.mark.parametrize(
    ("answer", "choices"),
    [(True, ["yes"]), (False, ["no"]), (7, ["7"]), ("mine", ["other"]), ([1, 1, "a", "b"], ["1", "other"])],
)
def test_an_answer_is_read_as_its_choices(answer, choices):
    assert choices_of(answer) == choices
