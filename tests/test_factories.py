"""What factories store is what the database accepts."""

from __future__ import annotations

from sets.database import db
from sets.registration.models import Registration
from tests import factories


def test_a_registration_counts_its_place(app):
    made = factories.registration()
    assert made.session.places_taken == 1
    assert made.learner.registrations == [made]


def test_a_wait_for_any_date_has_a_number_and_no_session(app):
    training = factories.training()
    first, second = factories.registration(of=training), factories.registration(of=training)
    assert (first.queue_number, second.queue_number) == (1, 2)
    assert first.session is None


def test_a_mail_speaks_of_its_registration(app):
    registration = factories.registration()
    mail = factories.delivery(about=registration)
    assert [link.registration_id for link in mail.registrations] == [registration.id]


def test_each_test_begins_with_an_empty_database(app):
    assert db.session.query(Registration).count() == 0
