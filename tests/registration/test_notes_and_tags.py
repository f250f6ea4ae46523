"""Notes and tags on a person's record, the vocabulary of tags, and walking from record to record of a list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db, transaction
from sets.registration import noting, tagging
from sets.registration.applying import Actor
from sets.registration.desk_models import LearnerNote, LearnerTag, Tag
from sets.registration.erasure import erase_learner
from sets.registration.keys import page_token
from sets.registration.models import Status
from sets.registration.personal import find_person, kept_about
from sets.registration.portrait import portrait_of
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def coordinator(client):
    sign_in(client, "coordinator")
    return client


def record(registration, query=""):
    return f"/staff/registrations/{registration.public_id}{query}"


def notes():
    db.session.rollback()
    return list(db.session.scalars(select(LearnerNote)))


def test_a_note_says_who_wrote_it_and_is_changed_by_them(coordinator):
    row = factories.registration()
    page = submit(visit(coordinator, record(row)), form="note", text="Arrives late.\nCalled on Monday.")
    assert "The note is on the record." in page.text
    assert "Arrives late." in page.text
    assert "Claire Morel" in page.text
    page = submit(page.click("Change"), text="Comes on time.")
    assert "Comes on time." in page.text
    assert "Arrives late." not in page.text
    assert [note.revision for note in notes()] == [2]


def test_an_empty_note_is_asked_for_again(coordinator):
    row = factories.registration()
    page = submit(visit(coordinator, record(row)), form="note", text=" ", status=422)
    assert "Write the note." in page.text
    assert notes() == []


def test_a_note_that_was_changed_meanwhile_is_shown_beside_ones_own(coordinator):
    row = factories.registration()
    page = submit(visit(coordinator, record(row)), form="note", text="First").click("Change")
    with transaction() as session:
        stored = session.scalars(select(LearnerNote)).one()
        stored.text, stored.revision = "In another window", 2
    page = submit(page, text="Mine", status=409)
    assert "In another window" in page.text
    assert page.value("text") == "Mine"
    assert "Mine" in submit(page).text


def test_a_deleted_note_is_taken_back_for_a_day_and_then_gone(clock, client):
    coordinator = sign_in(client, "coordinator") and client
    row = factories.registration()
    page = submit(visit(coordinator, record(row)), form="note", text="Oops")
    page = submit(page, form="/deletion")
    assert "Oops" not in page.text
    assert "Oops" in submit(page, form="/restoration").text
    submit(visit(coordinator, record(row)), form="/deletion")
    assert noting.forget_notes() == 0
    clock.move_to(now() + timedelta(days=1, minutes=1))
    assert noting.forget_notes() == 1
    assert notes() == []


def test_others_notes_are_theirs(app, client):
    row = factories.registration()
    sign_in(client, "organiser")
    submit(visit(client, record(row)), form="note", text="Of the organiser")
    note = notes()[0]
    other = app.test_client()
    sign_in(other, "coordinator")
    page = visit(other, record(row))
    assert "Of the organiser" in page.text
    assert not page.all("a", text="Change")
    visit(other, f"{record(row)}/notes/{note.public_id}/edit", status=403)
    with pytest.raises(noting.NoteRefused):
        noting.change_note(note.public_id, "x", revision=1, account_id=0)


def test_tags_are_given_found_in_the_list_and_taken_by_one_press(coordinator):
    row, other = factories.registration(), factories.registration()
    page = submit(visit(coordinator, record(row)), form="tag", name="  Press  list ")
    assert page.all("option", value="Press list")
    tag = db.session.scalars(select(Tag)).one()
    submit(visit(coordinator, record(other)), form="tag", name="PRESS LIST")
    assert len(db.session.scalars(select(LearnerTag)).all()) == 2
    page = visit(coordinator, "/staff/registrations/tags")
    page = page.click("2")
    assert "2 registrations" in page.text
    page = visit(coordinator, record(row))
    page = submit(page, form=f"tags/{tag.id}/removal")
    assert not page.all("button", class_="chip")


def test_the_vocabulary_is_renamed_and_cut_by_organisers(app, client):
    row = factories.registration()
    tagging.give_tag([row.public_id], "Press")
    tagging.give_tag([row.public_id], "Partner")
    sign_in(client, "organiser")
    page = visit(client, "/staff/registrations/tags")
    press = tagging.list_tags()[1].id
    page = submit(visit(client, f"/staff/registrations/tags/{press}/edit"), name="partner", status=422)
    assert "Another tag is called so." in page.text
    page = submit(page, name="Journalists")
    assert "Journalists" in page.text
    page = submit(visit(client, f"/staff/registrations/tags/{press}/deletion"))
    assert [tag.name for tag in tagging.list_tags()] == ["Partner"]
    other = app.test_client()
    sign_in(other, "coordinator")
    visit(other, f"/staff/registrations/tags/{press}/edit", status=403)


def test_what_is_kept_contains_notes_and_tags_and_erasing_removes_them(app):
    row = factories.registration()
    tagging.give_tag([row.public_id], "Press")
    noting.write_note(row.public_id, "Prefers the phone", account_id=None)
    data = portrait_of(row.learner_id, "en")
    assert data["tags"] == ["Press"]
    assert data["notes"][0]["text"] == "Prefers the phone"
    with app.test_request_context():
        kept = kept_about(find_person(page_token(row.learner)))
    assert {"Press", "Prefers the phone"} <= {one.value for one in kept}
    erase_learner(row.learner.public_id, actor=Actor("staff"))
    assert notes() == []
    assert db.session.scalars(select(LearnerTag)).all() == []


@pytest.mark.parametrize("sort", ["-received", "received", "name", "-name"])
def test_records_of_a_list_follow_one_another_in_its_order(coordinator, sort):
    session = factories.training_session()
    for name in ("Costa", "Abril", "Benali"):
        factories.registration(session, factories.learner(last_name=name), status=Status.WAITING)
    factories.registration(session, factories.learner(last_name="Ask"))
    page = visit(coordinator, f"/staff/registrations?status=waiting&sort={sort}")
    names = [link.text for link in page.all("a") if "in=list" in (link.get("href") or "")]
    page, seen = visit(coordinator, page.all("a", text=names[0])[0].get("href")), []
    for place in (1, 2, 3):
        seen.append(page.heading.split()[-1])
        assert f"{place} of 3" in page.text
        page = visit(coordinator, page.one("a", rel="next").get("href")) if place < 3 else page
    assert seen == [name.split(",")[0] for name in names]
    assert not page.all("a", rel="next")
    assert visit(coordinator, page.one("a", rel="prev").get("href")).heading.endswith(seen[1])


def test_a_record_that_left_its_list_keeps_its_neighbours(coordinator):
    session = factories.training_session()
    rows = [factories.registration(session, status=Status.PENDING) for _ in range(3)]
    with transaction() as store:
        store.get_one(type(rows[1]), rows[1].id).status = Status.CONFIRMED
    page = visit(coordinator, record(rows[1], "?status=pending&in=list"))
    assert rows[0].public_id in page.one("a", rel="next").get("href")
    assert rows[2].public_id in page.one("a", rel="prev").get("href")
    assert " of 2" not in page.text


def test_an_administrator_sees_who_did_what_to_a_registration_and_on_whom_a_note_is(app, client):
    row = factories.registration(
        factories.training_session(), factories.learner(first_name="Amina", last_name="B")
    )
    sign_in(client, "administrator")
    submit(visit(client, record(row)), form="note", text="Arrives late.")
    assert "Amina B" in " ".join(visit(client, "/staff/activity").all("tr")[1].itertext())
    page = visit(client, record(row)).click("Who in the team did what")
    assert "Only what was done to: Amina B" in page.text
    other = app.test_client()
    sign_in(other, "organiser")
    assert "Who in the team did what" not in visit(other, record(row)).text
