"""Two people who are one: suggested, compared, merged with nothing lost, or told apart for good."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery, DeliveryStatus
from sets.registration import merging, noting, tagging
from sets.registration.applying import Actor
from sets.registration.desk_models import DismissedPair, LearnerNote, MergedPerson
from sets.registration.duplicates import list_duplicates
from sets.registration.erasure import erase_address, erase_learner
from sets.registration.feeds import learner_feed
from sets.registration.keys import LinkUnknown, feed_token, page_token
from sets.registration.models import (
    HOLDING,
    AttendanceFact,
    Erasure,
    Learner,
    LearnerNeed,
    Registration,
    RegistrationEvent,
    Status,
)
from sets.registration.people import index_words
from sets.registration.personal import find_person
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

STAFF = Actor("staff")


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


@pytest.fixture(autouse=True)
def site(app):
    return app


def person(email, first="Amina", last="Benali", **values):
    made = factories.learner(email, first_name=first, last_name=last, **values)
    with transaction():
        index_words(made.id, made)
    return made


def merge(kept, other):
    merging.merge_people(kept.public_id, other.public_id, actor=STAFF)
    db.session.rollback()


def rows():
    db.session.rollback()
    return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def pairs():
    db.session.rollback()
    return [{pair.one.email, pair.other.email} for pair in list_duplicates().pairs]


def test_the_same_name_however_written_with_another_address_is_suggested():
    person("a@example.org", "Élodie", "MARTIN")
    person("b@example.org", "Martin", "elodie")
    person("c@example.org", "Elodie", "Martinez")
    assert pairs() == [{"a@example.org", "b@example.org"}]


def test_a_near_name_at_the_same_organisation_and_people_at_one_address_are_suggested():
    person("a@example.org", "E.", "Martin", organisation="Tre Fontane")
    person("b@example.org", "Élodie", "Martin", organisation="TRE FONTANE")
    person("c@example.org", "Zoe", "Martin", organisation="Tre Fontane")
    shared = person("d@example.org", "Rosa", "Costa")
    second = person("d2@example.org", "Luca", "Bianchi")
    with transaction() as session:
        stored = session.get_one(Learner, second.id)
        stored.email = stored.email_key = shared.email
        stored.email_slot = 1
    assert pairs() == [{"d@example.org"}, {"a@example.org", "b@example.org"}]


def test_who_is_told_apart_is_not_suggested_again(organiser):
    person("a@example.org")
    person("b@example.org")
    page = visit(organiser, "/staff/duplicates")
    assert "The same name" in page.text
    page = submit(page, form="/dismissal")
    assert "Nobody seems to be here twice" in page.text
    assert db.session.scalar(select(func.count()).select_from(DismissedPair)) == 1


def test_the_page_says_what_happens_and_one_press_does_it(organiser):
    session = factories.training_session(capacity=3)
    one, two = person("a@example.org", organisation=""), person("b@example.org", organisation="Tre Fontane")
    factories.registration(session, one, status=Status.WAITING)
    factories.registration(session, two)
    page = visit(organiser, "/staff/duplicates").click("Compare")
    assert "This cannot be undone." in page.text
    assert "One registration stays, as: Place confirmed." in page.text
    page = submit(page, form="merge")
    assert "The two are one person now." in page.text
    assert "b@example.org" in page.text
    assert "Tre Fontane" in page.text
    assert [(row.status, row.learner_id) for row in rows()] == [("confirmed", one.id)]


def test_nothing_is_lost():
    session, elsewhere = factories.training_session(), factories.training_session()
    one, two = person("a@example.org", answers={"1": 2}), person("b@example.org", answers={"1": 3, "4": 5})
    mine = factories.registration(session, one, answers={"7": 1})
    theirs = factories.registration(session, two, answers={"7": 2, "8": 3})
    other = factories.registration(elsewhere, two)
    factories.delivery(about=theirs, status="sent")
    with transaction() as store:
        store.add(RegistrationEvent(registration_id=theirs.id, at=now(), verb="reorder", to_status="confirmed",
                                    actor_kind="staff"))  # fmt: skip
        store.add(
            AttendanceFact(
                registration_id=theirs.id, meeting_id=session.meetings[0].id, kind="joined", at=now()
            )
        )
        store.add(LearnerNeed(learner_id=two.id, text="A ramp", consent_at=now()))
        store.get_one(Learner, two.id).acted_at = now()
        store.get_one(Learner, two.id).keep_until = now() + timedelta(days=99)
        store.get_one(Learner, two.id).keep_reason = "complaint"
    noting.write_note(theirs.public_id, "Likes tea", account_id=None)
    tagging.give_tag([theirs.public_id, mine.public_id], "Press")
    events = db.session.scalar(select(func.count()).select_from(RegistrationEvent))
    gone = two.id
    merge(one, two)
    assert [(row.id, row.learner_id) for row in rows()] == [(mine.id, one.id), (other.id, one.id)]
    assert rows()[0].answers == {"7": 1, "8": 3}
    assert db.session.get_one(Learner, one.id).answers == {"1": 2, "4": 5}
    person_kept = db.session.get_one(Learner, one.id)
    assert person_kept.acted_at is not None
    assert person_kept.keep_reason == "complaint"
    # Each of theirs, and a line for each registration that stays.
    assert db.session.scalar(select(func.count()).select_from(RegistrationEvent)) == events + 2
    assert db.session.scalars(select(AttendanceFact.registration_id)).all() == [mine.id]
    assert db.session.scalars(select(LearnerNeed.learner_id)).all() == [one.id]
    assert db.session.scalars(select(LearnerNote.learner_id)).all() == [one.id]
    assert [tag.name for tag in tagging.tags_of([one.id])[one.id]] == ["Press"]
    assert db.session.get(Learner, gone) is None
    assert db.session.scalars(select(MergedPerson.email)).all() == ["b@example.org"]


def test_a_place_held_twice_is_freed_and_offered_on():
    session = factories.training_session(capacity=2)
    one, two = person("a@example.org"), person("b@example.org")
    factories.registration(session, one)
    factories.registration(session, two)
    waiting = factories.registration(session, status=Status.WAITING)
    merge(one, two)
    assert [(row.learner_id, row.status) for row in rows()] == [
        (one.id, "confirmed"),
        (waiting.learner_id, "offered"),
    ]
    assert db.session.scalar(select(TrainingSession.places_taken)) == 2
    assert db.session.scalars(select(Delivery.kind)).all() == ["place_offered"]


def test_of_one_training_one_place_stays():
    first = factories.training_session(capacity=2)
    second = factories.training_session(first.training, capacity=2)
    one, two = person("a@example.org"), person("b@example.org")
    factories.registration(first, one, status=Status.PENDING)
    factories.registration(second, two)
    merge(one, two)
    assert [(row.learner_id, row.status) for row in rows()] == [(one.id, "cancelled"), (one.id, "confirmed")]
    db.session.rollback()
    assert db.session.scalars(select(TrainingSession.places_taken).order_by(TrainingSession.id)).all() == [
        0,
        1,
    ]


def test_links_to_either_address_open_the_page_until_a_new_link_is_asked_for(app):
    from sets.registration.addresses import renew_link

    one, two = person("a@example.org"), person("b@example.org")
    factories.registration(person=two)
    page, feed = page_token(two), feed_token(two)
    merge(one, two)
    with app.test_request_context():
        assert find_person(page).learner.email == "a@example.org"
        assert learner_feed(feed)
        renew_link(one.id)
        with pytest.raises(LinkUnknown):
            find_person(page)


def test_what_waits_to_leave_goes_to_the_address_that_is_kept():
    one, two = person("a@example.org"), person("b@example.org")
    row = factories.registration(person=two)
    factories.delivery("b@example.org", about=row, learner_id=two.id, status=DeliveryStatus.QUEUED)
    merge(one, two)
    assert db.session.scalars(select(Delivery.to_address)).all() == ["a@example.org"]


def test_erasing_the_person_erases_all_that_they_were():
    one, two = person("a@example.org"), person("b@example.org")
    factories.registration(person=one)
    factories.registration(person=two)
    gone = two.public_id
    merge(one, two)
    assert erase_address("b@example.org", actor=STAFF)
    assert db.session.scalars(select(MergedPerson.email)).all() == []
    assert db.session.scalars(select(Learner.email)).all() == []
    assert gone in db.session.scalars(select(Erasure.public_id)).all()
    assert not erase_learner(gone, actor=STAFF)


def test_a_chain_of_merges_leads_to_the_last(app):
    people = [person(f"{name}@example.org") for name in "abc"]
    token, names = page_token(people[2]), [one.public_id for one in people]
    factories.registration(person=people[2])
    merge(people[1], people[2])
    merge(people[0], people[1])
    with app.test_request_context():
        assert find_person(token).learner.id == people[0].id
    with pytest.raises(merging.MergeRefused):
        merging.merge_people(names[0], names[1], actor=STAFF)


@pytest.mark.parametrize("seed", range(12))
def test_in_any_state_each_session_is_had_once_and_places_are_right(seed):
    chance = Random(seed)
    training = factories.training()
    sessions = [factories.training_session(training, capacity=chance.choice((1, 2, 5))) for _ in range(3)]
    people = [person("a@example.org"), person("b@example.org"), person("c@example.org", "Zoe")]
    wanted = set()
    for one in people:
        held = False
        for session in sessions:
            states = [Status.WAITING, Status.CANCELLED, Status.EXPIRED, Status.REJECTED]
            state = chance.choice(
                states if held else [*states, Status.CONFIRMED, Status.PENDING, Status.OFFERED]
            )
            if chance.random() < 0.25:
                continue
            held = held or state in HOLDING
            ends = {"offer_ends_at": now() + timedelta(hours=5)} if state == Status.OFFERED else {}
            factories.registration(session, one, status=state, **ends)
            wanted.add((1 if one is people[1] else people.index(one) or 1, session.id))
    merge(people[0], people[1])
    found = rows()
    assert len(found) == len({(row.learner_id, row.training_session_id) for row in found}) == len(wanted)
    db.session.rollback()
    for session in db.session.scalars(select(TrainingSession)):
        held = [row for row in found if row.training_session_id == session.id and row.status in HOLDING]
        assert session.places_taken == len(held)


def test_coordinators_do_not_merge(client):
    sign_in(client, "coordinator")
    visit(client, "/staff/duplicates", status=403)
