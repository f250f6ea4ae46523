"""Approving and refusing many: chosen in the list, named on a page, decided one by one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration.models import Registration, RegistrationEvent, Status
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

LIST = "/staff/registrations?status=pending"
FORM = "/staff/registrations/decisions"


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


@pytest.fixture
def pending():
    """Three people who await a decision, by first name."""
    session = factories.training_session(needs_approval=True)
    found = {}
    for name in ("Amina", "Luca", "Rosa"):
        person = factories.learner(f"{name.lower()}@example.org", first_name=name, last_name="Martin")
        found[name] = factories.registration(session, person, status=Status.PENDING).public_id
    db.session.rollback()
    return found


def statuses():
    db.session.rollback()
    return [row.status for row in db.session.scalars(select(Registration).order_by(Registration.id))]


def choose(client, ids, button="Approve the chosen"):
    return submit(visit(client, LIST), id=ids, form=f"{FORM}/new", button=button)


def test_the_chosen_are_named_and_then_approved(organiser, pending):
    page = choose(organiser, [pending["Amina"], pending["Rosa"]])
    assert page.heading == "Approve 2 registrations?"
    assert "Amina Martin" in page.text
    assert "Luca Martin" not in page.text
    assert statuses() == ["pending"] * 3
    page = submit(page, form=FORM)
    assert "2 approved." in page.text
    assert "status=pending" in page.url
    assert statuses() == ["confirmed", "pending", "confirmed"]
    assert db.session.scalars(select(Delivery.kind)).all() == ["place_confirmed"] * 2


def test_all_that_the_filter_shows_are_chosen_by_one_button(organiser, pending):
    page = submit(visit(organiser, LIST), form=f"{FORM}/new", button="Approve all 3 that the filter shows")
    assert page.heading == "Approve 3 registrations?"
    submit(page, form=FORM)
    assert statuses() == ["confirmed"] * 3


def test_many_are_refused_with_one_reason_and_without_a_mail_where_chosen(organiser, pending):
    page = choose(organiser, list(pending.values()), "Refuse the chosen")
    page = submit(page, form=FORM, reason="For another audience", silent=True)
    assert "3 refused." in page.text
    assert statuses() == ["rejected"] * 3
    assert db.session.scalar(select(func.count()).select_from(Delivery)) == 0
    events = db.session.scalars(select(RegistrationEvent).where(RegistrationEvent.verb == "reject")).all()
    assert {(event.reason, event.mailed) for event in events} == {("For another audience", False)}


def test_who_changed_meanwhile_is_named_and_stays_as_they_are(organiser, pending):
    page = choose(organiser, list(pending.values()))
    with transaction() as store:
        found = store.scalars(select(Registration).where(Registration.public_id == pending["Luca"])).one()
        found.status = Status.CANCELLED
    page = submit(page, form=FORM)
    assert "2 approved." in page.text
    assert "1 had changed in the meantime and stays as it is: Luca Martin." in page.text
    assert statuses() == ["confirmed", "cancelled", "confirmed"]
    page = visit(organiser, f"{FORM}/new?step=approval&id={pending['Luca']}")
    assert "Nothing to decide any more" in page.text


def test_choosing_nobody_is_said(organiser, pending):
    page = submit(visit(organiser, LIST), form=f"{FORM}/new", button="Refuse the chosen")
    assert "Choose at least one registration." in page.text
    assert page.path == "/staff/registrations"


def test_odd_choices_are_answered(organiser, pending):
    for query in ("step=x&id=1", "step=approval&id=" + str(uuid.uuid4()), "all=x", ""):
        visit(organiser, f"{FORM}/new?{query}")


def test_the_boxes_stand_only_where_there_is_something_to_decide(app, organiser, pending):
    assert not visit(organiser, "/staff/registrations").all("button", text="Approve the chosen")
    other = app.test_client()
    sign_in(other, "coordinator")
    assert not visit(other, LIST).all("button", text="Approve the chosen")
    visit(other, f"{FORM}/new?all=approval", status=403)


def test_the_dashboard_says_how_many_are_due_and_when(clock, client, pending):
    later = factories.training_session(needs_approval=True, decide_by=now() + timedelta(hours=5))
    factories.registration(later, status=Status.PENDING)
    sign_in(client, "organiser")
    page = visit(client, "/staff/")
    assert "1 is to be decided before Monday 2 March 2026, 15:00, Paris time" in page.text
