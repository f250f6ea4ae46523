"""Questions met again by somebody who has answered: nothing that was said is lost, nothing new holds anybody up."""

from __future__ import annotations

import pytest

from sets.questionnaires.building import QuestionsForm, forms_of
from sets.questionnaires.revisiting import revisited_form
from sets.questionnaires.types import TYPES, AskedOption, AskedQuestion
from tests.questionnaires.asking import a_question, a_version

pytestmark = pytest.mark.usefixtures("app")

OPTIONS = (AskedOption(11, "low", {}), AskedOption(12, "high", {}))
STORED = {
    "short_text": "Words",
    "long_text": "Many\nwords",
    "choice": 12,
    "choices": [11, 12],
    "yes_no": False,
}


@pytest.mark.parametrize("key", list(TYPES))
def test_what_is_stored_goes_into_the_field_and_comes_back_the_same(key):
    question = AskedQuestion(1, "q", key, True, {}, {}, OPTIONS if TYPES[key].has_options else ())
    kind = TYPES[key]
    assert kind.stored(question, kind.typed(question, STORED[key])) == STORED[key]


def test_a_question_that_is_asked_no_more_stays_only_where_it_was_answered():
    goal, level, dream = (a_question(key) for key in ("goal", "level", "dream"))
    old = a_version(goal, level, required=("goal", "level"))
    a_version(dream, number=2, required=("dream",))
    form = revisited_form(None, old, {str(goal.id): "To learn"})
    assert [(one.key, one.required) for one in form.questions] == [("dream", False), ("goal", False)]


def test_an_option_that_was_chosen_and_is_offered_no_more_can_still_be_kept():
    level = a_question("level", "choice", options=("low", "high"))
    low, high = level.options
    old = a_version(level)
    with_high = a_version(level, number=2)
    assert forms_of([with_high])
    level.options.remove(low)
    newest = a_version(level, number=3)
    form = revisited_form(None, old, {str(level.id): low.id})
    assert form.version_id == newest
    assert [option.key for option in form.questions[0].options] == ["high", "low"]
    assert [
        option.key for option in revisited_form(None, old, {str(level.id): high.id}).questions[0].options
    ] == ["high"]


def test_a_page_that_was_open_is_checked_against_the_version_it_was_shown_with():
    goal, dream = a_question("goal"), a_question("dream")
    shown = a_version(goal)
    a_version(dream, number=2)
    form = revisited_form(None, None, {}, str(shown))
    assert [one.key for one in form.questions] == ["goal"]


def test_stored_answers_are_in_the_fields_until_something_is_sent():
    level = a_question("level", "choices", options=("low", "high"))
    version = a_version(level)
    asked = forms_of([version])[version]
    answers = {str(level.id): [level.options[1].id]}
    assert QuestionsForm(asked, "en", None, answers).answers() == answers
    from werkzeug.datastructures import MultiDict

    assert QuestionsForm(asked, "en", MultiDict({"sent": "yes"}), answers).answers() == {}


def test_where_nothing_is_or_was_asked_there_is_no_form():
    assert revisited_form(None, None, {}) is None
