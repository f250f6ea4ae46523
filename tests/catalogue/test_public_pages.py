"""The public pages as visitors meet them: what they say, in each language, in every state of the catalogue."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sets.catalogue.examples import make_examples
from sets.clock import now
from sets.languages import LANGUAGES, speaking
from sets.pages.loading import load_catalogue
from tests import factories
from tests.pages import visit

ACADEMY = Path(__file__).resolve().parent.parent / "fixtures" / "academy"
PAGES = ("", "trainings/social-economy", "about", "contact", "privacy", "legal", "accessibility")
every_language = pytest.mark.parametrize("language", LANGUAGES)


@every_language
def test_every_page_opens_in_its_language_and_leads_to_the_others(catalogue, client, language):
    for path in PAGES:
        page = visit(client, f"/{language}/{path}")
        links = {link.get("hreflang"): link.get("href") for link in page.all("link", rel="alternate")}
        assert (
            links[language]
            == page.one("link", rel="canonical").get("href")
            == f"http://localhost/{language}/{path}"
        )
        other = next(code for code in LANGUAGES if code != language)
        assert page.one("a", hreflang=other, lang=other).get("href") == f"/{other}/{path}"
        assert page.one("meta", property="og:title").get("content") == page.heading


def test_home_shows_the_trainings_in_order_and_their_next_dates(catalogue, client, clock):
    factories.training_session(factories.training("social-economy"), language="en")
    factories.training_session(
        factories.training("social-economy"), starts=datetime(2026, 4, 7, 16, tzinfo=UTC)
    )
    page = visit(client, "public.show_home", lang="fr")
    posters = page.all("article")
    assert len(posters) == 3
    titles = [element.text for element in page.all("h2")[:3] for element in element.iter("a")]
    assert titles[0] == "Comprendre l’économie sociale et son impact"
    # The next session in the reader's language comes before an earlier one in another.
    assert "mardi 7 avril" in words_of(posters[0])
    assert "lundi 16 mars 2026, 10 h, heure de Paris" in page.text
    assert len(page.all("ul", class_="sessions")[0]) == 2


@pytest.mark.parametrize(
    ("values", "words", "action"),
    [
        ({}, "Places available", "Register"),
        ({"capacity": 3}, "Last places", "Register"),
        ({"capacity": 0}, "Full: waiting list", "Join the waiting list"),
        ({"capacity": None}, "Places available", "Register"),
        ({"meetings": 0}, "Date to come", "Tell me"),
        ({"state": "paused"}, "Registration is paused", None),
        ({"state": "closed"}, "Registration is closed", None),
        ({"state": "cancelled"}, "Cancelled", None),
        (
            {"opens_at": datetime(2026, 3, 9, 8, tzinfo=UTC)},
            "Opens on Monday 9 March 2026, 09:00, Paris time",
            None,
        ),
    ],
)
def test_a_session_is_told_in_words_with_what_one_can_do(catalogue, client, clock, values, words, action):
    session = factories.training_session(factories.training("social-economy"), **values)
    page = visit(client, "/en/trainings/social-economy")
    row = page.one("ul", class_="sessions", text="In French")
    assert words in words_of(row)
    links = [link.get("href") for link in row.iter("a")]
    if action is None:
        assert links == []
    elif action == "Tell me":
        assert links == ["/en/register?training=social-economy"]
    else:
        assert links == [f"/en/register?session={session.public_id}"]
        assert action in words_of(row)


def test_drafts_practice_runs_and_sessions_that_are_over_are_not_shown(catalogue, client, clock):
    training = factories.training("social-economy")
    factories.training_session(training, state="draft", language="es")
    factories.training_session(training, practice=True, language="it")
    factories.training_session(training, starts=now() - timedelta(days=30), language="en")
    page = visit(client, "/en/trainings/social-economy")
    assert "No date is set yet" in page.text
    for language in ("Spanish", "Italian", "English"):
        assert f"In {language}" not in page.text


def test_no_number_of_places_is_ever_shown(catalogue, client, clock):
    factories.training_session(factories.training("social-economy"), capacity=1737, places_taken=37)
    for path in ("", "trainings/social-economy", "register"):
        source = visit(client, f"/en/{path}").source
        assert "1737" not in source
        assert "1700" not in source


def test_several_meetings_are_shown_from_when_to_when(catalogue, client, clock):
    training = factories.training("social-economy")
    factories.training_session(training, starts=datetime(2026, 3, 17, 17, tzinfo=UTC), meetings=2)
    text = words_of(
        visit(client, "/en/trainings/social-economy").one("ul", class_="sessions", text="In French")
    )
    assert "In French, 2 meetings" in text
    assert "From Tuesday 17 March to Tuesday 24 March 2026, 18:00, Paris time" in text
    # Across the change of clocks the same hour in UTC is another one in Paris.
    factories.training_session(training, starts=datetime(2026, 3, 26, 17, tzinfo=UTC), meetings=2)
    text = words_of(
        visit(client, "/en/trainings/social-economy").one("ul", class_="sessions", text="In French")
    )
    assert "From Thursday 26 March to Thursday 2 April 2026, first meeting at 18:00, Paris time" in text


def test_examples_are_marked_on_every_page(catalogue, client, clock):
    make_examples()
    rows = visit(client, "/en/").one("ul", class_="sessions")
    assert len(rows) == 9
    assert all("(example)" in words_of(row) for row in rows)
    for slug in ("social-economy", "digital-collaboration", "artificial-intelligence"):
        dates = visit(client, f"/en/trainings/{slug}").all("ul", class_="sessions", text="(example)")
        assert [len(rows) for rows in dates] == [3]


def test_examples_are_made_once_and_never_among_real_sessions(catalogue, clock):
    assert make_examples() == 9
    assert make_examples() == 0


def test_a_training_without_dates_leads_to_being_told(catalogue, client):
    page = visit(client, "/en/trainings/social-economy")
    assert page.link("Tell me when there is a date").endswith("/en/register?training=social-economy")
    assert visit(client, "/en/").link("Tell me when there is a date").endswith("/en/register")


def test_a_site_without_catalogue_still_opens(app, client):
    page = visit(client, "/en/")
    assert page.heading == "localhost"
    assert "The trainings are being prepared" in page.text
    visit(client, "/en/about", status=404)


@pytest.mark.parametrize("number", [1, 4, 12])
def test_the_wall_holds_any_number_of_trainings(app, client, number):
    load_catalogue(ACADEMY)
    while len(visit(client, "/en/").all("article")) < number:
        factories.training()
    page = visit(client, "/en/")
    assert len(page.all("article")) == number
    counted = page.all("p", class_="count")
    assert ("Training 1" in words_of(counted[0])) == (number > 1)


def test_a_text_that_is_not_translated_falls_back_and_says_so(app, client):
    load_catalogue(ACADEMY)
    page = visit(client, "/it/trainings/training-of-trainers")
    assert page.one("h1").get("lang") == "en"
    assert page.one("b", lang="en", text="English") is not None
    home = visit(client, "/es/")
    assert home.one("div", class_="hero").get("lang") == "en"
    assert visit(client, "/it/privacy").all("h1")[0].get("lang") is None


def test_another_programme_leaves_no_word_of_ours(app, client):
    load_catalogue(ACADEMY)
    factories.training_session(factories.training("training-of-trainers"), language="en")
    for path in (*PAGES[:1], "trainings/training-of-trainers", *PAGES[2:], "register", "my"):
        page = visit(client, f"/en/{path}")
        for word in ("SETS", "Social Economy Transition", "101136011", "Diesis", "Horizon"):
            assert word not in page.source, (path, word)
        assert "Social Tech Academy" in page.title


def test_the_privacy_page_says_for_how_long_everything_is_kept(catalogue, client):
    from sets.database import db
    from sets.privacy import PERIODS, PURPOSES, WORDS, period_words, personal_columns

    columns = list(personal_columns())
    assert {column.info["keep"] for column in columns} | set(PURPOSES) == set(PERIODS) == set(WORDS)
    text = visit(client, "/en/privacy").text
    with speaking("en"):
        for column in columns:
            assert str(column.info["purpose"]) in text
            assert period_words(column.info["keep"]) in text
    assert db.metadata.tables["learner_need"].c.text in columns


def test_search_engines_read_a_course_and_its_sessions(catalogue, client, clock):
    training = factories.training("social-economy")
    factories.training_session(training, starts=datetime(2026, 4, 7, 16, tzinfo=UTC))
    factories.training_session(training, meetings=0)
    page = visit(client, "/fr/trainings/social-economy")
    data = json.loads(page.one("script", type="application/ld+json").text)
    assert (data["@type"], data["name"], data["offers"]["price"]) == ("Course", page.heading, 0)
    (instance,) = data["hasCourseInstance"]
    assert instance["startDate"] == "2026-04-07T18:00:00+02:00"
    assert (instance["courseMode"], instance["inLanguage"]) == ("online", "fr")


def test_a_title_cannot_break_out_of_the_page(app, client, tmp_path):
    import shutil

    folder = Path(shutil.copytree(ACADEMY, tmp_path / "academy"))
    path = folder / "trainings/training-of-trainers/en.md"
    text = path.read_text("utf-8").replace(
        "title: Training", "title: </script><script>alert(1)</script> Training", 1
    )
    path.write_text(
        text.replace("You will have", "<img src=x> [x](javascript:alert(1)) You will have", 1), "utf-8"
    )
    load_catalogue(folder)
    page = visit(client, "/en/trainings/training-of-trainers")
    assert page.heading.startswith("</script><script>")
    assert page.all("img") == []
    assert "javascript:" not in {link.get("href") for link in page.all("a")}
    json.loads(page.one("script", type="application/ld+json").text)


def test_the_brochure_is_served_under_a_human_name(catalogue, client):
    page = visit(client, "/fr/trainings/social-economy")
    (link,) = [link for link in page.all("a") if (link.get("href") or "").endswith("brochure.pdf")]
    answer = client.get(link.get("href"))
    assert (answer.status_code, answer.mimetype, answer.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert answer.headers["Content-Disposition"] == "inline; filename=SETS-brochure-1-economie-sociale-fr.pdf"
    assert f"{round(len(answer.data) / 1000)}" in words_of(link)
    again = client.get(link.get("href"), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get("/fr/trainings/nothing/brochure.pdf").status_code == 404


def test_a_brochure_whose_file_is_gone_is_not_found(catalogue, client, app):
    for path in Path(app.instance_path).glob("brochures/*.pdf"):
        path.unlink()
    assert client.get("/fr/trainings/social-economy/brochure.pdf").status_code == 404


def test_unknown_trainings_and_pages_are_not_found(catalogue, client):
    visit(client, "/fr/trainings/nothing", status=404)
    visit(client, "/fr/nothing", status=404)
    visit(client, "/pt/", status=404)


def test_the_language_switch_keeps_what_was_chosen_and_nothing_else(catalogue, client):
    page = visit(client, "/fr/register?training=social-economy&endpoint=x&_external=1")
    assert page.one("a", lang="en", hreflang="en").get("href") == "/en/register?training=social-economy"
    lost = visit(client, "/fr/my?endpoint=x&_anchor=y")
    assert lost.one("a", lang="en", hreflang="en").get("href").startswith("/en/my?")


def words_of(element):
    from tests.page_rules import words

    return words(element)
