from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from sets import clock
from sets.database import db, transaction
from sets.staff.activity import forget_old_activity, record_activity
from sets.staff.models import Activity
from tests import factories
from tests.pages import visit
from tests.staff.signing import post, sign_in


def note(count: int, **values):
    with transaction():
        for _number in range(count):
            record_activity("mail_sent_again", rows=3, **values)


def test_the_log_is_written_inside_a_transaction_only(app):
    with pytest.raises(RuntimeError):
        record_activity("mail_sent_again")


def test_what_is_undone_is_not_noted(app):
    def fail():
        with transaction():
            record_activity("mail_sent_again")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert db.session.scalars(select(Activity)).all() == []


def test_lines_are_neither_changed_nor_deleted(app):
    note(1)
    for statement in (update(Activity).values(verb="nothing"), delete(Activity)):
        with pytest.raises(DatabaseError), transaction() as session:
            session.execute(statement)
    assert db.session.scalar(select(Activity.verb)) == "mail_sent_again"


def test_lines_are_forgotten_after_a_year(app):
    note(2)
    with time_machine.travel(clock.now() - timedelta(days=367)):
        note(3)
    assert [forget_old_activity(), forget_old_activity()] == [3, 0]
    assert len(db.session.scalars(select(Activity)).all()) == 2


def test_the_page_names_who_did_what_to_how_many(client):
    member = sign_in(client, "administrator", name="Claire Morel")
    note(1, account_id=member.id, subject_type="account", subject_id=member.id, filter={"role": "organiser"})
    page = visit(client, "/staff/activity")
    row = " ".join("".join(page.all("tr")[1].itertext()).split())
    for words in ("Claire Morel", "Sent messages again", member.email, "Organiser", "3"):
        assert words in row


def test_the_page_filters_by_person_and_by_verb(client):
    member = sign_in(client, "administrator")
    note(2)
    assert len(visit(client, "/staff/activity").all("tr")) == 1 + 3
    assert len(visit(client, f"/staff/activity?who={member.id}").all("tr")) == 1 + 1
    assert len(visit(client, "/staff/activity?who=operator").all("tr")) == 1 + 2
    assert len(visit(client, "/staff/activity?verb=signed_in").all("tr")) == 1 + 1
    assert len(visit(client, "/staff/activity?who=nobody&verb=nothing&before=-3").all("tr")) == 1 + 3


def test_the_page_goes_back_in_steps(client):
    sign_in(client, "administrator")
    note(101)
    page = visit(client, "/staff/activity?verb=mail_sent_again")
    assert len(page.all("tr")) == 1 + 100
    earlier = page.click("Earlier")
    assert len(earlier.all("tr")) == 1 + 1
    assert "verb=mail_sent_again" in earlier.url


def test_a_name_that_changes_changes_in_the_log_too(client):
    member = sign_in(client, "administrator", name="Claire Morel")
    with transaction() as session:
        session.get(type(member), member.id).name = "Claire Dubois"
    page = visit(client, "/staff/activity")
    assert "Claire Dubois" in page.text
    assert "Claire Morel" not in page.text


def test_the_page_shows_the_days_that_are_asked_for_in_the_readers_zone(client, clock):
    sign_in(client, "administrator", time_zone="Pacific/Auckland")
    # 2 March, 22:00 in Auckland: thirteen hours ahead.
    note(1)
    clock.shift(timedelta(hours=3))
    note(2)
    path = "/staff/activity?verb=mail_sent_again"
    assert len(visit(client, f"{path}&until=2026-03-02").all("tr")) == 1 + 1
    assert len(visit(client, f"{path}&since=2026-03-03").all("tr")) == 1 + 2
    assert len(visit(client, f"{path}&since=2026-03-02&until=2026-03-03").all("tr")) == 1 + 3
    for nonsense in ("9999-12-31", "0001-01-01", "2026-02-30", "x"):
        assert client.get(f"/staff/activity?since={nonsense}&until={nonsense}").status_code == 200


def test_the_page_shows_what_was_done_to_one_subject(client):
    member = sign_in(client, "administrator")
    note(2, subject_type="account", subject_id=member.id)
    note(3, subject_type="account", subject_id=member.id + 1)
    page = visit(client, f"/staff/activity?type=account&id={member.id}&verb=mail_sent_again")
    assert len(page.all("tr")) == 1 + 2
    assert f"Only what was done to: {member.email}" in page.text
    for nonsense in ("9" * 40, "é", "x" * 500):
        assert client.get(f"/staff/activity?type=registration&id={nonsense}").status_code == 200


def test_a_registration_is_found_by_either_of_its_ids(client, catalogue):
    sign_in(client, "administrator")
    made = factories.registration()
    number, public_id = made.id, made.public_id
    note(1, subject_type="registration", subject_id=number)
    note(1, subject_type="registration", subject_id=public_id)
    for one in (number, public_id):
        assert len(visit(client, f"/staff/activity?type=registration&id={one}").all("tr")) == 1 + 2


def test_the_export_holds_what_the_filter_shows_and_is_noted_itself(client):
    member = sign_in(client, "administrator", name="=Claire()")
    note(2, account_id=member.id)
    note(600)
    answer = post(client, "/staff/activity/export", page="/staff/activity", verb="mail_sent_again")
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))
    assert lines[0][:3] == ["When (Paris time)", "Who", "What"]
    assert len(lines) == 1 + 602
    assert {line[1] for line in lines[1:]} == {"'=Claire()", "Operator, on the command line"}
    noted = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert (noted.verb, noted.rows, noted.filter) == ("activity_exported", 602, {"verb": "mail_sent_again"})


def test_nobody_but_an_administrator_exports_the_activity(client):
    sign_in(client, "organiser")
    assert post(client, "/staff/activity/export").status_code == 403


def test_the_export_is_a_spreadsheet_too_with_real_moments_and_the_zone_in_its_heading(client, tmp_path):
    member = sign_in(client, "administrator", name="=1+1", time_zone="Europe/Athens")
    note(2, account_id=member.id)
    answer = post(client, "/staff/activity/export", page="/staff/activity", format="xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "When (Athens time)"
    assert isinstance(rows[1][0], datetime)
    assert "=1+1" in rows[1]
    assert rows[1][7] == 3
    newest = db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()
    assert newest.verb == "activity_exported"
    assert newest.rows == len(rows) - 1


def test_a_filter_is_said_in_words(client):
    sign_in(client, "administrator")
    training = factories.training()
    note(
        1,
        filter={
            "status": "waiting, confirmed",
            "received_from": "2026-03-31",
            "training": training.slug,
            "q": "…",
            "chosen": "2",
        },
    )
    note(1, filter={"choice": "everybody"})
    note(1, filter={"verb": "signed_in", "since": "2026-03-31"})
    words = visit(client, "/staff/activity").text
    for part in (
        "State: On the waiting list",
        "Name or address: …",
        "2 chosen",
        "; Received from ",
        "Everybody",
        "What: Signed in",
        "31 March 2026",
    ):
        assert part in words
    for part in ("status:", "waiting,", "choice:", "signed_in", "Received from:"):
        assert part not in words
