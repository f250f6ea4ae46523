"""Mails that came back: on the mail, on the person, in the lists; and how the mark goes again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.mailing.returns import Returned
from sets.registration import people, returned_mail
from sets.registration.models import Learner
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def came_back(app):
    """A registration of Amina's, whose confirmation left and came back."""
    registration = factories.registration(person=factories.learner("amina@example.org"))
    mail = factories.delivery("amina@example.org", about=registration, status="sent")
    assert note(mail)
    return registration, mail


def note(mail, reason="returned_mailbox"):
    return returned_mail.note_returned(Returned(mail.public_id, reason, 550, "5.1.1 User unknown"))


def mark_of(registration):
    return db.session.scalar(select(Learner.bounced_at).where(Learner.id == registration.learner_id))


def test_a_mail_that_came_back_is_noted_on_it_and_on_the_person(came_back, clock):
    registration, mail = came_back
    row = db.session.get(Delivery, mail.id)
    assert row is not None
    assert (row.status, row.reason, row.smtp_code, row.smtp_text) == (
        "sent", "returned_mailbox", 550, "5.1.1 User unknown",
    )  # fmt: skip
    assert row.bounced_at == mark_of(registration) is not None


def test_a_doubtful_mail_that_came_back_is_no_longer_in_doubt(app):
    mail = factories.delivery("amina@example.org", status="unknown", reason="no_answer")
    assert note(mail)
    row = db.session.get(Delivery, mail.id)
    assert row is not None
    assert (row.status, row.reason) == ("sent", "returned_mailbox")
    assert row.sent_at is not None


@pytest.mark.parametrize(
    "values",
    [{"status": "queued"}, {"status": "failed"}, {"status": "cancelled"}, {"status": "sent", "to_address": None}],
    ids=["not left", "refused", "not sent", "forgotten"],
)  # fmt: skip
def test_only_a_mail_that_left_to_somebody_known_can_come_back(app, values):
    mail = factories.delivery(**values)
    assert not note(mail)
    row = db.session.get(Delivery, mail.id)
    assert row is not None
    assert (row.bounced_at, row.smtp_text) == (None, None)


def test_a_mail_that_nobody_knows_marks_nobody(app):
    assert not returned_mail.note_returned(Returned("0" * 36, "returned", None, ""))


def test_a_mail_to_an_older_address_does_not_mark_the_person(app):
    registration = factories.registration(person=factories.learner("new@example.org"))
    assert note(factories.delivery("old@example.org", about=registration, status="sent"))
    assert mark_of(registration) is None


def test_the_mark_goes_when_the_address_is_corrected(came_back):
    registration, _ = came_back
    person = registration.learner
    with transaction():
        people.readdress(person, "amina.b@example.org")
    assert mark_of(registration) is None


def test_the_team_sees_it_on_the_record_in_the_list_and_in_the_outbox(came_back, client):
    registration, mail = came_back
    sign_in(client, "organiser")
    record = visit(client, f"/staff/registrations/{registration.public_id}")
    assert "Messages come back" in record.text
    assert "It came back: there is no such mailbox." in record.text
    assert "550 5.1.1 User unknown" in record.text
    assert "Messages come back" in visit(client, "/staff/registrations").text
    factories.delivery("other@example.org", status="sent")
    outbox = visit(client, "/staff/outbox?state=returned")
    assert "It came back: there is no such mailbox." in outbox.text
    assert "other@example.org" not in outbox.text
    assert "Came back" in visit(client, f"/staff/outbox/{mail.public_id}").text


def test_an_organiser_takes_the_mark_away_and_the_log_keeps_it(came_back, client):
    registration, mail = came_back
    sign_in(client, "organiser")
    page = submit(
        visit(client, f"/staff/registrations/{registration.public_id}"),
        button="The address works: take the mark away",
    )
    assert "Messages come back" not in page.text
    assert mark_of(registration) is None
    assert db.session.scalars(select(Activity.verb)).all()[-1] == "return_cleared"
    row = db.session.get(Delivery, mail.id)
    assert row is not None
    assert row.bounced_at is not None


def test_a_coordinator_sees_the_mark_and_cannot_take_it_away(came_back, client):
    registration, _ = came_back
    sign_in(client, "coordinator")
    page = visit(client, f"/staff/registrations/{registration.public_id}")
    assert "Messages come back" in page.text
    assert not page.all("button", text="The address works: take the mark away")
