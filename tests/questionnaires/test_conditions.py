"""Questions that are asked only after a certain answer to an earlier one: the server decides."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from sets.questionnaires.asked import AskedOption, AskedQuestion
from sets.questionnaires.building import AskedForm, QuestionsForm
from sets.questionnaires.conditions import Condition

TOOLS = AskedQuestion(
    1, "tools", "choices", False, {"fr": "Outils ?"}, {},
    (AskedOption(11, "mail", {"fr": "Courriel"}), AskedOption(12, "wiki", {"fr": "Wiki"})),
)  # fmt: skip
WHICH = AskedQuestion(
    2, "which", "short_text", True, {"fr": "Lequel ?"}, {"fr": "Son nom."}, show_if=Condition(1, (12,))
)
PUBLIC = AskedQuestion(3, "public", "yes_no", True, {"fr": "Public ?"}, {}, show_if=Condition(1, (11, 12)))
WHERE = AskedQuestion(4, "where", "short_text", True, {"fr": "Où ?"}, {}, show_if=Condition(3, (True,)))


@pytest.fixture
def fill(app):
    """Return a function that sends the form of these questions."""

    def send(*values, questions=(TOOLS, WHICH, PUBLIC, WHERE), stored=None, **options):
        with app.test_request_context("/fr/"):
            form = QuestionsForm(AskedForm(1, None, questions), "fr", MultiDict(values), stored, **options)
            form.validate()
            return form

    return send


def test_a_hidden_question_is_neither_required_nor_stored(fill):
    form = fill(("q-tools", "mail"), ("q-which", "MediaWiki"), ("q-public", "no"), ("q-where", "Ici"))
    assert not form.errors
    assert form.answers() == {"1": [11], "3": False}


def test_a_question_whose_condition_holds_is_required(fill):
    form = fill(("q-tools", "wiki"), ("q-public", "yes"))
    assert set(form.errors) == {"q-which", "q-where"}


def test_a_question_behind_a_hidden_one_is_hidden(fill):
    form = fill(("q-public", "yes"), ("q-where", "Ici"))
    assert (dict(form.errors), form.answers()) == ({}, {})


def test_true_is_not_the_option_with_the_id_one():
    assert not Condition(3, (1,)).holds({"3": True})
    assert Condition(3, (True,)).holds({"3": True})


def test_the_words_beside_a_choice_do_not_disturb_a_condition():
    assert Condition(1, (12,)).holds({"1": [12, "Dokuwiki"]})


def test_a_training_may_ask_after_an_answer_to_a_general_question(fill):
    beside = fill(("q-tools", "wiki"), questions=(TOOLS,))
    assert set(fill(questions=(WHICH,), beside=beside).errors) == {"q-which"}
    assert not fill(questions=(WHICH,), beside=fill(questions=(TOOLS,))).errors
    # On the learner's own page the general answers are those that were given before.
    assert [one.field.name for one in fill(questions=(WHICH,), given={"1": [12]}).shown] == ["q-which"]
    hidden = fill(("q-which", "MediaWiki"), questions=(WHICH,), given={"1": [11]}, stored={"2": "MediaWiki"})
    assert (hidden.shown, hidden.answers()) == ([], {})


def test_the_hint_says_when_a_question_is_to_be_answered(fill):
    form = fill()
    assert form["q-which"].description.startswith('Son nom. <span class="only-if">')
    assert "Wiki" in form["q-which"].description
    assert "Outils ?" in form["q-which"].description
    which = next(one for one in form.shown if one.field.name == "q-which")
    assert (which.decider, which.values) == ("q-tools", ("wiki",))
    where = next(one for one in form.shown if one.field.name == "q-where")
    assert (where.decider, where.values) == ("q-public", ("yes",))


def test_what_depends_on_the_form_beside_stands_after_it_with_all_that_depends_on_that(fill):
    which = replace(WHICH, type="yes_no")
    behind = replace(WHERE, show_if=Condition(2, (True,)))
    form = fill(questions=(PUBLIC, which, behind), beside=fill(questions=(TOOLS,)))
    after = {one.field.name: one.is_after for one in form.shown}
    assert after == {"q-public": True, "q-which": True, "q-where": True}
    alone = fill(questions=(replace(PUBLIC, show_if=None), which), beside=fill(questions=(TOOLS,)))
    assert [one.is_after for one in alone.shown] == [False, True]
