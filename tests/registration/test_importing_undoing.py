"""An import is taken back as a whole: what nobody touched goes, what somebody did something with stays, and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import erasure, workflow
from sets.registration.applying import LEARNER, Actor
from sets.registration.desk_models import LearnerNote
from sets.registration.importing_models import ImportEntry, ImportLine
from sets.registration.models import AttendanceFact, Learner, RegistrationEvent
from tests import factories
from tests.pages import visit
from tests.registration.imports import check, confirm, lines, people, results, rows, send, undo, work
from tests.registration.test_erasure import found_anywhere
from tests.staff.signing import sign_in

pytestmark = pytest.mark.usefixtures("clock")
HEAD = ["First name", "Last name", "E-mail", "Date of submission"]


@pytest.fixture
def organiser(catalogue, client):
    sign_in(client, "organiser")
    return client


def file_of(*names):
    return lines(
        *([name.capitalize(), "Martin", f"{name}@example.org", f"2026-02-{at:02}"] for at, name in enumerate(names, 1)),
        head=HEAD,
    )  # fmt: skip


def imported(organiser, session, *names):
    """Import these people into a session and return the import's page."""
    slug = session.training.slug
    page = send(organiser, file_of(*names))
    return confirm(check(page, training=slug, **{f"session-{slug}": session.public_id}))


def past_session():
    return factories.training_session(
        factories.training("social-economy"), starts=now() - timedelta(days=60), state="closed"
    )


def open_session(**values):
    return factories.training_session(factories.training("social-economy"), **values)


def taken():
    db.session.rollback()
    return [
        one.places_taken for one in db.session.scalars(select(TrainingSession).order_by(TrainingSession.id))
    ]


def test_an_import_that_nobody_touched_goes_without_a_trace_but_the_log_of_erasures(app, organiser):
    session = past_session()
    page = imported(organiser, session, "amina", "bruno", "chiara")
    assert taken() == [3]
    page = undo(page)
    assert "3 registrations are gone." in page.text
    assert (rows(), people(), taken()) == ([], [], [0])
    assert db.session.scalar(select(func.count(RegistrationEvent.id))) == 0
    assert len((Path(app.instance_path) / "erasures.log").read_text().split()) == 3
    assert found_anywhere("bruno") == []
    # And the file can be imported again.
    imported(organiser, session, "amina", "bruno", "chiara")
    assert len(rows()) == 3


def test_places_that_are_given_back_go_to_whoever_waits(organiser):
    session = open_session(capacity=1)
    page = imported(organiser, session, "amina")
    waiting = factories.registration(session, factories.learner("zoe@example.org"), status="waiting")
    undo(page)
    assert [(row.id, row.status) for row in rows()] == [(waiting.id, "offered")]
    assert people() == ["zoe@example.org"]


def test_what_somebody_did_something_with_stays_and_the_page_says_why(organiser):
    session = open_session(capacity=None)
    page = imported(organiser, session, "amina", "bruno", "chiara", "dora", "elio", "fanny")
    by_name = {row.learner.first_name: row for row in rows()}
    ids = {name: (row.id, row.public_id, row.learner_id) for name, row in by_name.items()}
    db.session.rollback()
    workflow.prove_address(ids["Amina"][2])
    workflow.cancel(ids["Bruno"][1], actor=Actor("staff"), mail=False)
    factories.delivery("chiara@example.org", about=by_name["Chiara"], status="sent")
    with transaction() as store:
        fact = {"registration_id": ids["Dora"][0], "kind": "ticked", "mark": "present", "at": now()}
        store.add(AttendanceFact(meeting_id=session.meetings[0].id, **fact))
        note = {"public_id": "a", "text": "Call her back.", "written_at": now()}
        store.add(LearnerNote(learner_id=ids["Fanny"][2], **note))
    asked = visit(organiser, f"{page.path}/undo")
    assert "1 registration goes." in asked.text
    for words in (
        "used their page",
        "was changed since",
        "was written to",
        "was noted at a meeting",
        "the team noted",
    ):
        assert words in asked.text
    page = undo(page)
    assert "1 registration is gone." in page.text
    assert people() == [f"{name}@example.org" for name in ("amina", "bruno", "chiara", "dora", "fanny")]


def test_people_who_were_here_before_stay_when_their_imported_registration_goes(organiser):
    session = past_session()
    factories.learner("amina@example.org", first_name="Amina", last_name="Martin")
    undo(imported(organiser, session, "amina", "bruno"))
    assert (rows(), people()) == ([], ["amina@example.org"])


def test_a_worker_that_was_killed_before_it_erased_is_made_up_for(organiser, monkeypatch):
    from sets.registration import importing_undoing

    page = imported(organiser, past_session(), "amina", "bruno")
    monkeypatch.setattr(importing_undoing, "_erase", lambda learner_id: None)
    undo(page)
    assert people() == []


def test_an_erased_person_vanishes_from_the_lines_of_imports_too(organiser):
    session = past_session()
    page = imported(organiser, session, "zenobia", "amina")
    # A file that waits, another one in which her line was wrong.
    slug = {"training": "social-economy", "session-social-economy": session.public_id}
    wrong = lines(["Zenobia", "Martin", "Zenobia@example.org", "yesterday"], head=HEAD)
    check(send(organiser, wrong), **slug)
    send(organiser, file_of("zenobia"))
    assert "import_line.cells" in found_anywhere("zenobia")
    assert erasure.erase_address("zenobia@example.org", actor=LEARNER)
    assert found_anywhere("zenobia") == []
    assert db.session.scalar(select(func.count(Learner.id))) == 1
    # Undoing the import afterwards leaves what became of her in the figures.
    page = undo(page)
    assert "they were erased meanwhile" in page.text or "the person was erased meanwhile" in page.text
    assert [row.learner_id for row in rows()] == [None]


def test_undoing_writes_to_nobody(organiser):
    undo(imported(organiser, open_session(), "amina", "bruno"))
    assert db.session.scalar(select(func.count(Delivery.id))) == 0


def test_lines_with_errors_are_forgotten_with_the_rest(organiser):
    session = past_session()
    slug = {"training": "social-economy", "session-social-economy": session.public_id}
    content = lines(["Amina", "Martin", "amina@example.org", ""], ["Bruno", "Martin", "no", ""], head=HEAD)
    undo(confirm(check(send(organiser, content), **slug)))
    db.session.rollback()
    assert {line.cells for line in db.session.scalars(select(ImportLine))} == {None}


def test_an_import_that_is_undone_counts_for_nothing_any_more(organiser):
    session = past_session()
    undo(imported(organiser, session, "amina"))
    imported(organiser, session, "amina")
    assert results() == {"new": 1}
    assert db.session.scalar(select(func.count(ImportEntry.id))) == 2
    work()
