"""Questions met again by somebody who has answered: nothing that was said is lost, nothing new holds anybody up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from werkzeug.datastructures import MultiDict

from sets.questionnaires.asked import AskedOption, AskedQuestion
from sets.questionnaires.building import QuestionsForm, forms_of
from sets.questionnaires.revisiting import revisited_form
from sets.questionnaires.types import TYPES
from tests.questionnaires.asking import a_question, a_version

pytestmark = pytest.mark.usefixtures("app")

OPTIONS = (AskedOption(11, "low", {}), AskedOption(12, "high", {}))
STORED = {
    "short_text": "Words",
    "long_text": "Many\nwords",
    "choice": 12,
    "choices": [11, 12],
    "yes_no": False,
    "email": "jo@example.org",
    "phone": "+33 6 12",
    "number": 1234.5,
    "date": "2026-03-01",
    "consent": 5,
}


@pytest.mark.parametrize("key", list(TYPES))
def test_what_is_stored_goes_into_the_field_and_comes_back_the_same(key):
    question = AskedQuestion(1, "q", key, True, {}, {}, OPTIONS if TYPES[key].has_options else ())
    question, kind = replace(question, version_id=5), TYPES[key]
    assert kind.stored(question, kind.typed(question, STORED[key])) == STORED[key]


@pytest.mark.parametrize("key", ["choice", "choices"])
def test_the_words_beside_a_choice_come_back_the_same(key):
    question = AskedQuestion(1, "q", key, True, {}, {}, (OPTIONS[0], replace(OPTIONS[1], takes_text=True)))
    kind, value = question.kind, [12, "Podcasts"]
    assert kind.stored(question, kind.typed(question, value), kind.words(value)) == value


def test_a_consent_that_stands_keeps_the_version_that_was_agreed_to():
    photo = a_question("photo", "consent")
    first = a_version(photo)
    newest = a_version(photo, number=2, words={"photo": "Other words"})
    answers = {str(photo.id): first}
    form = QuestionsForm(forms_of([newest])[newest], "en", MultiDict({"q-photo": "y"}), answers)
    assert form.answers() == answers
    given_now = QuestionsForm(forms_of([newest])[newest], "en", MultiDict({"q-photo": "y"}))
    assert given_now.answers() == {str(photo.id): newest}
    assert not QuestionsForm(forms_of([newest])[newest], "en")["q-photo"].data


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
    assert QuestionsForm(asked, "en", MultiDict({"sent": "yes"}), answers).answers() == {}


def test_where_nothing_is_or_was_asked_there_is_no_form():
    assert revisited_form(None, None, {}) is None
