"""How a session is run: written by the team at any time, read by those who have a place, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sets.clock import now
from sets.database import db, transaction
from sets.registration.keys import page_token
from sets.registration.models import Status
from tests import factories
from tests.pages import submit, visit
from tests.registration.letters_read import html_of, letter, text_of
from tests.registration.signups import an_application
from tests.staff.signing import sign_in

RUN = {
    "trainer": "Ada Kovač",
    "lessons_url": "https://lessons.example.org/one",
    "lessons_note": "Begin with lesson 1.\n\nThen <b>lesson 2</b>.",
    "materials_url": "https://files.example.org/slides",
    "materials_note": "Slides and a list of books.",
    "replay_url": "https://video.example.org/replay",
}


@pytest.fixture
def organiser(client, clock):
    sign_in(client, "organiser")
    return client


def confirmed(status=Status.CONFIRMED, **values):
    session = factories.training_session(**RUN | values)
    row = factories.registration(session, status=status)
    token = page_token(row.learner)
    return session, f"/en/my/{token}"


def stored(session):
    db.session.rollback()
    db.session.refresh(session)
    return session


@pytest.mark.parametrize("is_running", [False, True])
def test_how_a_session_is_run_can_be_written_at_any_time(organiser, is_running):
    session = factories.training_session(meetings=2)
    if is_running:
        factories.registration(session)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    assert [box.get("value") for box in page.all("input", name="reminders") if box.get("checked") is not None] == [
        "10080", "1440", "60",
    ]  # fmt: skip
    page = submit(page, RUN | {"reminders": ["4320", "60"]}, button="Save")
    assert "The session is stored." in page.text
    assert all(words in page.text for words in ("Ada Kovač", "3 days before", "1 hour before"))
    row = stored(session)
    assert row.reminders == [4320, 60]
    assert {name: getattr(row, name) for name in RUN} == RUN


def test_no_reminder_and_no_question_are_kept_as_such(organiser):
    session = factories.training_session()
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    submit(page, {"reminders": [], "asks_presence": None}, button="Save")
    assert (stored(session).reminders, session.asks_presence) == ([], False)
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    assert not [box for box in page.all("input", name="reminders") if box.get("checked") is not None]


@pytest.mark.parametrize("name", ["lessons_url", "materials_url", "replay_url"])
@pytest.mark.parametrize(
    "typed",
    ["http://lessons.example.org", "javascript:alert(1)", "https://", "https://a b.org", 'https://x.org/"'],
)
def test_only_whole_and_safe_addresses_are_taken(organiser, name, typed):
    session = factories.training_session()
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    page = submit(page, {name: typed}, button="Save", status=422)
    assert "Write the whole address, from “https://” on." in page.text
    assert page.value(name) == typed


def test_lessons_are_read_by_who_has_a_place(client, clock):
    _session, address = confirmed()
    page = visit(client, address)
    assert "Begin with lesson 1." in page.text
    assert "Then <b>lesson 2</b>." in page.text
    assert page.all("a", href=RUN["lessons_url"])
    assert not page.all("a", href=RUN["materials_url"])


@pytest.mark.parametrize("status", [Status.PENDING, Status.WAITING, Status.CANCELLED, Status.REJECTED])
def test_nobody_else_reads_them_at_any_time(client, clock, status):
    _session, address = confirmed(status)
    for _time in range(2):
        source = client.get(address).get_data(as_text=True)
        assert not [url for url in RUN.values() if url in source]
        clock.shift(timedelta(days=20))


def test_materials_are_there_once_the_first_meeting_is_over(client, clock):
    session, address = confirmed(meetings=2)
    clock.move_to(session.meetings[0].ends_at)
    page = visit(client, address)
    assert page.all("a", href=RUN["materials_url"])
    assert page.all("a", href=RUN["replay_url"])
    clock.shift(timedelta(days=30))
    page = visit(client, address)
    assert "Slides and a list of books." in page.text
    assert page.all("a", href=RUN["lessons_url"])


def test_the_confirmation_carries_the_lessons_but_a_wait_does_not(app, clock):
    from sets.registration import signing_up

    session = factories.training_session(capacity=1, **RUN)
    ids = session.training_id, session.id
    db.session.rollback()
    for name in ("amina", "bruno"):
        signing_up.register(an_application(name, ids, page_language="en"))
    told, waits = letter("amina"), letter("bruno")
    for words in (text_of(told), html_of(told)):
        assert RUN["lessons_url"] in words
        assert "Begin with lesson 1." in words
    assert "<b>lesson 2</b>" not in html_of(told)
    assert RUN["lessons_url"] not in text_of(waits) + html_of(waits)


def test_the_public_page_names_the_trainer_and_nothing_else(client, clock):
    training = factories.training("bread")
    factories.training_session(training, **RUN)
    page = visit(client, "/en/trainings/bread")
    assert "With Ada Kovač" in page.text
    source = client.get("/en/trainings/bread").get_data(as_text=True)
    assert '"instructor"' in source
    assert not [url for name, url in RUN.items() if name != "trainer" and url in source]


def test_a_change_of_trainer_shows_at_once(organiser):
    training = factories.training("bread")
    session = factories.training_session(training)
    assert "With" not in visit(organiser, "/en/trainings/bread").text
    page = visit(organiser, f"/staff/sessions/{session.public_id}/edit")
    submit(page, {"trainer": "Ada"}, button="Save")
    assert "With Ada" in visit(organiser, "/en/trainings/bread").text
    with transaction():
        assert now()
