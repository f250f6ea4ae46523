"""Texts of trainings and pages as the team writes them: side by side, previewed, kept, brought back, by two people."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import BegunText, TextStep, Training
from sets.database import db
from sets.staff.models import Activity
from tests.pages import submit, visit
from tests.staff.signing import sign_in

TEXTS = "/staff/trainings/social-economy/texts"
PRIVACY = "/staff/pages/privacy/texts"
LEAD = "lead--it"
NEW = "Parti da qui: come funziona l’economia sociale, oggi."


@pytest.fixture
def organiser(catalogue, client):
    sign_in(client, "organiser")
    return client


def stored(slug="social-economy"):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(Training).where(Training.slug == slug)).texts


def test_a_saved_text_is_shown_at_once_and_the_other_languages_stay(organiser):
    before = {code: text.fields for code, text in stored().items()}
    visit(organiser, "/it/trainings/social-economy")
    page = submit(visit(organiser, TEXTS), **{LEAD: NEW}, button="Save")
    assert "Saved. The public pages show it now." in page.text
    assert NEW in visit(organiser, "/it/trainings/social-economy").text
    after = {code: text.fields for code, text in stored().items()}
    assert after["it"]["lead"] == NEW
    assert {code: after[code] for code in ("fr", "en", "es")} == {
        code: before[code] for code in ("fr", "en", "es")
    }
    assert list(db.session.scalars(select(Activity.verb))).count("texts_written") == 1


def test_saving_what_is_stored_changes_nothing(organiser):
    page = submit(visit(organiser, TEXTS), button="Save")
    assert "Nothing was different from what is stored." in page.text
    assert db.session.scalar(select(func.count()).select_from(TextStep)) == 0
    assert {text.revision for text in stored().values()} == {1}


def test_the_preview_shows_what_is_typed_in_each_language_and_stores_nothing(organiser):
    page = submit(
        visit(organiser, TEXTS),
        **{LEAD: NEW, "outcome--markdown--it": "Vedi **questo**."},
        button="Preview",
    )
    assert "This is a preview: nothing is stored yet." in page.text
    page = submit(page, button="Italian")
    assert page.language == "it"
    assert NEW in page.text
    assert page.one("strong", text="questo") is not None
    assert stored()["it"].fields["lead"] != NEW
    page = submit(page, button="Go on writing")
    assert page.value(LEAD) == NEW
    assert stored()["it"].fields["lead"] != NEW
    page = submit(submit(page, button="Preview"), button="Save")
    assert stored()["it"].fields["lead"] == NEW


@pytest.mark.parametrize("key", ["home", "about", "privacy"])
def test_every_page_has_its_preview(organiser, key):
    page = visit(organiser, f"/staff/pages/{key}/texts")
    page = submit(page, **{"title--es": "Un título nuevo"}, button="Preview")
    page = submit(page, button="Spanish")
    assert (page.heading, page.language) == ("Un título nuevo", "es")


def test_what_changed_in_the_first_language_is_marked_in_the_others_until_they_follow(organiser):
    page = submit(visit(organiser, TEXTS), **{"title--fr": "Comprendre l’économie sociale"}, button="Save")
    assert page.text.count("Changed since it was translated") == 3
    assert page.text.count("1 part changed since") == 3
    page = submit(page, **{"title--it": "Capire l’economia sociale"}, button="Save")
    assert page.text.count("Changed since it was translated") == 2
    page = submit(page, **{"right--es": True}, button="Save")
    assert page.text.count("Changed since it was translated") == 1
    # Words that change together fit together.
    page = submit(
        page, **{"lead--fr": "Nouveau.", "lead--en": "New.", "lead--es": "Nuevo.", "lead--it": "Nuovo."},
        button="Save",
    )  # fmt: skip
    assert page.text.count("Changed since it was translated") == 1


def test_one_language_is_written_beside_the_first(organiser):
    page = visit(organiser, f"{TEXTS}?with=it")
    assert page.all("textarea", name="lead--es") == []
    page = submit(page, **{LEAD: NEW}, button="Save")
    assert page.url.endswith("with=it")
    assert stored()["it"].fields["lead"] == NEW
    assert stored()["es"].revision == 1


@pytest.mark.parametrize(
    ("field", "words", "said"),
    [
        ("lead--it", "", "Write this part: readers see this text, so it must be whole."),
        ("title--it", "Ciao {nome}", "There is nothing that would stand for {nome}."),
        ("description--it", "Troppo breve", "The description has 12 characters"),
        ("skills--markdown--it", "Una frase", "This part is a list: begin each line with “- ”."),
        ("method--markdown--it", "Così.\n\n## Titolo", "Begin a heading inside a section with three signs"),
        ("title--it", "a" * 201, "This has 201 characters; there is room for 200."),
    ],
)
def test_what_cannot_stay_is_told_at_its_field_and_everything_typed_is_there(organiser, field, words, said):
    page = submit(
        visit(organiser, TEXTS), **{field: words, "short_title--es": "Otro"}, button="Save", status=422
    )
    assert said in page.text
    assert page.all("a", href=f"#{field}")
    assert (page.value(field), page.value("short_title--es")) == (words, "Otro")
    assert stored()["es"].revision == 1


def test_what_readers_will_not_see_as_written_is_told(organiser):
    words = (
        "<b>Ecco</b> [qui](ftp://example.org) e [là](www.example.org)\n\n![foto](https://example.org/a.png)"
    )
    page = submit(visit(organiser, TEXTS), **{"method--markdown--it": words}, button="Preview")
    for said in ("HTML is shown as it is written: <b>.", "Pictures are not shown", "A link with “ftp:” leads nowhere",
                 "The link to “www.example.org” needs https://"):  # fmt: skip
        assert said in page.text


def test_two_people_in_one_text_lose_nothing(organiser, app):
    mine = visit(organiser, TEXTS)
    other = app.test_client()
    sign_in(other, "organiser")
    submit(visit(other, TEXTS), **{LEAD: "Di un’altra persona.", "title--en": "Another title"}, button="Save")
    # What only one of the two changed is kept, without a question.
    page = submit(mine, **{"title--es": "Título"}, button="Save")
    assert "Saved." in page.text
    texts = stored()
    assert (texts["it"].fields["lead"], texts["es"].title) == ("Di un’altra persona.", "Título")
    assert texts["en"].title == "Another title"
    # The same part: nothing is stored, both are shown, and saving again takes the place knowingly.
    page = submit(mine, **{LEAD: NEW}, button="Save", status=409)
    assert "Somebody saved these texts while you were writing" in page.text
    assert page.value(LEAD) == NEW
    assert page.one("a", href=f"#{LEAD}").text == "First paragraph, Italian"
    assert "Di un’altra persona." in page.text
    assert page.value("title--en") == "Another title"
    assert stored()["it"].fields["lead"] == "Di un’altra persona."
    submit(page, button="Save")
    assert stored()["it"].fields["lead"] == NEW
    assert stored()["en"].title == "Another title"


def test_each_save_is_kept_with_its_author_and_can_be_brought_back(organiser):
    first = stored()["it"].fields["lead"]
    page = visit(organiser, TEXTS)
    for words in (NEW, "Ancora un altro testo."):
        page = submit(page, **{LEAD: words}, button="Save")
    page = page.click("Earlier versions")
    assert "Claire Morel" in page.text
    assert "from the catalogue’s files" in page.text
    assert page.text.count("Version ") >= 3
    page = page.click("Version 1")
    assert first in page.text
    page = submit(page, button="Bring this version back")
    assert "Version 1 is the present text again." in page.text
    assert stored()["it"].fields["lead"] == first
    assert first in visit(organiser, "/it/trainings/social-economy").text
    assert [step.how for step in db.session.scalars(select(TextStep).order_by(TextStep.number))] == [
        "loaded", "written", "written", "brought_back",
    ]  # fmt: skip


def test_a_version_is_not_brought_back_over_one_that_nobody_looked_at(organiser):
    page = submit(visit(organiser, TEXTS), **{LEAD: NEW}, button="Save")
    old = visit(organiser, f"{TEXTS}/versions/1")
    submit(visit(organiser, TEXTS), **{LEAD: "Più tardi."}, button="Save")
    page = submit(old, button="Bring this version back")
    assert "Somebody stored another version in the meantime." in page.text
    assert stored()["it"].fields["lead"] == "Più tardi."


def test_a_page_keeps_its_table_and_takes_new_sections(organiser):
    page = visit(organiser, PRIVACY)
    words = page.value("how-long--markdown--fr")
    page = submit(
        page, **{"how-long--markdown--fr": words.replace("{retention_table}", "")}, button="Save", status=422
    )
    assert "Keep {retention_table}, once, alone on a line" in page.text
    sent = {f"new--heading--{code}": f"Heading {code}" for code in ("fr", "en", "es", "it")}
    sent |= {f"new--markdown--{code}": f"Words {code}" for code in ("fr", "en", "es", "it")}
    page = submit(page, **{"how-long--markdown--fr": words}, **sent, button="Save")
    assert "Saved." in page.text
    assert visit(organiser, "/it/privacy").one("section", id="heading-fr") is not None
    gone = {
        f"heading-fr--{end}--{code}": ""
        for end in ("heading", "markdown")
        for code in ("fr", "en", "es", "it")
    }
    submit(visit(organiser, PRIVACY), **gone, button="Save")
    assert visit(organiser, "/it/privacy").all("section", id="heading-fr") == []


def test_a_new_training_is_written_in_pieces_and_published_when_it_is_whole(organiser):
    page = submit(visit(organiser, "/staff/trainings/new"), slug="open-data", hours="8", position="2")
    assert page.path == "/staff/trainings/open-data/texts"
    page = submit(page, **{"title--fr": "Données ouvertes", "short_title--it": "Dati aperti"}, button="Save")
    assert "is not whole yet" in page.text
    assert page.value("title--fr") == "Données ouvertes"
    assert (
        visit(organiser, "/staff/trainings/open-data/publication").text.count("Its texts are not whole yet")
        == 1
    )
    page = submit(visit(organiser, page.path), **whole("fr"), button="Save")
    assert db.session.scalars(select(BegunText.language)).all() == ["it"]
    assert set(stored("open-data")) == {"fr"}
    page = submit(visit(organiser, "/staff/trainings/open-data/publication"), button="Publish")
    assert "The training is on the site." in page.text
    assert visit(organiser, "/fr/trainings/open-data").heading == "Titre"
    order = db.session.scalars(
        select(Training.slug).where(Training.state == "published").order_by(Training.position)
    )
    assert list(order) == ["social-economy", "open-data", "digital-collaboration", "artificial-intelligence"]


def test_a_training_without_a_title_has_no_preview_yet(organiser):
    submit(visit(organiser, "/staff/trainings/new"), slug="open-data", hours="8", position="2")
    page = submit(
        visit(organiser, "/staff/trainings/open-data/texts"), **{"lead--it": "Ciao."}, button="Preview"
    )
    assert "Write a title first: a preview needs one." in page.text
    assert page.value("lead--it") == "Ciao."
    page = submit(submit(page, **{"title--it": "Dati aperti"}, button="Preview"), button="Italian")
    assert (page.heading, page.language) == ("Dati aperti", "it")


def whole(code):
    header = {
        "title": "Titre", "short_title": "Court", "audience": "Pour tout le monde.", "audience_short": "Tout le monde",
        "description": "Une formation gratuite, en ligne, dont la description est assez longue.",
        "lead": "Début.", "intro": "Introduction.",
    }  # fmt: skip
    parts = {f"{key}--heading": key.capitalize() for key in ("outcome", "skills", "programme", "method")}
    parts |= {f"{key}--markdown": "- un\n- deux" for key in ("outcome", "skills", "programme", "method")}
    return {f"{name}--{code}": words for name, words in (header | parts).items()}
