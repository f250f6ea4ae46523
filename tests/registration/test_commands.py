"""What operators do with registrations on the command line."""

from __future__ import annotations

import csv
import stat

import pytest
from python_calamine import CalamineWorkbook

from sets.database import db
from sets.registration.models import Learner
from sets.staff.models import Activity
from tests import factories


@pytest.fixture
def target(tmp_path):
    return tmp_path / "registrations"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_registrations_are_written_into_a_file_that_only_its_owner_reads(app, runner, target, ending):
    factories.registration(person=factories.learner("zoe@example.org", last_name="Œuvrard"))
    path = target.with_suffix(f".{ending}")
    result = runner.invoke(args=["registrations", "export", str(path), "--language", "fr"])
    assert result.exit_code == 0, result.output
    if ending == "csv":
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))
    else:
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert any("Œuvrard" in row and "zoe@example.org" in row for row in rows)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert db.session.query(Activity).filter_by(verb="export_file").one().rows == 1


def test_only_what_is_asked_for_is_exported(app, runner, target):
    kept, left = factories.registration(), factories.registration()
    path = target.with_suffix(".csv")
    result = runner.invoke(args=["registrations", "export", str(path), "--session", kept.session.public_id])
    assert result.exit_code == 0, result.output
    assert kept.learner.email in path.read_text("utf-8-sig")
    assert left.learner.email not in path.read_text("utf-8-sig")


def test_a_file_of_another_kind_is_refused_in_a_sentence(app, runner, target):
    result = runner.invoke(args=["registrations", "export", str(target.with_suffix(".ods"))])
    assert result.exit_code == 2
    assert "Give the file an ending: .xlsx or .csv." in result.output


def test_a_person_is_erased_by_address(app, runner):
    factories.registration(person=factories.learner("gone@example.org"))
    stays = factories.learner("stays@example.org")
    result = runner.invoke(args=["registrations", "erase", "GONE@example.org", "--yes"])
    assert result.exit_code == 0, result.output
    assert [person.email for person in db.session.query(Learner)] == [stays.email]
