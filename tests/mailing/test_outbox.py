"""A mail is a row before it is a mail: posting, repeating, superseding; the bell."""

from __future__ import annotations

import pytest

from sets import bell
from sets.database import db, transaction
from sets.mailing import outbox
from sets.mailing.models import Delivery, DeliveryRegistration, DeliveryStatus, Priority
from tests.mailing import probe


def post(**values):
    defaults = {"to": "ana@example.org", "language": "fr", "priority": Priority.CONFIRMATION}
    return db.session.get_one(Delivery, outbox.post(probe.KIND, **defaults | values))


def test_a_mail_is_a_row_of_the_transaction_that_makes_it_true(site):
    with transaction():
        post(facts={"what": "Été"})
    row = probe.only()
    assert (row.status, row.attempts, row.facts, row.language) == ("queued", 0, {"what": "Été"}, "fr")
    assert row.subject is None


def test_a_transaction_that_fails_posts_nothing(site):
    with pytest.raises(ZeroDivisionError):
        _post_and_fail()
    assert db.session.query(Delivery).count() == 0
    assert bell.huey_of(site).storage.queue_size() == 0


def test_the_bell_rings_once_what_was_posted_is_stored(site):
    storage = bell.huey_of(site).storage
    with transaction():
        post()
        assert storage.queue_size() == 0
        post(to="bo@example.org")
    assert storage.queue_size() == 1
    assert bell.wait(site, 1)
    assert not bell.wait(site, 0.2)


def test_the_bell_rings_too_when_somebody_else_commits(site):
    db.session.rollback()
    post()
    db.session.commit()
    assert bell.wait(site, 1)


def test_a_broken_bell_loses_no_mail(site):
    site.extensions["bell"] = None
    site.config["QUEUE_URL"] = "sqlite:////nowhere/at/all.db"
    with transaction():
        post()
    assert probe.states() == {"ana@example.org": "queued"}
    assert not bell.wait(site, 0.1)


def test_a_key_that_exists_gives_the_older_mail_and_adds_none(site):
    with transaction():
        first = post(once_key="reg:1").id
    with transaction():
        again = post(once_key="reg:1", to="other@example.org")
        assert again.id == first
    assert probe.states() == {"ana@example.org": "queued"}


def test_a_later_fact_takes_the_place_of_what_has_not_left(site, some_registrations):
    one, two = some_registrations
    with transaction():
        post(registration_ids=[one, two], facts={"was": "A"})
        post(to="bo@example.org", registration_ids=[two])
        post(to="cy@example.org", registration_ids=[one]).status = DeliveryStatus.SENT
    with transaction():
        replaced = outbox.supersede([one])
    assert [(old.kind, old.facts, old.registration_ids) for old in replaced] == [
        (probe.KIND, {"was": "A"}, (one, two))
    ]
    assert probe.states() == {
        "ana@example.org": "cancelled",
        "bo@example.org": "queued",
        "cy@example.org": "sent",
    }
    assert outbox.has_left(one, [probe.KIND])
    assert not outbox.has_left(two, [probe.KIND])


def test_only_failed_mails_are_queued_again_unless_a_person_says_more(site):
    with transaction():
        for state in DeliveryStatus:
            post(to=f"{state}@example.org").status = state
    with transaction():
        assert outbox.requeue(None) == 1
    assert probe.states()["failed@example.org"] == "queued"
    assert probe.states()["unknown@example.org"] == "unknown"
    with transaction():
        assert outbox.requeue(None, doubtful=True) == 1
    assert probe.states()["unknown@example.org"] == "queued"
    assert probe.states()["sent@example.org"] == "sent"


def _post_and_fail():
    with transaction():
        post()
        raise ZeroDivisionError


@pytest.fixture
def some_registrations(site):
    from sets import clock
    from sets.catalogue.models import Training
    from sets.registration.models import Learner, Registration

    with transaction() as session:
        ids = []
        for slug in ("one", "two"):
            training = Training(slug=slug, position=1, hours=3)
            learner = Learner(
                public_id=slug,
                email=f"{slug}@example.org",
                email_key=f"{slug}@example.org",
                first_name="A",
                last_name="B",
                language="fr",
                created_at=clock.now(),
            )
            session.add_all([training, learner])
            session.flush()
            registration = Registration(
                public_id=f"r-{slug}",
                learner_id=learner.id,
                training_id=training.id,
                status="waiting",
                origin="public",
                status_at=clock.now(),
                created_at=clock.now(),
            )
            session.add(registration)
            session.flush()
            ids.append(registration.id)
    assert db.session.query(DeliveryRegistration).count() == 0
    return ids
