"""One step for many of the list: named first, done one by one, and what was refused is told apart."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.campaigns.audience import recipients
from sets.campaigns.models import Campaign
from sets.catalogue.models import TrainingSession
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.registration import tagging
from sets.registration.models import LearnerNeed, Registration, Status
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

LIST = "/staff/registrations"


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def people(session, *names, status=Status.CONFIRMED):
    return [
        factories.registration(
            session,
            factories.learner(f"{name.lower()}@example.org", first_name=name, last_name="Martin"),
            status=status,
        )
        for name in names
    ]


def begin(client, do, rows=(), query="", whom="chosen"):
    page = visit(client, f"{LIST}{query}")
    return submit(page, {"id": [row.public_id for row in rows]}, form=f"{LIST}/many/new", button="Go on",
                  do=do, whom=whom)  # fmt: skip


def states():
    db.session.rollback()
    return [row.status for row in db.session.scalars(select(Registration).order_by(Registration.id))]


def test_the_chosen_are_named_and_then_cancelled_with_a_reason(organiser):
    session = factories.training_session(capacity=3)
    one, two, three = people(session, "Amina", "Luca", "Rosa")
    waiting = people(session, "Zoe", status=Status.WAITING)[0]
    page = begin(organiser, "cancellation", [one, two])
    assert page.heading == "Cancel 2 registrations?"
    assert "Amina Martin" in page.text
    assert "Rosa Martin" not in page.text
    assert states() == ["confirmed"] * 3 + ["waiting"]
    page = submit(page, form="many", reason="The room is closed")
    assert "2 cancelled." in page.text
    assert states() == ["cancelled", "cancelled", "confirmed", "offered"]
    assert (
        db.session.scalar(select(Registration.reason).where(Registration.id == one.id))
        == "The room is closed"
    )
    kinds = sorted(db.session.scalars(select(Delivery.kind)))
    assert kinds == ["place_offered", "registration_cancelled", "registration_cancelled"]
    assert waiting
    assert three


def test_all_that_the_filter_shows_are_meant_where_said_and_nobody_is_mailed_where_chosen(organiser):
    session = factories.training_session()
    people(session, "Amina", "Luca")
    people(session, "Rosa", status=Status.WAITING)
    page = begin(organiser, "cancellation", query="?status=confirmed", whom="all")
    assert page.heading == "Cancel 2 registrations?"
    page = submit(page, form="many", silent=True)
    assert "status=confirmed" in page.url
    # Who waited has a place to answer for, and is told; who lost theirs is not.
    assert states() == ["cancelled", "cancelled", "offered"]
    assert db.session.scalars(select(Delivery.kind)).all() == ["place_offered"]


def test_what_is_over_is_told_apart_and_what_changed_meanwhile_is_named(organiser):
    session = factories.training_session()
    one, two = people(session, "Amina", "Luca")
    gone = people(session, "Rosa", status=Status.CANCELLED)[0]
    page = begin(organiser, "cancellation", [one, two, gone])
    assert page.heading == "Cancel 2 registrations?"
    assert "1 is over already, and stays as it is: Rosa Martin" in page.text
    submit(begin(organiser, "cancellation", [two]), form="many")
    page = submit(page, form="many")
    assert "1 cancelled." in page.text
    assert "1 stays as it was." in page.text
    assert "(Luca Martin)" in page.text


def test_people_are_moved_as_long_as_there_are_places(organiser):
    here = factories.training_session(capacity=5)
    there = factories.training_session(here.training, capacity=2)
    rows = people(here, "Amina", "Luca", "Rosa")
    page = begin(organiser, "move", rows)
    page = submit(page, form="many", session=there.public_id)
    assert "2 moved." in page.text
    assert "1 stays as it was. There is no free place any more. (Rosa Martin)" in page.text
    assert states() == ["cancelled", "cancelled", "confirmed", "confirmed", "confirmed"]
    db.session.rollback()
    taken = dict(db.session.execute(select(TrainingSession.id, TrainingSession.places_taken)).all())
    assert taken[there.id] == 2


def test_a_move_needs_people_of_one_training(organiser):
    rows = people(factories.training_session(), "Amina") + people(factories.training_session(), "Luca")
    assert "No session to move to" in begin(organiser, "move", rows).text


def test_a_message_begins_for_exactly_the_chosen(organiser):
    session = factories.training_session()
    one, _two, three = people(session, "Amina", "Luca", "Rosa")
    other = people(session, "Zoe", status=Status.WAITING)[0]
    page = begin(organiser, "mail", [one, three, other])
    assert page.heading == "Write to 3 people"
    page = submit(page, form="many")
    assert "3 people chosen by hand" in page.text
    campaign = db.session.scalars(select(Campaign)).one()
    assert [one.name for one in recipients(campaign, by_registration=True)] == [
        "Amina Martin", "Rosa Martin", "Zoe Martin",
    ]  # fmt: skip


def test_a_tag_is_given_to_many_and_taken_again(organiser):
    session = factories.training_session()
    rows = people(session, "Amina", "Luca")
    page = submit(begin(organiser, "tag", rows), form="many", name="Press")
    assert "2 people have the tag now." in page.text
    tag = tagging.list_tags()[0]
    assert (tag.name, tag.people, tag.registrations) == ("Press", 2, 2)
    page = submit(begin(organiser, "untag", rows[:1]), form="many", name=str(tag.id))
    assert "The tag is taken from 1 person." in page.text
    assert tagging.list_tags()[0].people == 1


def test_choosing_nobody_and_odd_choices_are_answered(organiser):
    people(factories.training_session(), "Amina")
    assert "Choose at least one registration." in begin(organiser, "tag").text
    assert organiser.get(f"{LIST}/many/new?do=x").status_code == 400
    assert organiser.get(f"{LIST}/many/new?do=tag&id=x").status_code == 303


def test_coordinators_tag_and_write_and_do_not_cancel(client):
    rows = people(factories.training_session(), "Amina")
    sign_in(client, "coordinator")
    page = visit(client, LIST)
    assert [option.get("value") for option in page.all("option", value="cancellation")] == []
    assert client.get(f"{LIST}/many/new?do=cancellation&id={rows[0].public_id}").status_code == 403
    assert begin(client, "tag", rows).heading == "Give 1 person a tag"


def test_who_is_listed_by_needs_is_neither_written_to_nor_tagged(organiser):
    row = people(factories.training_session(), "Amina")[0]
    with transaction() as session:
        session.add(LearnerNeed(learner_id=row.learner_id, text="A ramp", consent_at=now()))
    page = visit(organiser, f"{LIST}?needs=1")
    assert not page.all("option", value="mail")
    for step in ("mail", "tag"):
        page = visit(organiser, f"{LIST}/many/new?do={step}&whom=all&list=needs%3D1")
        assert "Needs are health data" in page.text
        assert page.path == LIST
