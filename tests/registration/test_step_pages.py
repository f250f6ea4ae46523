"""What the team does to one registration, as pages: restore, move, and "do not mail" as a choice that is recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db
from sets.mailing.models import Delivery
from sets.registration.models import Registration, RegistrationEvent, Status
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def record(registration):
    return f"/staff/registrations/{registration.public_id}"


def statuses():
    db.session.rollback()
    return [row.status for row in db.session.scalars(select(Registration).order_by(Registration.id))]


def kinds():
    db.session.rollback()
    return sorted(db.session.scalars(select(Delivery.kind).where(Delivery.status == "queued")))


def last_event():
    db.session.rollback()
    return db.session.scalars(select(RegistrationEvent).order_by(RegistrationEvent.id.desc())).first()


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.EXPIRED, Status.REJECTED])
def test_what_ended_is_restored_as_new(organiser, status):
    page = visit(organiser, record(factories.registration(status=status))).click("Restore this registration")
    assert "Has a place at once: 20 are free." in page.text
    page = submit(page, reason="Wrote to us")
    assert "The registration is restored. The person is told by mail." in page.text
    assert statuses() == ["confirmed"]
    assert kinds() == ["registration_restored"]
    assert "registration_restore" in db.session.scalars(select(Activity.verb)).all()


def test_a_restored_person_waits_where_others_wait(organiser):
    session = factories.training_session(capacity=1)
    factories.registration(session)
    factories.registration(session, status=Status.WAITING)
    page = visit(organiser, record(factories.registration(session, status=Status.CANCELLED)))
    page = page.click("Restore this registration")
    assert "joins the waiting list at rank 2" in page.text
    assert "Waiting list, rank 2" in submit(page).text


def test_do_not_mail_is_a_choice_that_the_record_shows(organiser):
    page = visit(organiser, record(factories.registration())).click("Cancel this registration")
    page = submit(page, reason="Told on the phone", silent=True)
    assert "As you chose, the person is not written to." in page.text
    assert "by the team, without a mail" in page.text
    assert kinds() == []
    assert (last_event().mailed, last_event().reason) == (False, "Told on the phone")


def test_a_reason_that_is_too_long_is_kept_in_the_form(organiser):
    page = visit(organiser, record(factories.registration())).click("Cancel this registration")
    page = submit(page, reason="x" * 600, status=422)
    assert "Shorten this text by 100 characters" in page.text
    assert page.value("reason") == "x" * 600
    assert statuses() == ["confirmed"]


def test_somebody_is_moved_where_a_place_is_free(organiser):
    training = factories.training()
    here, there = factories.training_session(training), factories.training_session(training, capacity=3)
    full = factories.training_session(training, capacity=0, language="it")
    ids = there.public_id, full.public_id
    page = visit(organiser, record(factories.registration(here))).click("Move to another session")
    assert "No place free: joins the waiting list at rank 1." in page.text
    page = submit(page, session=ids[0])
    assert "Moved to the other session. The person is told by mail." in page.text
    assert statuses() == ["cancelled", "confirmed"]
    assert kinds() == ["place_moved"]


def test_a_move_asks_for_a_session_and_says_when_the_place_is_gone(organiser):
    training = factories.training()
    here, there = factories.training_session(training), factories.training_session(training, capacity=1)
    path = record(factories.registration(here)) + "/move"
    target = there.public_id
    page = visit(organiser, path)
    assert "Choose a session." in submit(page, status=422).text
    factories.registration(there)
    page = submit(page, session=target, status=422)
    assert "No other session has a place" in page.text
    assert statuses() == ["confirmed", "confirmed"]


def test_an_erased_person_has_no_steps(organiser):
    registration = factories.registration()
    path = record(registration)
    from sets.registration.applying import Actor
    from sets.registration.erasure import erase_learner

    public_id = registration.learner.public_id
    db.session.rollback()
    erase_learner(public_id, actor=Actor("operator"))
    page = visit(organiser, path)
    assert not page.all("a", text="Restore this registration")
    for step in ("restoration", "cancellation", "move"):
        assert visit(organiser, f"{path}/{step}").path == path


def test_coordinators_open_none_of_these_pages(client):
    path = record(factories.registration())
    sign_in(client, "coordinator")
    for step in ("restoration", "cancellation", "refusal", "move"):
        visit(client, f"{path}/{step}", status=403)


def test_a_refusal_speaks_to_the_team(organiser):
    training = factories.training()
    gone = factories.registration(factories.training_session(training), status=Status.CANCELLED)
    factories.registration(factories.training_session(training), gone.learner)
    page = submit(visit(organiser, record(gone)).click("Restore this registration"))
    assert "This person has a place in another session of this training." in page.text
    assert statuses() == ["cancelled", "confirmed"]


def test_the_page_of_a_session_leads_to_adding_somebody_to_it(organiser):
    session = factories.training_session()
    public_id = session.public_id
    page = visit(organiser, f"/staff/sessions/{public_id}").click("Add a person")
    assert page.value("place") == public_id
