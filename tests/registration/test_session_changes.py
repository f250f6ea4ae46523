"""Planning, changing and stepping sessions: what is stored, what is refused, who is served."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.catalogue import planning
from sets.catalogue.models import SessionState, TrainingSession
from sets.catalogue.planning import Plan, PlannedMeeting, PlanRefused
from sets.clock import now
from sets.database import db
from sets.installation import Installation
from sets.mailing.models import Delivery
from sets.registration import session_changes
from sets.registration.models import Registration, Status
from sets.staff.models import Activity
from tests import factories

pytestmark = pytest.mark.usefixtures("app")


def stored(public_id):
    db.session.rollback()
    return planning.read_session(public_id)


def plan_of(session, **changes):
    """Return the plan that the form would make of a stored session."""
    meetings = tuple(
        PlannedMeeting(one.starts_at, one.ends_at, one.room_url or "", one.id)
        for one in session.standing_meetings
    )
    names = (
        "training_id",
        "language",
        "time_zone",
        "capacity",
        "opens_at",
        "closes_at",
        "needs_approval",
        "filling",
    )
    return replace(Plan(**{name: getattr(session, name) for name in names}, meetings=meetings), **changes)


def version():
    db.session.rollback()
    return db.session.scalar(select(Installation.catalogue_version))


def states(session):
    db.session.rollback()
    rows = (
        select(Registration.status)
        .where(Registration.training_session_id == session.id)
        .order_by(Registration.id)
    )
    return list(db.session.scalars(rows))


def verbs():
    db.session.rollback()
    return list(db.session.scalars(select(Activity.verb).order_by(Activity.id)))


def test_a_plan_becomes_a_draft_that_the_public_does_not_see():
    training, before = factories.training(), version()
    starts = now() + timedelta(days=10)
    plan = Plan(training.id, "it", "Europe/Rome", 12, (PlannedMeeting(starts, starts + timedelta(hours=1)),))
    session = stored(session_changes.plan_session(plan))
    assert (session.state, session.language, session.capacity, session.revision) == ("draft", "it", 12, 1)
    assert [meeting.starts_at for meeting in session.meetings] == [starts]
    assert version() == before
    assert verbs() == ["session_planned"]


def test_meetings_are_kept_moved_added_and_cancelled_never_deleted():
    session = factories.training_session(meetings=3)
    first, second, third = session.meetings
    later = second.starts_at + timedelta(hours=2)
    meetings = (
        PlannedMeeting(first.starts_at, first.ends_at, "https://new.example/room", first.id),
        PlannedMeeting(later, later + timedelta(hours=1), "", second.id),
        PlannedMeeting(later + timedelta(days=30), later + timedelta(days=30, hours=1)),
    )
    identifiers = [first.id, second.id, third.id]
    session_changes.change_session(session.public_id, plan_of(session, meetings=meetings), session.revision)
    session = stored(session.public_id)
    assert len(session.meetings) == 4
    kept = {meeting.id: meeting for meeting in session.meetings}
    first, second, third = (kept[identifier] for identifier in identifiers)
    assert first.room_url == "https://new.example/room"
    assert first.revision == 1
    assert second.starts_at == later
    assert second.revision == 2
    assert third.cancelled_at is not None
    assert len(session.standing_meetings) == 3


def test_a_change_on_an_old_revision_is_refused_and_stores_nothing():
    session = factories.training_session()
    revision = session.revision
    session_changes.change_session(session.public_id, plan_of(session, capacity=30), revision)
    with pytest.raises(PlanRefused, match="changed"):
        session_changes.change_session(
            session.public_id, plan_of(stored(session.public_id), capacity=5), revision
        )
    assert stored(session.public_id).capacity == 30


def test_an_unknown_session_is_refused():
    with pytest.raises(PlanRefused, match="not_found"):
        session_changes.step_session("no such session", "pause")


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.PENDING, Status.WAITING])
def test_what_people_were_told_cannot_change_under_them(status):
    session, other = factories.training_session(meetings=2), factories.training()
    factories.registration(session, status=status)
    plan, moved = plan_of(session), session.meetings[1].starts_at + timedelta(hours=1)
    first, second = plan.meetings
    for change in (
        {"language": "en"},
        {"time_zone": "Europe/Athens"},
        {"training_id": other.id},
        {"meetings": (first,)},
        {"meetings": (first, replace(second, starts_at=moved, ends_at=moved + timedelta(hours=1)))},
        {"meetings": (first, second, replace(second, id=None))},
    ):
        with pytest.raises(PlanRefused, match="running"):
            session_changes.change_session(session.public_id, replace(plan, **change), session.revision)
    session = stored(session.public_id)
    assert (session.language, session.training_id, len(session.meetings)) == ("fr", plan.training_id, 2)


def test_places_window_and_rooms_change_while_people_are_registered():
    session = factories.training_session()
    factories.registration(session)
    plan = plan_of(session)
    room = replace(plan.meetings[0], room_url="https://new.example/room")
    closes = session.meetings[0].starts_at - timedelta(days=2)
    session_changes.change_session(
        session.public_id, replace(plan, capacity=3, closes_at=closes, meetings=(room,)), session.revision
    )
    session = stored(session.public_id)
    assert (session.capacity, session.closes_at) == (3, closes)
    assert session.meetings[0].room_url == "https://new.example/room"


def test_a_session_that_had_people_stays_with_its_training():
    session, other = factories.training_session(), factories.training()
    factories.registration(session, status=Status.CANCELLED)
    with pytest.raises(PlanRefused, match="running"):
        session_changes.change_session(
            session.public_id, plan_of(session, training_id=other.id), session.revision
        )
    session_changes.change_session(session.public_id, plan_of(session, language="en"), session.revision)
    assert stored(session.public_id).language == "en"


def test_fewer_places_remove_nobody_and_more_places_find_their_people():
    session = factories.training_session(capacity=3)
    for _ in range(3):
        factories.registration(session)
    for _ in range(2):
        factories.registration(session, status=Status.WAITING)
    assert (
        session_changes.change_session(session.public_id, plan_of(session, capacity=1), session.revision) == 0
    )
    assert states(session) == ["confirmed"] * 3 + ["waiting"] * 2
    session = stored(session.public_id)
    assert (session.capacity, session.places_taken) == (1, 3)
    assert (
        session_changes.change_session(session.public_id, plan_of(session, capacity=4), session.revision) == 1
    )
    assert states(session) == ["confirmed"] * 3 + ["offered", "waiting"]
    db.session.rollback()
    assert db.session.scalar(select(Delivery.kind)) is not None


def test_a_draft_that_changes_tells_nobody():
    session, before = factories.training_session(state=SessionState.DRAFT), version()
    factories.registration(of=session.training)
    assert (
        session_changes.change_session(session.public_id, plan_of(session, capacity=9), session.revision) == 0
    )
    assert version() == before
    assert states(session) == []


def test_publication_offers_places_to_those_who_wait_for_a_date():
    training = factories.training()
    waiting = [factories.registration(of=training) for _ in range(3)]
    session = factories.training_session(training, state=SessionState.DRAFT, capacity=2)
    before = version()
    assert session_changes.step_session(session.public_id, "publication") == 2
    assert states(session) == ["offered", "offered"]
    assert version() > before
    db.session.rollback()
    assert {one.status for one in db.session.scalars(select(Registration).where(
        Registration.id.in_([one.id for one in waiting])))} == {"waiting"}  # fmt: skip
    assert stored(session.public_id).places_taken == 2
    assert verbs() == ["session_published"]


def test_publication_without_a_date_offers_nothing():
    training = factories.training()
    factories.registration(of=training)
    session = factories.training_session(training, state=SessionState.DRAFT, meetings=0)
    assert session_changes.step_session(session.public_id, "publication") == 0
    assert states(session) == []
    assert stored(session.public_id).state == "published"


def test_a_paused_session_serves_nobody_until_it_is_open_again():
    session = factories.training_session(capacity=1)
    factories.registration(session, status=Status.WAITING)
    assert session_changes.step_session(session.public_id, "pause") == 0
    assert states(session) == ["waiting"]
    assert session_changes.step_session(session.public_id, "resumption") == 1
    assert states(session) == ["offered"]


def test_a_closed_session_still_serves_its_queue():
    session = factories.training_session(capacity=1)
    factories.registration(session, status=Status.WAITING)
    assert session_changes.step_session(session.public_id, "closure") == 1


@pytest.mark.parametrize(
    ("state", "steps"),
    [
        ("draft", ["publication"]),
        ("published", ["pause", "closure"]),
        ("paused", ["resumption", "closure"]),
        ("closed", ["resumption"]),
        ("cancelled", []),
    ],
)
def test_each_state_has_its_steps_and_refuses_the_others(state, steps):
    session = factories.training_session(state=state)
    assert session_changes.possible_steps(state) == steps
    for step in set(session_changes.STEPS) - set(steps):
        with pytest.raises(PlanRefused, match="changed"):
            session_changes.step_session(session.public_id, step)
    db.session.rollback()
    assert db.session.scalar(select(TrainingSession.state)) == state
