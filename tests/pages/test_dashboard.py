"""The dashboard: what it says is true, its numbers are those of the lists they lead to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sets.catalogue.models import SessionState
from sets.clock import now
from sets.database import transaction
from sets.registration.models import LearnerNeed, Status
from tests import factories
from tests.pages import visit
from tests.staff.signing import sign_in


@pytest.fixture
def organiser(client):
    sign_in(client, "organiser")
    return client


def row_of(page, training):
    """Return what the table of registrations says of a training, by column."""
    heads = [
        "".join(head.itertext()) for head in page.all("table")[-2].iter("th") if head.get("scope") == "col"
    ]
    for row in page.all("table")[-2].iter("tr"):
        cells = ["".join(cell.itertext()).strip() for cell in row]
        if cells[0] == training:
            return dict(zip(heads, cells, strict=True))
    raise AssertionError(page.text)


def test_a_new_site_says_the_three_steps(organiser):
    page = visit(organiser, "/staff/")
    assert page.heading == "Hello Claire Morel"
    assert "Plan a session" in page.text
    assert "Publish it" in page.text
    assert "Share the page" in page.text
    assert not page.all("table")


def test_the_counts_are_those_of_the_lists_they_lead_to(organiser):
    training, other = factories.training("bread"), factories.training("cheese")
    session = factories.training_session(training)
    for status, number in ((Status.CONFIRMED, 3), (Status.WAITING, 2), (Status.CANCELLED, 1)):
        for _ in range(number):
            factories.registration(session, status=status)
    factories.registration(of=other)
    page = visit(organiser, "/staff/")
    title = training.texts["en"].fields["short_title"]
    assert row_of(page, title) == {
        "Training": title, "Place confirmed": "3", "On the waiting list": "2", "Cancelled": "1", "In all": "6",
    }  # fmt: skip
    for link in page.all("a"):
        if "/staff/registrations?" in link.get("href", "") and (number := "".join(link.itertext())).isdigit():
            listed = visit(organiser, link.get("href"))
            assert f"{number} registration" in listed.text


def test_what_waits_for_somebody_is_to_do(organiser):
    session = factories.training_session(needs_approval=True, room_url=None, starts=now() + timedelta(days=5))
    pending = factories.registration(session, status=Status.PENDING)
    factories.delivery(status="failed")
    factories.delivery(status="failed")
    factories.delivery(status="unknown")
    with transaction() as store:
        store.add(LearnerNeed(learner_id=pending.learner_id, text="A ramp", consent_at=now()))
    page = visit(organiser, "/staff/")
    todo = " ".join("".join(item.itertext()) for item in page.one("ul", class_="todo"))
    assert "1registration awaits approval" in todo
    assert "2messages were refused" in todo
    assert "1message is to be checked" in todo
    assert "1session of the next two weeks has no room yet" in todo
    assert "1person has accessibility needs" in todo
    assert "A ramp" in page.click("person has accessibility needs that nobody has answered").text


def test_coordinators_read_neither_needs_nor_what_they_cannot_decide(client):
    registration = factories.registration(status=Status.PENDING)
    with transaction() as store:
        store.add(LearnerNeed(learner_id=registration.learner_id, text="A ramp", consent_at=now()))
    sign_in(client, "coordinator")
    page = visit(client, "/staff/")
    assert "needs" not in page.text
    assert "await approval" not in page.text
    assert "Nothing waits for you." in page.text
    assert "Plan a session" not in page.text
    visit(client, "/staff/needs", status=403)


def test_next_sessions_come_in_order_with_their_places(organiser):
    late = factories.training_session(starts=now() + timedelta(days=30), capacity=10)
    soon = factories.training_session(starts=now() + timedelta(days=3), capacity=None)
    factories.training_session(starts=now() - timedelta(days=3))
    factories.training_session(starts=now() + timedelta(days=4), state=SessionState.DRAFT)
    for _ in range(10):
        factories.registration(late)
    factories.registration(late, status=Status.WAITING)
    factories.registration(soon)
    page = visit(organiser, "/staff/")
    rows = [
        " ".join("".join(row.itertext()).split())
        for row in page.all("table", class_="table--sessions")[0].iter("tr")
    ][1:]
    assert len(rows) == 2
    assert "Open" in rows[0]
    assert "1, no limit" in rows[0]
    assert "Full" in rows[1]
    assert rows[1].endswith("10 / 10 1")


def test_mails_are_counted_with_the_age_of_the_oldest(client, clock):
    clock.move_to(now() + timedelta(days=1))
    factories.delivery(posted_at=now() - timedelta(hours=3))
    factories.delivery()
    factories.delivery(status="sent", sent_at=now() - timedelta(minutes=5))
    factories.delivery(status="sent", sent_at=now() - timedelta(days=2))
    factories.training_session()
    sign_in(client, "organiser")
    page = visit(client, "/staff/")
    tally = {"".join(one.find("dt").itertext()): "".join(one.find("dd").itertext()) for one in page.one("dl")}
    assert tally == {"sent today": "1", "waiting to leave": "2", "refused": "0", "to be checked": "0"}
    assert "The oldest one waits since: Tuesday 3 March 2026, 07:00, Paris time" in page.text


def test_weeks_begin_on_mondays_of_the_reader(client, clock):
    session = factories.training_session()
    # Sunday 23:30 and Monday 00:30 in Paris, in UTC.
    factories.registration(session, created_at=now().replace(day=1, hour=22, minute=30))
    factories.registration(session, created_at=now().replace(day=1, hour=23, minute=30))
    sign_in(client, "organiser")
    page = visit(client, "/staff/")
    weeks = [
        [" ".join(cell.itertext()) for cell in row] for row in page.one("table", class_="chart").iter("tr")
    ]
    assert [(row[0], row[2]) for row in weeks[-2:]] == [("23 Feb", "1"), ("2 Mar", "1")]


def test_the_dashboard_speaks_french(client):
    factories.registration()
    sign_in(client, "administrator", language="fr")
    assert visit(client, "/staff/").language == "fr"
