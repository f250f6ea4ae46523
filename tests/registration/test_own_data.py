"""My data: seen, taken away, erased; by the learner alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.privacy import personal_columns
from sets.registration import address_corrections, erasure, signing_up
from sets.registration.applying import LEARNER
from sets.registration.keys import page_token
from sets.registration.models import AttendanceFact, Learner, Registration, Submission
from sets.registration.portrait import LEFT_OUT
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import posted
from tests.registration.signups import an_application, places_taken

pytestmark = pytest.mark.usefixtures("catalogue", "clock")


@pytest.fixture
def session():
    made = factories.training_session(factories.training("social-economy"), capacity=1, meetings=2)
    db.session.rollback()
    return made


@pytest.fixture
def zenobia(session):
    of = session.training_id, session.id
    db.session.rollback()
    application = an_application(
        "zenobia", of, page_language="en", needs="Subtitles, please", needs_consent=True, news=True,
        organisation="Les Tilleuls", role="Trainer", source="friend",
    )  # fmt: skip
    signing_up.register(application)
    with transaction() as store:
        store.execute(
            update(Delivery).values(subject="Your place", text="Dear Zenobia", status="sent", sent_at=now())
        )
        meeting = store.merge(session).meetings[0]
        one = store.scalars(select(Registration)).one()
        store.add(
            AttendanceFact(
                registration_id=one.id, meeting_id=meeting.id, kind="ticked", mark="present", at=now()
            )
        )
        store.execute(update(Registration).values(reason="Wednesdays"))
    return db.session.scalars(select(Learner)).one()


def link_of(person):
    address = f"/en/my/{page_token(person)}"
    db.session.rollback()
    return address


def taken_away(client, person):
    response = client.get(f"{link_of(person)}/data.json")
    assert response.status_code == 200
    return response, json.loads(response.get_data(as_text=True))


def test_the_file_holds_every_personal_column_that_is_filled(client, zenobia):
    _, file = taken_away(client, zenobia)
    words = json.dumps(file, ensure_ascii=False)
    db.session.rollback()
    for column in personal_columns():
        if f"{column.table.name}.{column.name}" in LEFT_OUT:
            continue
        for value in db.session.scalars(select(column).where(column.is_not(None))):
            if isinstance(value, str) and value:
                assert json.dumps(value, ensure_ascii=False)[1:-1] in words, f"{column} is missing"


def test_the_file_tells_registrations_history_messages_consents_and_attendance(client, zenobia):
    response, file = taken_away(client, zenobia)
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response.headers["Cache-Control"] == "no-store"
    assert file["made_at"] == "2026-03-02T09:00:00Z"
    assert file["person"]["email"] == "zenobia@example.org"
    (one,) = file["registrations"]
    assert one["state"] == "confirmed"
    assert [len(one["meetings"]), one["meetings"][0]["starts_at"]] == [2, "2026-03-16T09:00:00Z"]
    assert [step["what"] for step in one["history"]] == ["register"]
    assert one["attendance"][0]["mark"] == "present"
    assert file["messages"][0]["subject"] == "Your place"
    assert {consent["kind"] for consent in file["consents"]} == {"notice", "news", "needs"}
    assert file["needs"][0]["text"] == "Subtitles, please"


def test_the_file_holds_nothing_of_anybody_else_and_no_key(client, session, zenobia):
    signing_up.register(an_application("bruno", (session.training_id, session.id)))
    response, _ = taken_away(client, zenobia)
    words = response.get_data(as_text=True).casefold()
    assert "bruno" not in words
    assert zenobia.public_id not in words
    assert "nonce" not in words


def test_what_somebody_else_typed_under_the_address_by_mistake_is_not_theirs_to_see(client, session, zenobia):

    of = session.training_id, session.id
    public_id = signing_up.register(an_application("zenobia", of, first_name="Ruggero", page_language="en"))
    address_corrections.correct_address(public_id, "ruggero@example.org")
    response, _ = taken_away(client, zenobia)
    assert "ruggero" not in response.get_data(as_text=True).casefold()


def test_erasing_asks_first_and_says_what_goes_and_what_stays(client, zenobia):
    page = visit(client, link_of(zenobia)).click("Erase everything about me")
    assert "You give up this registration" in page.text
    assert "What stays" in page.text
    assert db.session.scalars(select(Learner.email)).all() == ["zenobia@example.org"]


def test_erased_means_gone_the_place_passes_on_and_no_message_follows(client, session, zenobia):
    session_id, link = session.id, link_of(zenobia)
    signing_up.register(an_application("bruno", (session.training_id, session_id)))
    mails = len(db.session.scalars(select(Delivery)).all())
    page = submit(visit(client, f"{link}/erasure"), form="erasure")
    assert page.path == "/en/my/erased"
    assert page.heading == "Everything about you is erased"
    assert db.session.scalars(select(Learner.email)).all() == ["bruno@example.org"]
    assert places_taken(session_id) == 1
    assert [row.kind for row in posted("bruno")][-1] == "place_offered"
    assert posted("zenobia") == []
    assert len(db.session.scalars(select(Delivery)).all()) == mails + 1


def test_the_link_of_somebody_who_was_erased_says_so_whatever_is_pressed(client, zenobia):
    link = link_of(zenobia)
    asked = visit(client, f"{link}/erasure")
    submit(asked, form="erasure")
    assert visit(client, link, status=410).heading == "Everything about you is erased"
    for action in ("erasure", "details", "link", "address"):
        assert client.post(f"{link}/{action}").status_code == 410


def test_a_form_that_was_held_is_erased_with_the_person(client):
    factories.delivery("zenobia@example.org", kind="registration_held")
    person = factories.learner("zenobia@example.org")
    public_id = person.public_id
    db.session.rollback()
    erasure.erase_learner(public_id, actor=LEARNER)
    assert db.session.scalars(select(Delivery.to_address)).all() == [None]


def test_the_page_says_until_when_everything_is_kept(client, zenobia, clock):
    page = visit(client, f"{link_of(zenobia)}/data")
    assert "unless you do something here before" in page.text
    assert "Have it set aside" in page.text
    clock.shift(timedelta(days=1))
    assert page.link("Download my data (JSON)").endswith("/data.json")


def test_an_address_that_was_only_typed_into_a_receipt_is_not_in_the_file(client, session, zenobia):
    public_id = db.session.scalars(select(Submission.public_id)).one()
    with transaction() as store:
        store.execute(update(Learner).values(proven_at=now()))
    address_corrections.correct_address(public_id, "ruggero@example.org")
    response, _ = taken_away(client, zenobia)
    assert "ruggero" not in response.get_data(as_text=True)
