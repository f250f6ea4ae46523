"""Real processes that save one text at the same moment: one is stored, the others see both; other parts stay apart."""

from __future__ import annotations

from sqlalchemy import select

from sets.catalogue.models import TextStep, Training
from sets.database import db
from tests.databases import race

SAVE = """
import sys
from sets import create_app
from sets.catalogue.editing import TextsChanged, save_texts

number, same = int(sys.argv[1]), sys.argv[2] == "same"
part = "lead" if same else ("lead", "intro", "audience", "title")[number]
app = create_app()
with app.app_context():
    ready()
    try:
        save_texts("trainings", "social-economy", {"it": {part: f"Parole {number}."}}, revisions={"it": 1})
        print("saved")
    except TextsChanged as refusal:
        print("both", *refusal.theirs.values())
"""


def fields():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(Training).where(Training.slug == "social-economy")).texts["it"].fields


def test_of_four_who_write_the_same_part_one_is_stored_and_the_others_see_it(catalogue, settings):
    outcomes = [one.strip() for one in race(SAVE, 4, settings, arguments=["same"])]
    lead = fields()["lead"]
    assert sorted(outcomes) == [f"both {lead}"] * 3 + ["saved"]
    assert lead == f"Parole {outcomes.index('saved')}."


def test_four_who_write_different_parts_are_all_stored_each_as_a_step(catalogue, settings):
    outcomes = [one.strip() for one in race(SAVE, 4, settings, arguments=["apart"])]
    assert outcomes == ["saved"] * 4
    stored = fields()
    found = [stored[part] for part in ("lead", "intro", "audience", "title")]
    assert found == [f"Parole {number}." for number in range(4)]
    numbers = list(db.session.scalars(select(TextStep.number).order_by(TextStep.number)))
    assert numbers == [1, 2, 3, 4, 5]
