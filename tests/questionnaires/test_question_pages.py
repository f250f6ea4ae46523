"""The team writes the questions of the form: drafts, languages, order, versions; nothing that was answered is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db
from sets.languages import speaking
from sets.questionnaires.models import FormVersion, Option, Question
from sets.questionnaires.touching import touched_by
from sets.registration.export import prepare
from sets.registration.listing import Filter
from tests import factories
from tests.campaigns.campaigns import a_campaign
from tests.pages import submit, visit
from tests.questionnaires.asking import a_question, a_version
from tests.registration.public import SOCIAL, register, registrations
from tests.staff.signing import sign_in

pytestmark = pytest.mark.usefixtures("catalogue", "clock")

HERE = "/staff/questions/general"


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


@pytest.fixture
def colleague(app):
    """Another organiser, in a browser of their own."""
    other = app.test_client()
    sign_in(other, "organiser", name="Luc Petit")
    return other


def versions(training_id=None):
    db.session.rollback()
    rows = db.session.scalars(select(FormVersion).where(FormVersion.training_id.is_(training_id)))
    return {row.state: row for row in rows if row.state != "past"}


def entries(state="draft"):
    return versions()[state].content["questions"]


def keys(state="draft"):
    names = dict(db.session.execute(select(Question.id, Question.key)).tuples().all())
    return [names[entry["id"]] for entry in entries(state)]


def add(client, kind, french, *, here=HERE, status=200, **fields):
    page = visit(client, f"{here}/new?type={kind}")
    return submit(
        page, {"label-fr": french} | fields, form="question", button="Add to the draft", status=status
    )


def go_live(client, here=HERE):
    return submit(visit(client, f"{here}/live"), form="/live", button="Make it live")


def id_of(key):
    return db.session.scalar(select(Question.id).where(Question.key == key))


def edit(client, key, fields=None, *, here=HERE, button="Save in the draft", **options):
    return submit(
        visit(client, f"{here}/{id_of(key)}/edit"), fields or {}, form="question", button=button, **options
    )


def act(client, key, what, *, button=None, here=HERE):
    return submit(visit(client, here), form=f"/{id_of(key)}/{what}", button=button)


def test_every_kind_can_be_added_and_asked(organiser):
    kinds = [
        link.get("href").rpartition("=")[2]
        for link in visit(organiser, f"{HERE}/new").all("a")
        if "type=" in link.get("href", "")
    ]
    assert len(kinds) == 10
    for kind in kinds:
        choices = {"choice-new1-fr": "Un", "choice-new2-fr": "Deux"} if kind.startswith("choice") else {}
        add(organiser, kind, f"Sorte {kind}", **choices)
    assert keys() == ["expectations", *(f"sorte_{kind}" for kind in kinds)]
    preview = visit(organiser, f"{HERE}/preview?language=it")
    assert "Sorte consent" in preview.text
    assert preview.all("button", text="Registrati") == []
    go_live(organiser)
    assert "Sorte consent" in visit(organiser, "/fr/register").text


def test_nobody_sees_a_draft_until_it_is_live(organiser):
    edit(organiser, "expectations", {"label-fr": "Vos attentes ?"})
    assert "Vos attentes" not in visit(organiser, "/fr/register").text
    page = visit(organiser, HERE)
    assert "This is a draft" in page.text
    page = go_live(organiser)
    assert "are live" in page.one("p", role="status").text
    assert "Vos attentes" in visit(organiser, "/fr/register").text
    assert "draft" not in versions()


def test_what_is_missing_or_wrong_is_told_and_everything_typed_is_kept(organiser):
    page = add(organiser, "choice", "", status=422, **{"choice-new1-it": "Uno", "label-it": "Quale?"})
    assert "Write the question in Français." in page.text
    assert "Write this choice in Français, or remove it." in page.text
    assert page.value("label-it") == "Quale?"
    page = add(organiser, "yes_no", "Publique ?", status=422, **{"hint-it": "Di Stato o no."})
    assert "Write the hint in Français too." in page.text
    assert "Write at least two choices." in add(organiser, "choice", "Lequel ?", status=422).text
    page = add(organiser, "number", "Combien ?", status=422, lowest="4", highest="3")
    assert "below the smallest" in page.text
    assert "draft" not in versions()


def test_choices_are_added_and_moved_without_storing_anything(organiser):
    page = visit(organiser, f"{HERE}/new?type=choices")
    page = submit(page, {"choice-new1-fr": "Un"}, form="question", button="One more choice")
    page = submit(page, {"choice-new4-fr": "Quatre"}, form="question", button="Up – Choice 4")
    assert page.value("rows") == "new1 new2 new4 new3"
    assert (page.value("choice-new1-fr"), page.value("choice-new4-fr")) == ("Un", "Quatre")
    assert "draft" not in versions()
    submit(page, {"label-fr": "Lesquels ?"}, form="question", button="Add to the draft")
    assert [option["label"]["fr"] for option in entries()[-1]["options"]] == ["Un", "Quatre"]


def test_after_a_rename_a_move_and_a_retirement_no_answer_is_lost_and_no_column_moves(organiser):
    """Behaviour 13 of the product."""
    factories.training_session(factories.training("social-economy"), language="fr")
    add(organiser, "choice", "Votre outil ?", **{"choice-new1-fr": "Courriel", "choice-new2-fr": "Wiki"})
    add(organiser, "short_text", "Votre ville ?")
    go_live(organiser)
    page = visit(organiser, "/fr/register")
    choice = next(one.get("value") for one in page.all("input", name=SOCIAL) if one.get("value"))
    register(
        organiser,
        {SOCIAL: choice, "q-votre_ville": "Lyon", "q-votre_outil": "wiki", "q-expectations": "Tout"},
    )
    before = exported()
    wiki = entries("live")[1]["options"][1]["id"]
    # Renamed, moved to the top, one retired, a choice taken out.
    page = visit(organiser, f"{HERE}/{id_of('votre_outil')}/edit")
    page = submit(page, form="question", button="One more choice")
    fields = {"label-fr": "Quel outil ?", f"choice-{wiki}-remove": True, "choice-new1-fr": "Tableau"}
    submit(page, fields, form="question", button="Save in the draft")
    act(organiser, "votre_outil", "rank", button="Up – Quel outil ?")
    act(organiser, "votre_ville", "retirement")
    page = visit(organiser, f"{HERE}/live")
    assert "1 answer" in page.text
    assert "Retired: it is not asked any more, its answers stay." in page.text
    go_live(organiser)
    after = exported()
    assert keys("live") == ["votre_outil", "expectations"]
    assert after["rows"] == before["rows"]
    assert after["keys"] == before["keys"]
    assert "Quel outil ?" in after["headings"]
    assert any(heading.startswith("Votre ville ?") for heading in after["headings"])
    record = visit(organiser, f"/staff/registrations/{registrations()[0].public_id}")
    assert "Lyon" in record.text
    # Restored, with its id and its answers.
    ville = id_of("votre_ville")
    act(organiser, "votre_ville", "restoration")
    go_live(organiser)
    assert (keys("live")[-1], id_of("votre_ville")) == ("votre_ville", ville)
    assert exported()["rows"] == before["rows"]


def exported():
    db.session.rollback()
    sheet = prepare(Filter(), "Europe/Paris")
    rows = [cell for batch in sheet.batches for cell in zip(*batch, strict=True)]
    db.session.rollback()
    return {"keys": sheet.keys, "headings": sheet.headings, "rows": rows}


def test_a_question_that_was_asked_keeps_its_kind_and_the_way_out_is_told(organiser):
    page = visit(organiser, f"{HERE}/{id_of('expectations')}/edit")
    assert "retire it and add a new one" in page.text
    page = submit(page, form="question", button="Save in the draft", forged={"type": "number"}, status=422)
    assert "so it stays of its kind. To ask it in another way" in page.text
    assert db.session.scalar(select(Question.type).where(Question.key == "expectations")) == "long_text"
    add(organiser, "short_text", "Combien ?")
    edit(organiser, "combien", {"type": "number"})
    assert db.session.scalar(select(Question.type).where(Question.key == "combien")) == "number"


def test_two_editors_of_one_question_never_overwrite_each_other(organiser, colleague):
    mine = visit(organiser, f"{HERE}/{id_of('expectations')}/edit")
    theirs = visit(colleague, f"{HERE}/{id_of('expectations')}/edit")
    submit(theirs, {"label-fr": "Leur texte ?"}, form="question", button="Save in the draft")
    page = submit(mine, {"label-fr": "Mon texte ?"}, form="question", button="Save in the draft", status=409)
    assert page.value("label-fr") == "Mon texte ?"
    assert "Leur texte ?" in page.text
    assert entries()[0]["label"]["fr"] == "Leur texte ?"
    # Knowingly, mine takes the place of theirs.
    submit(page, form="question", button="Save in the draft")
    assert entries()[0]["label"]["fr"] == "Mon texte ?"


def test_two_editors_of_two_questions_do_not_disturb_each_other(organiser, colleague):
    add(organiser, "short_text", "Votre ville ?")
    mine = visit(organiser, f"{HERE}/{id_of('expectations')}/edit")
    edit(colleague, "votre_ville", {"label-fr": "Quelle ville ?"})
    submit(mine, {"label-fr": "Vos attentes ?"}, form="question", button="Save in the draft")
    assert [entry["label"]["fr"] for entry in entries()] == ["Vos attentes ?", "Quelle ville ?"]


def test_a_step_on_a_list_that_somebody_changed_is_not_taken(organiser, colleague):
    add(organiser, "short_text", "Votre ville ?")
    mine = visit(organiser, HERE)
    act(colleague, "votre_ville", "rank", button="Up – Votre ville ?")
    page = submit(mine, form=f"{id_of('votre_ville')}/retirement")
    assert "Somebody changed these questions meanwhile." in page.text
    assert keys() == ["votre_ville", "expectations"]
    shown = visit(organiser, f"{HERE}/live")
    edit(colleague, "votre_ville", {"label-fr": "Quelle ville ?"})
    page = submit(shown, form="/live", button="Make it live")
    assert "Somebody changed these questions meanwhile." in page.text
    assert keys("live") == ["expectations"]


def conditional(client):
    """Add a question that is asked only after “yes” to another."""
    add(client, "yes_no", "Publique ?")
    add(client, "short_text", "Laquelle ?", show_if=[f"{id_of('publique')}:yes"])


def test_a_question_may_depend_only_on_one_that_stands_before_it(organiser):
    conditional(organiser)
    assert entries()[-1]["show_if"] == {"question": id_of("publique"), "any": [True]}
    page = act(organiser, "laquelle", "rank", button="Up – Laquelle ?")
    assert (
        "“Laquelle ?” is asked only after an answer to “Publique ?”, which must stand before it." in page.text
    )
    page = act(organiser, "publique", "retirement")
    assert "Change first when it is asked." in page.text
    assert keys() == ["expectations", "publique", "laquelle"]
    # What stands later, and the question itself, are no answers to choose from.
    page = visit(organiser, f"{HERE}/{id_of('publique')}/edit")
    assert not page.all("input", name="show_if")
    submit(page, form="question", button="Save in the draft", forged={"show_if": f"{id_of('laquelle')}:yes"})
    assert "show_if" not in entries()[1]


def test_a_training_can_ask_after_a_general_answer_which_then_cannot_go(organiser):
    add(organiser, "yes_no", "Publique ?")
    go_live(organiser)
    here = "/staff/questions/social-economy"
    add(organiser, "short_text", "Laquelle ?", here=here, show_if=[f"{id_of('publique')}:yes"])
    go_live(organiser, here)
    assert "Publique" in visit(organiser, f"{here}/preview?language=fr").text
    # On the public form it stands after the general question, where one sees that it is asked now.
    text = visit(organiser, "/fr/register").text
    assert text.index("Publique ?") < text.index("Laquelle ?")
    page = act(organiser, "publique", "retirement")
    assert "In the questions of “" in page.text
    assert keys("live") == ["expectations", "publique"]


def test_hidden_questions_are_neither_required_nor_stored_on_the_public_form(organiser):
    factories.training_session(factories.training("social-economy"), language="fr")
    conditional(organiser)
    edit(organiser, "laquelle", {"required": True})
    go_live(organiser)
    page = visit(organiser, "/fr/register")
    assert "Laquelle ?" in page.text
    choice = next(one.get("value") for one in page.all("input", name=SOCIAL) if one.get("value"))
    register(organiser, {SOCIAL: choice, "q-publique": "yes"}, status=422)
    register(organiser, {SOCIAL: choice, "q-publique": "no", "q-laquelle": "Rien"})
    db.session.rollback()
    assert registrations()[0].learner.answers == {str(id_of("publique")): False}


def test_the_languages_tell_what_changed_since_it_was_translated(organiser):
    page = edit(organiser, "expectations", {"label-fr": "Vos attentes ?"})
    assert "1 changed since" in page.text
    page = visit(organiser, f"{HERE}/{id_of('expectations')}/edit")
    assert page.text.count("Changed since it was translated") == 3
    edit(organiser, "expectations", {"label-it": "Che cosa ti aspetti?", "right": ["en"]})
    assert set(entries()[0]["behind"]["label"]) == {"es"}
    # Back to the words that it was translated from, it is in step again.
    live = entries("live")[0]["label"]["fr"]
    edit(organiser, "expectations", {"label-fr": live})
    assert "es" not in entries()[0].get("behind", {}).get("label", {})


def test_versions_say_who_changed_what_and_come_back_by_one_click(organiser):
    before = entries("live")
    edit(organiser, "expectations", {"label-fr": "Vos attentes ?", "required": True})
    go_live(organiser)
    page = visit(organiser, f"{HERE}/versions")
    for words in (
        "Version 2",
        "Claire Morel",
        "Must be answered now.",
        "Other words for the question (Français)",
        "Loaded from a catalogue folder",
    ):
        assert words in page.text
    page = page.click("Bring it back")
    assert "May stay open now." in page.text
    submit(page, form="/return", button="Make it live again")
    assert versions()["live"].number == 3
    assert versions()["live"].from_number == 1
    assert [entry["label"] for entry in entries("live")] == [entry["label"] for entry in before]
    page = visit(organiser, f"{HERE}/versions/2/return")
    submit(page, form="/return", button="Take it as the draft")
    assert entries()[0]["label"]["fr"] == "Vos attentes ?"


def test_a_discarded_draft_leaves_nothing_behind(organiser):
    add(organiser, "choice", "Votre outil ?", **{"choice-new1-fr": "Un", "choice-new2-fr": "Deux"})
    rows = db.session.query(Question).count(), db.session.query(Option).count()
    page = visit(organiser, f"{HERE}/discard")
    assert "Votre outil ?" in page.text
    submit(page, form="/discard", button="Discard the draft")
    db.session.rollback()
    assert (db.session.query(Question).count(), db.session.query(Option).count()) == (
        rows[0] - 1,
        rows[1] - 2,
    )
    assert "draft" not in versions()


def test_a_draft_that_says_what_is_live_is_not_made_live(organiser):
    edit(organiser, "expectations")
    page = visit(organiser, f"{HERE}/live")
    assert "nothing to make live" in page.text
    assert not page.all("button", text="Make it live")


def test_the_answers_and_texts_that_a_change_touches_are_counted(organiser):
    tools = a_question("own_tools", "choices", options=("mail", "wiki"))
    city = a_question("city")
    a_version(tools, city)
    answers = {str(tools.id): [tools.options[0].id], "1": f'"{city.id}":'}
    for name in ("amina", "bruno"):
        factories.learner(f"{name}@example.org", answers=answers)
    factories.registration(factories.training_session(), answers={str(tools.id): [tools.options[1].id]})
    a_campaign(texts={"fr": ("Bonjour", "Vous aimez {answer:own_tools}.")})
    found = touched_by([tools.id, city.id])
    assert (found[tools.id].answers, found[city.id].answers) == (3, 0)
    assert (found[tools.id].texts, found[city.id].texts) == (1, 0)
    with speaking("en"):
        assert found[tools.id].words == ["3 answers", "1 campaign text"]


def test_only_organisers_open_the_questions(client):
    sign_in(client, "coordinator")
    assert client.get("/staff/questions").status_code == 403
    assert client.get(f"{HERE}/live").status_code == 403
