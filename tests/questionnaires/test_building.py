"""Versions of the form: what is live, what was shown, and how stored answers are read back."""

from sets.questionnaires.answers import AnswerReader
from sets.questionnaires.building import live_forms, shown_forms, version_tag
from tests import factories
from tests.questionnaires.asking import a_question, a_version


def names(form):
    return [question.key for question in form.questions]


def test_each_scope_has_its_own_live_version(app):
    training = factories.training()
    general = a_version(a_question("expectations"))
    own = a_version(a_question("tools"), training_id=training.id)
    forms = live_forms()
    assert (forms[None].version_id, forms[training.id].version_id) == (general, own)
    assert version_tag(forms) in (f"{general}.{own}", f"{own}.{general}")


def test_a_form_opened_on_an_older_version_is_checked_against_it(app):
    first, second = a_question("first"), a_question("second")
    opened_on = a_version(first)
    a_version(first, second, number=2)
    assert names(live_forms()[None]) == ["first", "second"]
    assert names(shown_forms(str(opened_on))[None]) == ["first"]


def test_versions_that_nobody_was_shown_are_replaced_by_the_live_ones(app):
    question = a_question("first")
    live = a_version(question)
    draft = a_version(question, state="draft", number=2)
    for forged in (
        str(draft),
        "999999",
        f"{live}.{live}x",
        "-1",
        "9" * 400,
        ".".join(["1"] * 100),
        "٣",
        None,
    ):
        assert shown_forms(forged)[None].version_id == live
    assert shown_forms("") == {}


def test_answers_keep_their_words_when_their_question_is_renamed_or_retired(app):
    kept, retired = a_question("kept"), a_question("tools", "choice", options=("mail", "video"))
    video = retired.options[1].id
    a_version(kept, retired)
    a_version(kept, number=2, words={"kept": "renamed"})
    with app.test_request_context("/fr/"):
        reader = AnswerReader("fr")
        assert [question.key for question in reader.columns()] == ["kept", "tools"]
        answers = {str(kept.id): "Oui", str(retired.id): video}
        assert [(one.label, one.text) for one in reader.read(answers)] == [
            ("renamed (fr)", "Oui"),
            ("tools (fr)", "video (fr)"),
        ]


def test_an_option_that_is_no_longer_offered_still_has_its_label(app):
    question = a_question("tools", "choice", options=("mail", "video"))
    mail, video = question.options
    a_version(question)
    question.options = [video]
    a_version(question, number=2)
    with app.test_request_context("/en/"):
        reader = AnswerReader("en")
        assert reader.cell(reader.columns()[0], {str(question.id): mail.id}) == "mail (en)"
        assert reader.cell(reader.columns()[0], None, {str(question.id): video.id}) == "video (en)"
