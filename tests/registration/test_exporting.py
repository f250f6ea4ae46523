"""Exports that are made once: their kinds, what is new since the last, the background, their end."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from sets import clock as time
from sets.database import db, transaction
from sets.registration import erasure, exporting
from sets.registration.applying import Actor
from sets.registration.columns import choose_columns
from sets.registration.export_kinds import KINDS
from sets.registration.export_models import ExportFile
from sets.registration.exporting import Order
from sets.registration.listing import Filter
from sets.registration.models import Consent, Learner, Registration, TextVersion
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.questionnaires.asking import a_question, a_version
from tests.staff.signing import make_account, sign_in

EXPORTS = "/staff/exports"
EVERYONE = Filter()


def made(
    account: Any, kind: str = "full", file_format: str = "xlsx", wanted: Filter = EVERYONE, **more: Any
) -> ExportFile:
    """Ask for an export, make it at once, and return its row."""
    order = Order(kind, file_format, wanted, account.id, "en", "Europe/Paris", **more)
    public_id = exporting.request_export(order)
    assert exporting.make_export(public_id)
    return row_of(public_id)


def row_of(public_id: str) -> ExportFile:
    db.session.rollback()
    return db.session.scalars(select(ExportFile).where(ExportFile.public_id == public_id)).one()


def sheets(row: ExportFile) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(exporting.path_of(row))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def rows(row: ExportFile) -> list[dict[str, Any]]:
    """Return the rows of the first sheet by heading."""
    heading, *found = next(iter(sheets(row).values()))
    return [dict(zip(heading, one, strict=True)) for one in found]


def last_activity() -> Activity:
    return db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()


def everything(row: ExportFile) -> str:
    return str(sheets(row))


@pytest.fixture
def me(app: Any) -> Any:
    return make_account("organiser")


@pytest.mark.parametrize("kind", [kind.key for kind in KINDS.values() if kind.shape])
@pytest.mark.parametrize("file_format", ["xlsx", "csv"])
def test_letters_numbers_and_signs_arrive_in_every_kind(me, kind, file_format):
    question = a_question("where", "choice", options=("=HYPERLINK(1)", "çœñ"))
    a_version(question)
    person = factories.learner(
        "zoe@example.org", first_name="=HYPERLINK(1)", last_name="Œçñ", organisation="+33 6"
    )
    factories.registration(
        factories.training_session(), person, answers={str(question.id): question.options[0].id}
    )
    row = made(me, kind, file_format)
    if file_format == "csv":
        lines = exporting.path_of(row).read_text("utf-8-sig")
        cells = [cell for line in csv.reader(io.StringIO(lines), delimiter=";") for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    else:
        assert all(not str(cell).startswith("#") for line in rows(row) for cell in line.values())
    text = lines if file_format == "csv" else everything(row)
    assert ("Œçñ" in text) == (kind != "funder")
    assert "=HYPERLINK(1)" in text


def test_a_contact_list_has_how_to_reach_people_and_nothing_they_answered(me):
    question = a_question("wish")
    a_version(question)
    person = factories.learner("zoe@example.org", last_name="Roe")
    factories.registration(factories.training_session(), person, answers={str(question.id): "Secret"})
    with transaction() as session:
        notice = TextVersion(kind="news", number=1, language="fr", body="…", from_at=time.now())
        session.add(notice)
        session.flush()
        session.add(
            Consent(learner_id=person.id, kind="news", text_version_id=notice.id, given_at=time.now())
        )
    found = rows(made(me, "contacts"))[0]
    assert (found["E-mail"], found["Last name"], found["Wants news"]) == ("zoe@example.org", "Roe", "Yes")
    assert "Secret" not in str(found)
    assert "Reference" not in found


def test_the_funder_learns_nothing_by_which_a_person_is_known(me):
    questions = a_question("wish"), a_question("level", "choice", options=("new", "old"))
    a_version(*questions)
    person = factories.learner(
        "zoe@example.org", first_name="Zoé", last_name="Roe", organisation="Tilleuls", role="Formatrice"
    )
    answers = {str(questions[0].id): "Secret", str(questions[1].id): questions[1].options[0].id}
    one = factories.registration(factories.training_session(), person, answers=answers)
    two = factories.registration(factories.training_session(), person, answers=answers)
    other = factories.registration(factories.training_session())
    row = made(me, "funder", family="The fund")
    found, whole = rows(row), everything(row)
    for secret in ("zoe@", "Zoé", "Roe", "Tilleuls", "Formatrice", "Secret", person.public_id, one.public_id,
                   two.public_id, other.public_id):  # fmt: skip
        assert secret not in whole
    assert len({line["Person"] for line in found}) == 2
    assert len({line["Registration"] for line in found}) == 3
    assert all(re.fullmatch(r"\d{4}-\d\d", line["Received (month)"]) for line in found)
    assert "Left out" in whole


def test_a_pseudonym_lasts_for_one_recipient_and_differs_for_another(me):
    factories.registration()
    first, again, other = (
        rows(made(me, "funder", family=family))[0]["Person"]
        for family in ("The fund", " the  FUND", "Another")
    )
    assert first == again != other


def test_the_key_of_pseudonyms_is_nobody_elses_to_read(me, app):
    made(me, "funder")
    assert (Path(app.instance_path) / "pseudonyms.key").stat().st_mode & 0o777 == 0o600
    assert exporting.path_of(row_of(made(me).public_id)).parent.stat().st_mode & 0o777 == 0o700


def test_several_choices_are_also_ones_and_noughts_by_reference(me):
    question = a_question("tools", "choices", options=("mail", "maps", "calls"))
    a_version(question)
    options = {option.key: option.id for option in question.options}
    session = factories.training_session()
    chosen = factories.registration(
        session, answers={str(question.id): [options["mail"], options["calls"]]}, created_at=time.now()
    )
    factories.registration(session)
    heading, *lines = sheets(made(me))["Choices"]
    assert lines == [[chosen.public_id, 1.0, 0.0, 1.0]]
    assert heading[0] == "Reference"
    keys = [line[0] for line in sheets(made(me))["Columns"]]
    assert keys[-3:] == ["q_tools__mail", "q_tools__maps", "q_tools__calls"]


def test_a_retired_question_says_so_in_its_heading(me):
    question = a_question("tools", "choices", options=("mail", "maps"))
    a_version(question)
    factories.registration(answers={str(question.id): [question.options[0].id]})
    with transaction():
        db.session.get_one(type(question), question.id).retired_at = time.now()
    found = sheets(made(me))
    assert any(str(cell).endswith("(retired)") for cell in found["Registrations"][0])
    assert all(str(cell).endswith("(retired)") for cell in found["Choices"][0][1:])


def test_what_is_new_or_changed_counts_from_the_last_one_that_was_fetched(me, clock):
    first = factories.registration()
    clock.shift(timedelta(hours=1))
    row = made(me, is_new_only=True)
    assert len(rows(row)) == 1
    clock.shift(timedelta(hours=1))
    second = factories.registration()
    # The first was never fetched: nothing of it may be lost.
    assert len(rows(made(me, is_new_only=True))) == 2
    exporting.note_fetched(row.public_id, me.id)
    found = rows(made(me, is_new_only=True))
    assert [(line["Reference"], line["New or changed"]) for line in found] == [(second.public_id, "New")]
    assert {line["Reference"] for line in rows(made(me))} == {first.public_id, second.public_id}


@pytest.mark.parametrize("change", ["person", "registration", "news", "nothing", "door"])
def test_a_change_of_the_person_or_the_registration_counts(me, clock, change):
    made_before = factories.registration()
    clock.shift(timedelta(hours=1))
    row = made(me, is_new_only=True)
    exporting.note_fetched(row.public_id, me.id)
    clock.shift(timedelta(hours=1))
    with transaction() as session:
        if change == "person":
            session.get_one(Learner, made_before.learner_id).organisation = "Elsewhere"
        if change == "registration":
            session.get_one(Registration, made_before.id).answers = {"1": "x"}
        if change == "news":
            notice = TextVersion(kind="news", number=1, language="fr", body="…", from_at=time.now())
            session.add(notice)
            session.flush()
            wish = {"learner_id": made_before.learner_id, "kind": "news", "text_version_id": notice.id}
            session.add(Consent(**wish, given_at=time.now()))
        if change == "door":
            from sets.registration import steps

            steps.prove(made_before.learner_id or 0)
    found = rows(made(me, is_new_only=True))
    assert [line["New or changed"] for line in found] == (
        ["Changed"] if change not in ("nothing", "door") else []
    )


def test_other_accounts_kinds_and_filters_have_a_last_one_of_their_own(me, clock):
    factories.registration()
    clock.shift(timedelta(hours=1))
    row = made(me, is_new_only=True)
    exporting.note_fetched(row.public_id, me.id)
    clock.shift(timedelta(hours=1))
    assert rows(made(me, is_new_only=True)) == []
    assert len(rows(made(make_account("organiser"), is_new_only=True))) == 1
    assert len(rows(made(me, "contacts", is_new_only=True))) == 1
    assert len(rows(made(me, wanted=Filter(status=("confirmed",)), is_new_only=True))) == 1


def test_each_export_is_logged_with_its_filter_and_the_rows_that_were_written(me):
    factories.registration(factories.training_session())
    factories.registration(factories.training_session(), status="cancelled")
    made(me, "contacts", wanted=Filter(status=("cancelled",)))
    line = last_activity()
    assert (line.verb, line.rows, line.actor_id) == ("export_made_contacts", 1, me.id)
    assert line.filter == {"status": "cancelled"}


def test_an_erasure_ends_every_file_and_has_those_being_made_begin_anew(me):
    person = factories.learner("zoe@example.org", last_name="Roe")
    factories.registration(factories.training_session(), person)
    row = made(me, wanted=Filter(q="roe"))
    path = exporting.path_of(row)
    assert path.exists()
    moving = exporting.request_export(Order("full", "csv", Filter(), me.id, "en", "Europe/Paris"))
    claim = exporting._claimed(ExportFile.public_id == moving)
    erasure.erase_learner(person.public_id, actor=Actor("staff"))
    assert not path.exists()
    assert (row_of(row.public_id).state, row_of(row.public_id).wanted) == ("ended", {})
    assert row_of(moving).state == "waiting"
    assert not exporting._make(claim or "")
    assert exporting.make_due() == 1
    assert "Roe" not in exporting.path_of(row_of(moving)).read_text("utf-8-sig")


def test_a_person_erased_while_rows_are_written_is_in_no_file(me, monkeypatch):
    person = factories.learner("zoe@example.org", last_name="Roe")
    factories.registration(factories.training_session(), person)
    order = Order("full", "csv", Filter(), me.id, "en", "Europe/Paris")
    public_id = exporting.request_export(order)
    written = exporting._write

    def slow(*args):
        count = written(*args)
        erasure.erase_learner(person.public_id, actor=Actor("staff"))
        return count

    monkeypatch.setattr(exporting, "_write", slow)
    assert not exporting.make_export(public_id)
    monkeypatch.setattr(exporting, "_write", written)
    folder = Path(exporting.path_of(row_of(public_id))).parent
    assert list(folder.iterdir()) == []
    assert exporting.make_due() == 1
    assert "Roe" not in exporting.path_of(row_of(public_id)).read_text("utf-8-sig")


def test_files_end_after_a_day_and_what_nobody_owns_is_swept(me, clock):
    row = made(me)
    path = exporting.path_of(row)
    clock.shift(timedelta(hours=23))
    assert exporting.forget_exports() == 0
    assert path.exists()
    stray = path.with_name("stray.xlsx")
    stray.write_bytes(b"x")
    clock.shift(timedelta(hours=1, minutes=1))
    assert exporting.forget_exports() == 1
    assert not path.exists()
    clock.move_to(datetime(2099, 1, 1, tzinfo=time.now().tzinfo))
    exporting.forget_exports()
    assert not stray.exists()
    assert db.session.scalars(select(ExportFile)).all() == []


def test_an_export_whose_worker_is_gone_is_made_again_and_given_up_after_three(me, clock):
    public_id = exporting.request_export(Order("full", "csv", Filter(), me.id, "en", "Europe/Paris"))
    first = exporting._claimed(ExportFile.public_id == public_id)
    assert first
    assert exporting.make_due() == 0
    clock.shift(exporting.LEASE + timedelta(seconds=1))
    assert exporting.make_due() == 1
    assert row_of(public_id).state == "ready"
    assert not exporting._make(first)

    other = exporting.request_export(Order("full", "csv", Filter(), me.id, "en", "Europe/Paris"))
    for _ in range(exporting.ATTEMPTS):
        assert exporting._claimed(ExportFile.public_id == other)
        clock.shift(exporting.LEASE + timedelta(seconds=1))
    assert exporting.make_due() == 0
    assert row_of(other).state == "failed"


# ------------------------------------------------------------------------------------------------------ pages


def test_a_small_export_is_made_at_once_and_fetched(client):
    made_here = factories.registration(status="confirmed", session=factories.training_session())
    factories.registration(factories.training_session(), status="cancelled")
    sign_in(client, "coordinator")
    page = visit(client, "/staff/exports/new?status=confirmed")
    assert "1 registration" in page.text
    shown = submit(page, form="table-form", kind="full", format="csv")
    assert "Ready" in shown.text
    answer = client.get(shown.link("Download the file"))
    assert answer.mimetype == "text/csv"
    assert made_here.public_id in answer.get_data(as_text=True)
    assert len(answer.get_data(as_text=True).splitlines()) == 2
    assert "State: Place confirmed" in visit(client, EXPORTS).text


def test_the_columns_of_ones_list_can_be_those_of_the_export(client):
    question = a_question("tools", "choices", options=("mail", "maps"))
    a_version(question)
    answers = {str(question.id): [question.options[0].id]}
    factories.registration(factories.training_session(), answers=answers)
    account = sign_in(client, "organiser")
    choose_columns(["session", "country"], account_id=account.id)
    submit(visit(client, "/staff/exports/new"), form="table-form", columns="list")
    row = db.session.scalars(select(ExportFile)).one()
    assert set(rows(row)[0]) == {
        "Last name", "First name", "Session in", "First meeting", "Country", "Reference"
    }  # fmt: skip
    choose_columns(["country", "q_tools"], account_id=account.id)
    submit(visit(client, "/staff/exports/new"), form="table-form", columns="list")
    second = db.session.scalars(select(ExportFile).order_by(ExportFile.id.desc()).limit(1)).one()
    assert list(sheets(second)) == ["Registrations", "Choices", "Columns"]


def test_a_large_one_waits_for_the_worker_and_tells_how_far_it_is(client, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    for _ in range(2):
        factories.registration()
    sign_in(client, "organiser")
    shown = submit(visit(client, "/staff/exports/new"), form="table-form")
    assert "Waits its turn" in shown.text
    public_id = db.session.scalars(select(ExportFile.public_id)).one()
    assert client.get(f"{EXPORTS}/{public_id}/file").status_code == 303
    claim = exporting._claimed(ExportFile.public_id == public_id)
    exporting._note(claim or "", rows_done=1, rows_total=2)
    assert "1 of 2 rows" in visit(client, f"{EXPORTS}/{public_id}").text
    assert exporting._make(claim or "")
    assert "Download the file" in visit(client, f"{EXPORTS}/{public_id}").text


def test_a_coordinator_makes_and_fetches_no_pseudonymised_export(client):
    factories.registration()
    row = made(make_account("organiser"), "funder")
    sign_in(client, "coordinator")
    assert "pseudonym" not in visit(client, "/staff/exports/new").text
    assert client.get(f"{EXPORTS}/{row.public_id}/file").status_code == 403
    assert f"{row.public_id}/file" not in visit(client, EXPORTS).text


def test_what_a_colleague_fetches_is_in_the_log(client):
    factories.registration()
    row = made(make_account("organiser"))
    mine = sign_in(client, "coordinator")
    assert client.get(f"{EXPORTS}/{row.public_id}/file").status_code == 200
    line = last_activity()
    assert (line.verb, line.actor_id) == ("export_fetched", mine.id)
    assert row_of(row.public_id).fetched_at is None


def test_a_file_is_removed_by_one_press(client):
    factories.registration()
    row = made(sign_in(client, "organiser"))
    path = exporting.path_of(row)
    page = visit(client, f"{EXPORTS}/{row.public_id}")
    submit(page, form="/end")
    assert not path.exists()
    assert client.get(f"{EXPORTS}/{row.public_id}/file").status_code == 303
