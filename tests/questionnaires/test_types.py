"""The kinds of question: fields, stored values, words and cells."""

import pytest
from werkzeug.datastructures import MultiDict

from sets.languages import speaking
from sets.questionnaires.building import AskedForm, QuestionsForm
from sets.questionnaires.types import TYPES, AskedOption, AskedQuestion

OPTIONS = (
    AskedOption(11, "daily", {"fr": "Chaque jour", "it": "Ogni giorno"}),
    AskedOption(12, "never", {"fr": "Jamais", "it": "Mai"}),
)


def asked(kind, *, required=False, options=()):
    return AskedQuestion(7, "tools", kind, required, {"fr": "Quels outils ?"}, {}, options)


def answer(app, question, *values):
    with app.test_request_context("/fr/"):
        sent = MultiDict([("q-tools", value) for value in values])
        form = QuestionsForm(AskedForm(1, None, (question,)), "fr", sent)
        sound = form.validate()
        return form.answers() if sound else form["q-tools"].errors[0]


@pytest.mark.parametrize("kind", TYPES)
def test_a_question_left_open_stores_nothing_and_a_required_one_is_asked_again(app, kind):
    options = OPTIONS if TYPES[kind].has_options else ()
    assert answer(app, asked(kind, options=options)) == {}
    assert isinstance(answer(app, asked(kind, required=True, options=options)), str)


def test_a_text_is_cleaned_and_bounded(app):
    assert answer(app, asked("short_text"), " Le\x00 wiki \ud800 ") == {"7": "Le wiki"}
    assert answer(app, asked("long_text"), "Un\r\ndeux\u2028trois") == {"7": "Un\ndeux trois"}
    assert answer(app, asked("short_text"), "x" * 300) == {"7": "x" * 300}
    assert "1" in answer(app, asked("short_text"), "x" * 301)
    assert "7" in answer(app, asked("long_text"), "x" * 3007)


def test_a_choice_is_stored_by_the_id_of_its_option(app):
    assert answer(app, asked("choice", options=OPTIONS), "never") == {"7": 12}
    assert answer(app, asked("choices", options=OPTIONS), "never", "daily") == {"7": [11, 12]}


@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_an_option_that_was_not_offered_is_refused(app, kind):
    assert isinstance(answer(app, asked(kind, options=OPTIONS), "weekly"), str)
    assert isinstance(answer(app, asked(kind, options=OPTIONS), "11"), str)


def test_yes_and_no_are_both_answers(app):
    assert answer(app, asked("yes_no", required=True), "no") == {"7": False}
    assert answer(app, asked("yes_no"), "yes") == {"7": True}
    assert isinstance(answer(app, asked("yes_no"), "perhaps"), str)


def test_the_same_answer_reads_in_each_language_and_fills_one_cell(app):
    with app.test_request_context("/fr/"):
        one, several, text = (
            asked("choice", options=OPTIONS),
            asked("choices", options=OPTIONS),
            asked("long_text"),
        )
        assert (one.kind.text(one, 11, "fr"), one.kind.text(one, 11, "it")) == ("Chaque jour", "Ogni giorno")
        assert several.kind.cell(several, [12, 11], "it") == "Ogni giorno; Mai"
        assert text.kind.cell(text, "Un\ndeux", "fr") == "Un deux"


def test_a_label_that_falls_back_to_another_language_says_so(app):
    with app.test_request_context("/es/"), speaking("es"):
        form = QuestionsForm(AskedForm(1, None, (asked("choice", options=OPTIONS),)), "es")
        assert form["q-tools"].label.text == '<span lang="fr">Quels outils ?</span>'
        assert [label for _key, label, *_rest in form["q-tools"].iter_choices()][
            1
        ] == '<span lang="fr">Jamais</span>'
