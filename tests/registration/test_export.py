"""The export of what a filter shows: what stands in a CSV and in a spreadsheet that a French Excel opens."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from sets.database import db, transaction
from sets.languages import speaking
from sets.questionnaires.models import FormVersion
from sets.registration import export, export_files
from sets.registration.listing import Filter, list_page
from sets.registration.models import Learner
from tests import factories
from tests.questionnaires.asking import a_question, a_version
from tests.staff.signing import sign_in

PARIS = "Europe/Paris"


@pytest.fixture(autouse=True)
def site(app: Any) -> Any:
    return app


def csv_rows(wanted: Filter = Filter(), *, language: str = "fr", zone: str = PARIS) -> list[dict[str, str]]:  # noqa: B008
    with speaking(language):
        content = b"".join(export_files.csv_lines(export.prepare(wanted, zone)))
    assert content.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";")
    keys = export.prepare(wanted, zone).keys
    assert len(heading) == len(keys)
    return [dict(zip(keys, row, strict=True)) for row in rows]


def spreadsheet(path: Path, wanted: Filter = Filter(), *, language: str = "fr", zone: str = PARIS) -> Any:  # noqa: B008
    with speaking(language):
        export_files.write_xlsx(export.prepare(wanted, zone), path / "export.xlsx")
    return CalamineWorkbook.from_path(path / "export.xlsx")


def xlsx_rows(path: Path, wanted: Filter = Filter(), **options: Any) -> list[dict[str, Any]]:  # noqa: B008
    _heading, *rows = spreadsheet(path, wanted, **options).get_sheet_by_index(0).to_python()
    keys = export.prepare(wanted, PARIS).keys
    return [dict(zip(keys, row, strict=True)) for row in rows]


def both(path: Path, wanted: Filter = Filter()) -> list[list[dict[str, Any]]]:  # noqa: B008
    return [csv_rows(wanted), xlsx_rows(path, wanted)]


def test_letters_numbers_and_signs_arrive_as_they_were_typed(tmp_path):
    session = factories.training_session()
    person = factories.learner(
        "zoe@example.org", first_name="Çédille", last_name="Œuvré-Muñoz", role="0612345678"
    )
    factories.registration(session, person)
    for rows in both(tmp_path):
        assert (rows[0]["first_name"], rows[0]["last_name"]) == ("Çédille", "Œuvré-Muñoz")
        assert rows[0]["role"] == "0612345678"
        assert rows[0]["email"] == "zoe@example.org"


@pytest.mark.parametrize(
    "typed",
    [
        '=HYPERLINK("https://example.org";"x")', "+33 6 12 34 56 78", "-1", "@sum", "＝1+1", "  =1+1",
        "\u00a0=1+1", "\t=1",
    ],
)  # fmt: skip
def test_what_looks_like_a_formula_is_text_in_both_files(tmp_path, typed):
    person = factories.learner(organisation=typed)
    factories.registration(factories.training_session(), person)
    assert csv_rows()[0]["organisation"] == f"'{typed}"
    assert xlsx_rows(tmp_path)[0]["organisation"] == typed
    sheet = zipfile.ZipFile(tmp_path / "export.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet


def test_hours_are_on_the_organisers_clock_on_both_sides_of_a_clock_change(tmp_path):
    session = factories.training_session()
    for hour in (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)):
        factories.registration(session, created_at=hour, status_at=hour)
    wanted = Filter(sort="received")
    assert [row["received_at"] for row in csv_rows(wanted)] == ["2026-03-29 01:30", "2026-03-29 03:30"]
    assert [row["received_at"] for row in csv_rows(wanted, zone="Europe/Athens")] == [
        "2026-03-29 02:30",
        "2026-03-29 04:30",
    ]
    found = [row["received_at"] for row in xlsx_rows(tmp_path, wanted)]
    assert found == [datetime(2026, 3, 29, 1, 30), datetime(2026, 3, 29, 3, 30)]


def test_several_choices_are_one_readable_cell_whatever_the_language_of_the_form(tmp_path):
    question = a_question("tools", "choices", options=("mail", "maps", "calls"))
    a_version(question)
    options = {option.key: option.id for option in question.options}
    session = factories.training_session()
    answers = {str(question.id): [options["mail"], options["calls"]]}
    for language in ("fr", "it"):
        factories.registration(session, factories.learner(language=language), answers=answers)
    for rows in both(tmp_path):
        assert {row["q_tools"] for row in rows} == {"mail (fr); calls (fr)"}


def test_general_answers_stand_beside_those_of_the_training(tmp_path):
    general, special = a_question("phone"), a_question("level", "yes_no")
    a_version(general, special)
    person = factories.learner(answers={str(general.id): "06 12\n34"})
    factories.registration(factories.training_session(), person, answers={str(special.id): False})
    for rows in both(tmp_path):
        assert rows[0]["q_phone"] == "06 12 34"
        assert rows[0]["q_level"] not in ("", None)


def test_a_retired_question_keeps_its_column_and_its_answers(tmp_path):
    old, new = a_question("old"), a_question("new")
    a_version(old)
    factories.registration(factories.training_session(), answers={str(old.id): "Avant"})
    before = export.prepare(Filter(), PARIS).keys
    a_version(new, number=2)
    with transaction():
        db.session.get_one(type(old), old.id).retired_at = datetime(2026, 3, 2, tzinfo=UTC)
    after = export.prepare(Filter(), PARIS).keys
    assert after[: len(before)] == before
    assert csv_rows()[0]["q_old"] == "Avant"
    assert db.session.query(FormVersion).count() == 2


def test_headings_speak_the_organisers_language_and_keys_stay(tmp_path):
    factories.registration()
    french = spreadsheet(tmp_path, language="fr").get_sheet_by_index(0).to_python()[0]
    italian = spreadsheet(tmp_path, language="it").get_sheet_by_index(0).to_python()[0]
    assert french != italian
    book = zipfile.ZipFile(tmp_path / "export.xlsx").read("xl/workbook.xml").decode()
    assert 'name="col_email"' in book
    second = spreadsheet(tmp_path).get_sheet_by_index(1).to_python()
    keys = [row[0] for row in second]
    assert keys[-len(export.COLUMNS) :] == [column.key for column in export.COLUMNS]


def test_a_person_who_was_erased_leaves_a_row_without_a_person(tmp_path):
    made = factories.registration()
    with transaction() as session:
        session.delete(session.get_one(Learner, made.learner_id))
    for rows in both(tmp_path):
        assert [rows[0][name] or "" for name in ("last_name", "email", "mail_language", "news")] == [""] * 4
        assert rows[0]["reference"] == made.public_id


@pytest.mark.parametrize("query", [
    {}, {"status": "cancelled"}, {"language": "it"}, {"q": "lefevre"}, {"q": "zoé lef"}, {"sort": "name"},
    {"sort": "received"}, {"training": "nothing"}, {"q": "nobody"},
])  # fmt: skip
def test_the_filter_on_screen_is_the_filter_of_the_export(query, tmp_path):
    session = factories.training_session()
    for number in range(12):
        person = factories.learner(language=("fr", "it")[number % 2], last_name=f"Lefèvre{number:02}")
        status = ("confirmed", "cancelled")[number % 3 == 0]
        moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=number)
        factories.registration(session, person, status=status, created_at=moment)
    wanted = Filter.from_query(query)
    shown = [registration.public_id for registration, _learner in list_page(wanted, 1)]
    assert [row["reference"] for row in csv_rows(wanted)] == shown
    assert [row["reference"] for row in xlsx_rows(tmp_path, wanted)] == shown


def test_the_two_files_come_from_the_list_and_leave_a_trace(client):
    made = factories.registration()
    sign_in(client, "organiser")
    answer = client.get("/staff/registrations.csv?status=confirmed")
    assert answer.mimetype == "text/csv"
    assert made.public_id in answer.get_data(as_text=True)
    answer = client.get("/staff/registrations.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    assert len(book.get_sheet_by_index(0).to_python()) == 2
    assert not list((Path(client.application.instance_path) / "exports").iterdir())
