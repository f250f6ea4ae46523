"""What the team edits on pages goes out as files, comes in elsewhere as it was, and is never loaded over unseen."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from sets.catalogue.models import BegunText, LoadedFile, PageText, Training, TrainingState, TrainingText
from sets.catalogue.reading import OURS, CatalogueRefused, read_folder
from sets.catalogue.trainings import add_training, move_training, retire_training
from sets.database import db, transaction
from sets.pages.loading import export_catalogue, load_catalogue, remember_loaded
from tests.pages import submit, visit
from tests.staff.signing import sign_in

TEXTS = "/staff/trainings/social-economy/texts"


@pytest.fixture
def organiser(catalogue, client):
    sign_in(client, "organiser")
    return client


@pytest.fixture
def folder(tmp_path):
    """A copy of our own catalogue, to be changed."""
    return Path(shutil.copytree(OURS, tmp_path / "catalogue"))


def written(root):
    return {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}


def edit(client, path=TEXTS, **values):
    return submit(visit(client, path), **(values or {"lead--it": "Parti da qui, oggi."}), button="Save")


def forget_everything():
    """Empty the catalogue as if this were another site."""
    db.session.rollback()
    with transaction() as session:
        for table in (TrainingText, BegunText, PageText, LoadedFile):
            session.execute(delete(table))


def test_what_is_edited_goes_out_and_the_rest_stays_byte_for_byte(organiser, tmp_path):
    edit(organiser)
    edit(organiser, "/staff/pages/legal/texts", **{"title--es": "Aviso"})
    with transaction():
        db.session.scalar(
            select(Training).where(Training.slug == "social-economy")
        ).reply_to = "eco@example.org"
    move_training("social-economy", by=1)
    out = tmp_path / "out"
    export_catalogue(out)
    before, after = written(OURS), written(out)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"trainings/social-economy/it.md", "pages/legal/es.md", "programme.toml"}
    assert set(after) == set(before)
    assert b"lead: Parti da qui, oggi.\n" in after["trainings/social-economy/it.md"]
    assert b'reply_to = "eco@example.org"' in after["programme.toml"]
    forget_everything()
    load_catalogue(out)
    again = tmp_path / "again"
    export_catalogue(again)
    assert written(again) == after


def test_a_general_page_that_the_team_made_its_own_goes_out_in_every_language(organiser, tmp_path):
    edit(organiser, "/staff/pages/privacy/texts", **{"title--it": "I dati"})
    export_catalogue(tmp_path / "out")
    assert {f"pages/privacy/{code}.md" for code in ("fr", "en", "es", "it")} <= set(written(tmp_path / "out"))
    assert not read_folder(tmp_path / "out").general.get("privacy")


def test_a_training_that_lacks_a_language_says_so_in_its_file(organiser, tmp_path):
    with transaction() as session:
        training = session.scalar(select(Training).where(Training.slug == "social-economy"))
        del training.texts["it"]
    export_catalogue(tmp_path / "out")
    assert 'texts_in = ["fr", "en", "es"]' in (tmp_path / "out" / "programme.toml").read_text("utf-8")
    load_catalogue(tmp_path / "out", replace=True)
    assert set(db.session.scalar(select(Training).where(Training.slug == "social-economy")).texts) == {
        "fr",
        "en",
        "es",
    }


def test_drafts_and_retired_trainings_stay_at_home(organiser, tmp_path):
    add_training("soon", hours=3, position=1)
    retire_training("artificial-intelligence")
    export_catalogue(tmp_path / "out")
    text = (tmp_path / "out" / "programme.toml").read_text("utf-8")
    assert "soon" not in text
    assert "artificial-intelligence" not in text
    assert "artificial-intelligence" not in (tmp_path / "out" / "questions.toml").read_text("utf-8")
    load_catalogue(tmp_path / "out")
    states = dict(db.session.execute(select(Training.slug, Training.state)).tuples().all())
    assert states["soon"] == TrainingState.DRAFT


def test_a_load_never_takes_the_place_of_what_the_team_wrote(organiser, runner):
    edit(organiser)
    result = runner.invoke(args=["catalogue", "load"])
    assert result.exit_code == 1
    assert "trainings/social-economy/it.md: the team changed this on the site" in result.output
    assert "social-economy/fr.md" not in result.output
    with pytest.raises(CatalogueRefused):
        load_catalogue()
    db.session.rollback()
    training = db.session.scalar(select(Training).where(Training.slug == "social-economy"))
    assert training.texts["it"].fields["lead"] == "Parti da qui, oggi."
    assert runner.invoke(args=["catalogue", "load", "--replace"]).exit_code == 0
    db.session.expire_all()
    assert training.texts["it"].fields["lead"] != "Parti da qui, oggi."
    # What was replaced can still be brought back, and the next load is no news.
    assert "Version 2" in visit(organiser, f"{TEXTS}/versions").text
    assert "nothing changed" in runner.invoke(args=["catalogue", "load"]).output


def test_order_hours_and_retirement_are_the_teams_work_too(organiser, runner):
    move_training("social-economy", by=1)
    result = runner.invoke(args=["catalogue", "load"])
    assert "programme.toml: the team changed this on the site" in result.output
    runner.invoke(args=["catalogue", "load", "--replace"])
    retire_training("social-economy")
    result = runner.invoke(args=["catalogue", "load"])
    assert (result.exit_code, "trainings/social-economy/fr.md: the team changed" in result.output) == (
        1,
        True,
    )


def test_a_load_that_says_what_the_team_says_or_touches_other_files_goes_through(organiser, folder):
    edit(organiser)
    path = folder / "trainings/social-economy/en.md"
    path.write_text(
        path.read_text("utf-8").replace("short_title: Social economy", "short_title: The economy"), "utf-8"
    )
    with pytest.raises(CatalogueRefused) as refusal:
        load_catalogue(folder)
    assert [sentence.partition(":")[0] for sentence in refusal.value.sentences] == [
        "trainings/social-economy/it.md"
    ]
    own = folder / "trainings/social-economy/it.md"
    lead = next(line for line in own.read_text("utf-8").splitlines() if line.startswith("lead:"))
    own.write_text(own.read_text("utf-8").replace(lead, "lead: Parti da qui, oggi."), "utf-8")
    assert load_catalogue(folder).changed
    assert not load_catalogue(folder).changed


def test_a_site_that_was_loaded_before_there_was_this_rule_learns_it_at_its_start(organiser):
    with transaction() as session:
        session.execute(delete(LoadedFile))
    remember_loaded()
    edit(organiser)
    with pytest.raises(CatalogueRefused):
        load_catalogue()
