"""A catalogue folder becomes rows, all or nothing, and comes back as the very files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import Brochure, PageText, Training
from sets.catalogue.reading import OURS, CatalogueRefused
from sets.catalogue.showing import current_programme
from sets.database import db
from sets.installation import Installation
from sets.languages import LANGUAGES
from sets.pages.loading import load_catalogue
from sets.questionnaires.models import FormVersion, Option, Question

ACADEMY = Path(__file__).resolve().parent.parent / "fixtures" / "academy"


@pytest.fixture
def folder(tmp_path):
    """A copy of our own catalogue, to be changed."""
    return Path(shutil.copytree(OURS, tmp_path / "catalogue"))


def test_the_catalogue_of_the_site_is_loaded_whole(catalogue):
    trainings = db.session.scalars(select(Training).order_by(Training.position)).all()
    assert [(t.slug, t.position, t.hours) for t in trainings] == [
        ("social-economy", 1, 12),
        ("digital-collaboration", 2, 10),
        ("artificial-intelligence", 3, 10),
    ]
    assert all(set(training.texts) == set(LANGUAGES) for training in trainings)
    assert count(PageText) == 6 * len(LANGUAGES)
    assert count(Brochure) == 3 * len(LANGUAGES)
    assert (current_programme().name, current_programme().languages) == ("SETS", ("fr", "en", "es", "it"))
    assert current_programme().partners[0].lead


def test_loading_again_changes_nothing_and_keeps_the_pages(catalogue, runner):
    before = version()
    result = runner.invoke(args=["catalogue", "load"])
    assert (result.exit_code, "nothing changed" in result.output) == (0, True)
    assert version() == before


def test_the_export_is_the_very_folder(catalogue, runner, tmp_path):
    result = runner.invoke(args=["catalogue", "export", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    files = {path.relative_to(OURS): path.read_bytes() for path in OURS.rglob("*") if path.is_file()}
    written = {
        path.relative_to(tmp_path / "out"): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert written == files


def test_the_export_does_not_write_into_a_folder_of_other_things(catalogue, runner, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    result = runner.invoke(args=["catalogue", "export", str(tmp_path)])
    assert result.exit_code == 1
    assert "letter.txt" in result.output
    assert [path.name for path in tmp_path.iterdir() if path.name != "instance"] == ["letter.txt"]


def test_a_changed_text_is_stored_with_a_new_revision(catalogue, folder):
    before = version()
    change(folder / "trainings/social-economy/en.md", "Social economy\n", "Social economy today\n")
    assert load_catalogue(folder).changed
    texts = db.session.scalar(select(Training).where(Training.slug == "social-economy")).texts
    assert texts["en"].fields["short_title"] == "Social economy today"
    assert (texts["en"].revision, texts["fr"].revision) == (2, 1)
    assert version() > before


def test_a_training_that_left_the_folder_is_retired_and_comes_back(catalogue, folder):
    stored = slugs("published")
    change(folder / "programme.toml", '\n[[trainings]]\nslug = "digital-collaboration"\nhours = 10\n', "")
    shutil.rmtree(folder / "trainings/digital-collaboration")
    questions = (folder / "questions.toml").read_text("utf-8")
    (folder / "questions.toml").write_text(questions.split("[[questions]]")[0] + "questions = []\n", "utf-8")
    load_catalogue(folder)
    assert slugs("retired") == ["digital-collaboration"]
    assert slugs("published") == ["social-economy", "artificial-intelligence"]
    load_catalogue()
    assert slugs("published") == stored


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("trainings/social-economy/fr.md", "short_title:", "shortitle:", "line 3: the field “shortitle” is unknown"),
        ("trainings/social-economy/fr.md", "audience_short:", "audience_en:", "line 5: the field “audience_en” is"),
        ("trainings/social-economy/fr.md", "{#skills}", "{#talents}", "the section “talents” is unknown"),
        ("trainings/social-economy/fr.md", "{#skills}", "", "has no key"),
        ("trainings/social-economy/it.md", "---\ntitle", "title", "it.md, line 1: the header is missing"),
        ("pages/home/en.md", "{#how-live}", "{#how-lessons}", "the section “how-lessons” is there twice"),
        ("programme.toml", 'country = "FR"', 'country = "XX"', "programme.toml, line 18: “XX” is not a country"),
        ("programme.toml", "hours = 12", 'hours = "12"', "line 34: “hours” is not a whole number"),
        ("programme.toml", "Europe/Paris", "Paris", "“Paris” is not a time zone"),
        ("programme.toml", '"it"]', '"it", "pt"]', "line 6: the site does not speak “pt”"),
        ("programme.toml", 'funder = "eu"', 'funders = "eu"', "“funders” is unknown"),
        ("programme.toml", 'name = "SETS"', "name = SETS", "programme.toml, line 2: this is not TOML"),
        ("questions.toml", 'type = "choice"', 'type = "colour"', "the type “colour” is unknown"),
        ("questions.toml", 'label.fr = "Jamais"\n', "", "“label.fr” is missing"),
        ("questions.toml", 'key = "tried"', 'key = "never"', "the key “never” is there twice"),
        ("questions.toml", 'training = "art', 'training = "fart', "there is no training “fartificial-intelligence”"),
    ],
)  # fmt: skip
def test_what_is_incomplete_or_unknown_is_refused_with_its_file_and_line(
    catalogue, runner, folder, file, before, after, said
):
    change(folder / file, before, after)
    earlier = version()
    result = runner.invoke(args=["catalogue", "load", str(folder)])
    assert result.exit_code == 1
    assert said in result.output, result.output
    assert file.rpartition("/")[2] in result.output
    assert version() == earlier


def test_every_fault_of_a_folder_is_told_at_once(app, folder):
    (folder / "trainings/social-economy/es.md").unlink()
    (folder / "pages/news").mkdir()
    (folder / "pages/about/pt.md").write_text("---\n---\n")
    change(folder / "pages/contact/en.md", "lead: A question", "lede: A question")
    with pytest.raises(CatalogueRefused) as refusal:
        load_catalogue(folder)
    told = str(refusal.value)
    for part in ("social-economy/es.md: the file is missing", "pages/news: this is not expected", "about/pt.md",
                 "the field “lead” is missing", "the field “lede” is unknown"):  # fmt: skip
        assert part in told, told
    assert count(Training) == 0


def test_a_file_that_is_not_utf8_is_refused_where_it_goes_wrong(app, folder):
    path = folder / "pages/about/fr.md"
    path.write_bytes("---\ntitle: à propos\n".encode("latin-1"))
    with pytest.raises(CatalogueRefused, match=r"about/fr\.md, line 2: the file is not written in UTF-8"):
        load_catalogue(folder)


def test_questions_keep_their_ids_and_each_change_is_a_new_version(catalogue, folder):
    question = db.session.scalar(select(Question).where(Question.key == "ai_use"))
    ids = {option.key: option.id for option in question.options}
    change(folder / "questions.toml", 'label.en = "Now and then"', 'label.en = "Sometimes"')
    load_catalogue(folder)
    again = db.session.scalar(select(Question).where(Question.key == "ai_use"))
    assert again.id == question.id
    assert {option.key: option.id for option in again.options} == ids
    query = (
        select(FormVersion)
        .where(FormVersion.training_id == question.training_id)
        .order_by(FormVersion.number)
    )
    past, live = db.session.scalars(query)
    assert (past.number, past.state, live.number, live.state) == (1, "past", 2, "live")
    labels = {option["id"]: option["label"]["en"] for option in live.content["questions"][0]["options"]}
    assert labels[ids["now_and_then"]] == "Sometimes"


def test_a_question_that_left_the_folder_is_retired_never_deleted(catalogue, folder):
    text = (folder / "questions.toml").read_text("utf-8")
    (folder / "questions.toml").write_text(text.rpartition("[[questions]]")[0], "utf-8")
    load_catalogue(folder)
    question = db.session.scalar(select(Question).where(Question.key == "ai_use"))
    assert question.retired_at is not None
    assert count(Option) == 9
    live = db.session.scalar(
        select(FormVersion).where(
            FormVersion.training_id == question.training_id, FormVersion.state == "live"
        )
    )
    assert live.content == {"questions": []}


def test_a_question_cannot_change_its_kind_under_its_answers(catalogue, folder):
    change(folder / "questions.toml", 'type = "long_text"', 'type = "short_text"')
    with pytest.raises(CatalogueRefused, match="“expectations” exists with another type"):
        load_catalogue(folder)
    assert db.session.scalar(select(Question.type).where(Question.key == "expectations")) == "long_text"


def test_another_programme_takes_the_place_of_ours(catalogue):
    load_catalogue(ACADEMY)
    assert slugs("published") == ["training-of-trainers"]
    assert current_programme().name == "Social Tech Academy"
    keys = set(db.session.execute(select(PageText.key, PageText.language)).tuples())
    assert ("about", "en") in keys
    assert ("about", "es") not in keys
    # A reader's rights are told in every language of the site.
    assert {("privacy", code) for code in LANGUAGES} <= keys


def change(path, before, after):
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), "utf-8")


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def slugs(state):
    db.session.expire_all()
    query = select(Training.slug).where(Training.state == state).order_by(Training.position)
    return list(db.session.scalars(query))


def version():
    return db.session.scalar(select(Installation.catalogue_version))
