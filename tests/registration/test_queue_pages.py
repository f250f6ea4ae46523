"""The waiting list of a session and what people wait for, as the team sees them; changing a rank with a reason."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db
from sets.registration.models import Registration, RegistrationEvent, Status
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

DEMAND = "/staff/sessions/demand"


@pytest.fixture
def organiser(client, clock):
    sign_in(client, "organiser")
    return client


def person(first, **values):
    return factories.learner(f"{first.lower()}@example.org", first_name=first, last_name="Martin", **values)


def wait(session, first, **values):
    return factories.registration(session, person(first), status=Status.WAITING, **values)


def any_date(training, first, *languages):
    return factories.registration(of=training, person=person(first), wants=list(languages))


def queue_of(session):
    return f"/staff/sessions/{session.public_id}/queue"


def line(page):
    """Return (rank, name) of each row."""
    names = ["".join(one.itertext()).strip() for one in page.all("th", scope="row")]
    ranks = ["".join(one.itertext()).strip() for one in page.all("td", class_="n")]
    return list(zip(ranks, names, strict=True))


def test_the_line_holds_both_kinds_of_waits_in_one_order(organiser):
    session = factories.training_session(capacity=0)
    wait(session, "Amina")
    any_date(session.training, "Luca", "fr", "es")
    any_date(session.training, "Rosa", "it")
    wait(session, "Tom")
    page = visit(organiser, queue_of(session))
    assert line(page) == [("1", "Amina Martin"), ("2", "Luca Martin"), ("3", "Tom Martin")]
    assert "Any date, in French, Spanish" in page.text
    assert "No place is free." in page.text


def test_whoever_is_passed_over_stands_last_with_the_reason(organiser):
    training = factories.training()
    session = factories.training_session(training, capacity=0)
    other = factories.training_session(training, language="it")
    offered = wait(session, "Amina")
    factories.registration(
        other, offered.learner, status=Status.OFFERED, offer_ends_at=now() + timedelta(days=1)
    )
    placed = any_date(training, "Luca", "fr")
    factories.registration(other, placed.learner)
    declined = any_date(training, "Rosa", "fr")
    factories.registration(session, declined.learner, status=Status.CANCELLED)
    keeps = wait(session, "Tom")
    factories.registration(other, keeps.learner)
    page = visit(organiser, queue_of(session))
    assert line(page)[0] == ("1", "Tom Martin")
    assert {rank for rank, _name in line(page)[1:]} == {"–"}
    for words in ("Keeps a place in another session", "Has an offer of another session",
                  "until Tuesday 3 March 2026, 10:00, Paris time", "Has a place in another session",
                  "Had this session already"):  # fmt: skip
        assert words in page.text


def test_live_offers_are_listed_with_their_deadline(organiser):
    session = factories.training_session()
    factories.registration(
        session, person("Amina"), status=Status.OFFERED, offer_ends_at=now() + timedelta(days=1)
    )
    page = visit(organiser, queue_of(session))
    assert "answers before Tuesday 3 March 2026, 10:00, Paris time" in page.text
    assert "Nobody waits for this session" in page.text


def test_a_rank_changes_with_a_reason_that_the_record_keeps(organiser):
    session = factories.training_session(capacity=0)
    first, *_others, last = [wait(session, name) for name in ("Amina", "Luca", "Rosa", "Tom")]
    path, last_path, front = queue_of(session), f"{queue_of(session)}/{last.public_id}", first.public_id
    last_id, last_public_id = last.id, last.public_id
    page = visit(organiser, last_path)
    assert "To the front: rank 1, before Amina Martin" in page.text
    assert "Write why, in a few words." in submit(page, place=front, status=422).text
    page = submit(page, place=front, reason="Came last year and was cancelled by us")
    assert page.path == path
    assert [name for _rank, name in line(page)] == [
        "Tom Martin", "Amina Martin", "Luca Martin", "Rosa Martin",
    ]  # fmt: skip
    db.session.rollback()
    event = db.session.scalars(select(RegistrationEvent).order_by(RegistrationEvent.id.desc())).first()
    assert (event.registration_id, event.verb, event.reason) == (
        last_id, "reorder", "Came last year and was cancelled by us",
    )  # fmt: skip
    assert "registration_reorder" in db.session.scalars(select(Activity.verb)).all()
    page = visit(organiser, f"/staff/registrations/{last_public_id}")
    assert "Rank changed" in page.text
    assert "without a mail" not in page.text


@pytest.mark.parametrize(
    ("button", "order"),
    [
        ("One down", "Amina Rosa Luca Tom"),
        ("To the end", "Amina Rosa Tom Luca"),
        ("To the front", "Luca Amina Rosa Tom"),
    ],
)
def test_each_place_in_the_line_is_where_it_says(organiser, button, order):
    session = factories.training_session(capacity=0)
    rows = [wait(session, name) for name in ("Amina", "Luca", "Rosa", "Tom")]
    page = visit(organiser, f"{queue_of(session)}/{rows[1].public_id}")
    value = next(
        one.find(".//input") for one in page.all("label", class_="check") if button in "".join(one.itertext())
    ).get("value")
    page = submit(page, place=value, reason="So agreed")
    assert " ".join(name.split()[0] for _rank, name in line(page)) == order


def test_who_left_the_line_meanwhile_is_not_moved(organiser):
    session = factories.training_session(capacity=0)
    first, second = wait(session, "Amina"), wait(session, "Luca")
    path, front = f"{queue_of(session)}/{second.public_id}", first.public_id
    page = visit(organiser, path)
    from sets.registration import workflow
    from sets.registration.applying import LEARNER

    public_id = second.public_id
    db.session.rollback()
    workflow.cancel(public_id, actor=LEARNER)
    page = submit(page, place=front, reason="So agreed")
    assert "does not wait in this line any more" in page.text


def test_coordinators_read_the_line_and_do_not_change_it(client):
    session = factories.training_session(capacity=0)
    wait(session, "Amina")
    row, path = wait(session, "Luca"), queue_of(session)
    rank = f"{path}/{row.public_id}"
    sign_in(client, "coordinator")
    assert not visit(client, path).all("a", text="Change the rank")
    visit(client, rank, status=403)
    visit(client, f"/staff/sessions/{uuid.uuid4()}/queue", status=404)


def test_a_session_that_is_missing_is_counted_and_planned(organiser):
    training = factories.training()
    full = factories.training_session(training, language="es", capacity=1)
    factories.registration(full)
    wait(full, "Amina")
    any_date(training, "Luca", "es", "it")
    both = any_date(training, "Rosa", "es")
    factories.registration(full, both.learner, status=Status.WAITING)
    # Who has a place waits for no date any more, and is still in the list.
    placed = any_date(training, "Tom", "it")
    factories.registration(factories.training_session(training), placed.learner)
    slug, number = training.slug, training.id
    page = visit(organiser, DEMAND)
    assert "A session in Spanish would fill 3 places." in page.text
    assert "A session in Italian would fill 1 place." in page.text
    assert "2 wait for the full session" in page.text
    assert "of whom 1 has a place or an offer meanwhile" in page.text
    for language in ("es", "it"):
        query = f"training={slug}&session=any&status=waiting&wants={language}"
        assert query.replace("&", "&amp;") in page.source
        assert "2 registrations" in visit(organiser, f"/staff/registrations?{query}").text
    plans = [link.get("href") for link in page.all("a", text="Plan it")]
    page = visit(organiser, plans[0])
    assert (page.value("training"), page.value("language")) == (str(number), "es")


def test_nobody_who_waits_in_vain_is_said_so(organiser):
    factories.training_session()
    assert "Nobody waits in vain" in visit(organiser, DEMAND).text
    assert not visit(organiser, "/staff/sessions").all("a", text="See which sessions are missing")


def test_a_language_that_nobody_asks_for_finds_nobody(organiser):
    any_date(factories.training(), "Amina", "es")
    for wanted in ("xx", "%25", '"', "_"):
        assert "Nobody matches" in visit(organiser, f"/staff/registrations?wants={wanted}").text
    assert "1 registration" in visit(organiser, "/staff/registrations?wants=es").text
    db.session.rollback()
    assert db.session.scalar(select(Registration.id)) is not None
