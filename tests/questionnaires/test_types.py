"""The kinds of question: fields, stored values, words and cells."""

from dataclasses import replace
from datetime import date

import pytest
from werkzeug.datastructures import MultiDict

from sets.languages import speaking
from sets.questionnaires.asked import AskedOption, AskedQuestion
from sets.questionnaires.building import AskedForm, QuestionsForm
from sets.questionnaires.fields import read_number
from sets.questionnaires.types import TYPES

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


@pytest.mark.parametrize(
    ("typed", "language", "number"),
    [
        ("12", "fr", 12), ("1,5", "fr", 1.5), ("1.5", "fr", 1.5), ("1 234,5", "fr", 1234.5), ("-3", "it", -3),
        ("1.234", "it", 1234), ("1,234", "it", 1.234), ("1,234", "en", 1234), ("1,234.5", "en", 1234.5),
        ("1.234,5", "es", 1234.5), ("1’000", "fr", 1000), ("2.0", "en", 2),
    ],
)  # fmt: skip
def test_a_number_is_read_with_the_comma_or_the_point_of_the_language(app, typed, language, number):
    with app.test_request_context("/"), speaking(language):
        assert read_number(typed) == number


@pytest.mark.parametrize("typed", ["douze", "1,2,3", "1e5", "٣", "--1", "1.2.3", "9" * 40, "NaN", "²"])
def test_what_is_no_number_is_refused_and_stays(app, typed):
    assert isinstance(answer(app, asked("number"), typed), str)


def test_a_number_keeps_to_its_bounds(app):
    question = replace(asked("number"), whole=True, lowest=1, highest=40)
    assert answer(app, question, "40") == {"7": 40}
    assert "40" in answer(app, question, "41")
    assert "1" in answer(app, question, "0")
    assert isinstance(answer(app, question, "2,5"), str)


def test_a_date_is_stored_as_iso_and_read_in_words(app):
    question = asked("date", required=True)
    assert answer(app, question, "2026-03-03") == {"7": "2026-03-03"}
    assert answer(app, question, "3/3/2026") == {"7": "2026-03-03"}
    refused = answer(app, question, "2026-02-30")
    assert "31/12/2026" in refused
    assert answer(app, question, "0202-03-03") != refused
    with app.test_request_context("/fr/"), speaking("fr"):
        assert question.kind.text(question, "2026-03-03", "fr").startswith("mardi 3")
        assert question.kind.typed_cell(question, "2026-03-03", "fr") == date(2026, 3, 3)


def test_an_address_and_a_phone_number_are_kept_as_typed(app):
    assert answer(app, asked("email"), " Jo@Example.org ") == {"7": "Jo@Example.org"}
    assert isinstance(answer(app, asked("email"), "jo"), str)
    assert answer(app, asked("phone"), "06 12.34-56/78") == {"7": "06 12.34-56/78"}
    assert answer(app, asked("phone"), "+33 (0)6 12") == {"7": "+33 (0)6 12"}
    assert isinstance(answer(app, asked("phone"), "demandez"), str)


def test_a_consent_stores_the_version_and_a_required_one_must_be_ticked(app):
    question = replace(asked("consent", required=True), version_id=31)
    assert answer(app, question, "y") == {"7": 31}
    assert isinstance(answer(app, question), str)
    assert answer(app, replace(question, required=False)) == {}


@pytest.mark.parametrize("kind", ["choice", "choices"])
def test_other_is_stored_with_its_words_and_read_as_one_answer(app, kind):
    options = (*OPTIONS, AskedOption(13, "other", {"fr": "Autre"}, takes_text=True))
    question = asked(kind, options=options)

    def send(*pairs):
        with app.test_request_context("/fr/"):
            form = QuestionsForm(AskedForm(1, None, (question,)), "fr", MultiDict(pairs))
            assert form.validate()
            return form.answers()

    assert send(("q-tools", "other"), ("q-tools-words", " Un podcast ")) == {"7": [13, "Un podcast"]}
    assert send(("q-tools-words", "Un podcast")) == {"7": [13, "Un podcast"]}
    assert send(("q-tools", "other")) == {"7": 13 if kind == "choice" else [13]}
    value = [13, "Un podcast"] if kind == "choice" else [11, 13, "Un podcast"]
    with app.test_request_context("/fr/"), speaking("en"):
        assert question.kind.cell(question, value, "fr").endswith("Autre: Un podcast")
    assert question.kind.chosen(value) == value[:-1]


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
