"""The questions of a catalogue folder come back as they were written; what the team edited is not overwritten."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.catalogue.declarations import read_questions, write_questions
from sets.catalogue.models import TrainingState
from sets.catalogue.reading import CatalogueRefused
from sets.clock import now
from sets.database import db, transaction
from sets.questionnaires.building import live_forms
from sets.questionnaires.loading import store_questions, written_questions
from sets.questionnaires.models import FormVersion, Question
from tests import factories
from tests.questionnaires.asking import a_question, a_version

WORDS = 'label.fr = "Mots"\nlabel.en = "Words"\n'
SOURCE = f"""[[questions]]
key = "tools"
type = "choices"
required = false
{WORDS}
[[questions.options]]
key = "mail"
{WORDS}
[[questions.options]]
key = "other"
text = true
{WORDS}
[[questions]]
key = "hours"
type = "number"
required = true
whole = true
lowest = 1
highest = 40.5
show_if = {{ question = "tools", any = ["other"] }}
{WORDS}
[[questions]]
key = "public"
type = "yes_no"
required = false
{WORDS}
[[questions]]
key = "photo"
type = "consent"
required = false
show_if = {{ question = "public", any = [true] }}
{WORDS}"""


def declared(source=SOURCE):
    found = read_questions(source, ["fr", "en"], [])
    assert found.problems == []
    return found.content


def faults(source):
    return " ".join(problem.sentence for problem in read_questions(source, ["fr", "en"], []).problems)


def store(source=SOURCE, **options):
    with transaction() as session:
        return store_questions(session, declared(source), **options)


def edit(state="live", *more):
    """Let somebody of the team reword the questions, and write more of them."""
    with transaction() as session:
        live = session.scalar(select(FormVersion).where(FormVersion.state == "live"))
        content = {"questions": [entry | {"hint": {"fr": "Ici."}} for entry in live.content["questions"]]}
        content["questions"] += more
        if state == "live":
            live.state = "past"
            session.flush()
        session.add(
            FormVersion(training_id=None, number=9, state=state, content=content, author_id=1, live_at=now())
        )


def test_the_keys_of_every_kind_come_back_as_they_were_written(app):
    assert store()
    assert write_questions(written_questions()) == SOURCE
    assert not store()


def test_the_form_asks_what_the_folder_says(app):
    store()
    tools, hours, _public, photo = live_forms()[None].questions
    assert tools.open_option.key == "other"
    assert (hours.whole, hours.lowest, hours.highest) == (True, 1, 40.5)
    assert hours.show_if.values == (tools.options[1].id,)
    assert photo.show_if.values == (True,)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ('question = "tools"', 'question = "photo"', "no earlier question"),
        ('question = "tools"', 'question = "hours"', "no earlier question"),
        ('any = ["other"]', 'any = ["paper"]', "not offered"),
        ('any = ["other"]', "any = []", "is empty"),
        ("any = [true]", 'any = ["yes"]', "not offered"),
        ("lowest = 1", "lowest = 41", "above"),
        ('type = "yes_no"', 'type = "yes_no"\nlowest = 1', "only a number"),
        ('type = "yes_no"', 'type = "email"', "neither a choice nor yes or no"),
        ('key = "mail"', 'key = "mail"\ntext = true', "only one option"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(before, after, sentence):
    assert sentence in faults(SOURCE.replace(before, after, 1))


@pytest.mark.parametrize("state", ["live", "draft"])
def test_a_load_never_overwrites_what_the_team_edited_unless_it_is_told_to(app, state):
    store()
    edit(state)
    changed = SOURCE.replace("Mots", "Paroles")
    with pytest.raises(CatalogueRefused) as refused:
        store(changed)
    assert "questions.toml" in refused.value.sentences[0]
    assert "--replace" in refused.value.sentences[0]
    assert store(changed, replace=True)
    assert write_questions(written_questions()) == changed
    assert [row.author_id for row in db.session.scalars(select(FormVersion)) if row.state == "live"] == [None]
    assert not [row for row in db.session.scalars(select(FormVersion)) if row.state == "draft"]


def test_a_load_of_what_the_team_exported_changes_nothing_and_lets_the_next_one_through(app):
    store()
    edit()
    exported = write_questions(written_questions())
    assert not store(exported)
    assert store(exported.replace("Mots", "Paroles"))


def test_a_load_leaves_the_questions_of_a_training_that_is_being_written_alone(app):
    training = factories.training(state=TrainingState.DRAFT)
    store()
    own = a_question("own", training_id=training.id)
    version = a_version(own, training_id=training.id)
    with transaction() as session:
        session.get(FormVersion, version).author_id = 1
    assert store(SOURCE.replace("Mots", "Paroles"))
    assert [question.key for question in live_forms()[training.id].questions] == ["own"]
    assert db.session.get(Question, own.id).retired_at is None


@pytest.mark.parametrize("options", [{}, {"replace": True}])
def test_loading_what_is_live_again_leaves_a_draft_alone(app, options):
    store()
    new = a_question("new", "choice", options=("one", "two"))
    edit("draft", {"id": new.id, "options": [{"id": option.id} for option in new.options]})
    assert not store(**options)
    assert [row.number for row in db.session.scalars(select(FormVersion)) if row.state == "draft"] == [9]
