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
from sets.mailing.rendering import preview
from sets.registration import session_changes, session_news, signing_up
from sets.registration.applying import Actor
from sets.registration.models import Registration, Status
from sets.staff.models import Activity
from tests import factories

from .letters_read import as_posted, events, letter, mails_leave, posted, text_of
from .signups import an_application

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


def moved_by(session, delta):
    """Return the plan of a session whose meetings are all put off by that."""
    plan = plan_of(session)
    meetings = [
        replace(one, starts_at=one.starts_at + delta, ends_at=one.ends_at + delta) for one in plan.meetings
    ]
    return replace(plan, meetings=tuple(meetings))


def test_a_change_of_dates_tells_each_active_person_once_and_nobody_else():
    session = factories.training_session(capacity=2)
    for status in ("confirmed", "pending", "waiting", "cancelled", "rejected", "expired"):
        factories.registration(session, status=status)
    factories.registration(session, status="confirmed", silent=True)
    factories.registration(of=session.training)
    told, _served = session_changes.change_session(
        session.public_id, moved_by(session, timedelta(days=7)), session.revision, actor=Actor("staff", 1)
    )
    assert told == 3
    db.session.rollback()
    mails = db.session.execute(select(Delivery.kind, Delivery.to_address)).all()
    assert [mail.kind for mail in mails] == ["session_changed"] * 3
    assert len({mail.to_address for mail in mails}) == 3
    assert verbs() == ["session_moved"]


def test_a_new_room_or_other_conditions_are_told_to_nobody():
    session = factories.training_session()
    factories.registration(session)
    plan = plan_of(session, capacity=30, trainer="Ada")
    plan = replace(plan, meetings=(replace(plan.meetings[0], room_url="https://new.example/room"),))
    assert session_changes.change_session(session.public_id, plan, session.revision) == (0, 0)
    assert db.session.scalar(select(Delivery.id)) is None


def test_a_correction_of_what_is_over_is_told_to_nobody(clock):
    session = factories.training_session()
    factories.registration(session)
    clock.shift(timedelta(days=60))
    told, _ = session_changes.change_session(
        session.public_id, moved_by(session, timedelta(hours=-1)), session.revision
    )
    assert told == 0


def test_the_mail_says_what_was_and_what_is_and_puts_the_calendar_right():
    session = factories.training_session(meetings=2)
    signing_up.register(an_application("amina", (session.training_id, session.id), page_language="en"))
    before = {str(event["uid"]): event for _method, event in events(letter("amina"))}
    mails_leave()
    plan = plan_of(stored(session.public_id))
    first, second = plan.meetings
    later = second.starts_at + timedelta(days=2)
    plan = replace(plan, meetings=(replace(second, starts_at=later, ends_at=later + timedelta(hours=1)),))
    session_changes.change_session(
        session.public_id, plan, stored(session.public_id).revision, words={"en": "The trainer is ill."}
    )
    message = letter("amina", "session_changed")
    text = text_of(message)
    assert "The trainer is ill." in text
    was, now_is = text.split("It was:")[1].split("It is now:")
    assert f"{first.starts_at.day} " in was
    assert was.count("from") == 2
    assert now_is.count(" from ") == 1
    after = {str(event["uid"]): (method, event) for method, event in events(message)}
    assert set(after) == set(before)
    assert sorted(method for method, _event in after.values()) == ["CANCEL", "REQUEST"]
    assert {int(event["sequence"]) for _method, event in after.values()} == {1}
    (requested,) = [event for method, event in after.values() if method == "REQUEST"]
    assert requested["dtstart"].dt == later


def test_a_meeting_that_stays_is_not_sent_to_calendars_again():
    session = factories.training_session(meetings=2)
    signing_up.register(an_application("amina", (session.training_id, session.id), page_language="en"))
    mails_leave()
    plan = plan_of(stored(session.public_id))
    first, second = plan.meetings
    later = second.starts_at + timedelta(days=2)
    plan = replace(
        plan, meetings=(first, replace(second, starts_at=later, ends_at=later + timedelta(hours=1)))
    )
    session_changes.change_session(session.public_id, plan, stored(session.public_id).revision)
    ((method, event),) = events(letter("amina", "session_changed"))
    assert (method, event["dtstart"].dt) == ("REQUEST", later)


def test_two_changes_before_a_mail_leaves_are_told_as_one_from_the_first_state():
    session = factories.training_session()
    signing_up.register(an_application("amina", (session.training_id, session.id), page_language="en"))
    mails_leave()
    start = stored(session.public_id).meetings[0].starts_at
    for days in (1, 2):
        current = stored(session.public_id)
        session_changes.change_session(
            session.public_id, moved_by(current, timedelta(days=days)), current.revision
        )
    (row,) = [row for row in posted("amina", "session_changed") if row.status == "queued"]
    assert row.facts["was"]["hours"][0][0] == start.isoformat()
    ((_method, event),) = events(letter("amina", "session_changed"))
    assert event["dtstart"].dt == start + timedelta(days=3)


def test_an_offer_never_outlives_the_new_start(clock):
    session = factories.training_session(starts=now() + timedelta(days=30))
    offer = factories.registration(session, status="offered", offer_ends_at=now() + timedelta(days=2))
    session_changes.change_session(
        session.public_id, moved_by(session, timedelta(days=-29)), session.revision
    )
    db.session.rollback()
    ends = db.session.get(Registration, offer.id).offer_ends_at
    assert now() < ends < stored(session.public_id).meetings[0].starts_at


def test_others_than_were_shown_are_not_told():
    session = factories.training_session()
    factories.registration(session)
    shown = session_news.read_audience(session.id).key
    factories.registration(session)
    db.session.rollback()
    with pytest.raises(PlanRefused, match="people"):
        session_changes.change_session(
            session.public_id, moved_by(session, timedelta(days=7)), session.revision, shown=shown
        )
    with pytest.raises(PlanRefused, match="people"):
        session_changes.cancel_session(session.public_id, actor=Actor("staff", 1), shown=shown)
    assert db.session.scalar(select(Delivery.id)) is None


def test_a_cancelled_session_tells_each_person_once_frees_all_places_and_withdraws_calendars():
    session = factories.training_session(capacity=1)
    other = factories.training_session(session.training, starts=now() + timedelta(days=40))
    factories.training_session(session.training, starts=now() + timedelta(days=50), capacity=0)
    for name in ("amina", "bruno"):
        signing_up.register(an_application(name, (session.training_id, session.id), page_language="en"))
    signing_up.register(an_application("chiara", (session.training_id, None)))
    mails_leave()
    told = session_changes.cancel_session(
        session.public_id, actor=Actor("staff", 1), words={"en": "Too few people came."}
    )
    assert told == 2
    assert states(session) == ["cancelled", "cancelled"]
    cancelled = stored(session.public_id)
    assert (cancelled.state, cancelled.places_taken) == ("cancelled", 0)
    message = letter("amina", "session_cancelled")
    assert [method for method, _event in events(message)] == ["CANCEL"]
    assert "Too few people came." in text_of(message)
    assert other.public_id in text_of(message)
    assert text_of(message).count("Full: waiting list") == 1
    assert events(letter("bruno", "session_cancelled")) == []
    waits = db.session.scalars(select(Registration.status).where(Registration.training_session_id.is_(None)))
    assert list(waits) == ["waiting"]
    assert verbs() == ["session_cancelled"]
    with pytest.raises(PlanRefused, match="changed"):
        session_changes.cancel_session(session.public_id, actor=Actor("staff", 1))


def test_a_session_that_is_over_or_a_draft_cannot_be_cancelled(clock):
    draft = factories.training_session(state=SessionState.DRAFT)
    past = factories.training_session()
    clock.shift(timedelta(days=60))
    for session in (draft, past):
        with pytest.raises(PlanRefused, match="changed"):
            session_changes.cancel_session(session.public_id, actor=Actor("staff", 1))


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_the_mails_are_shown_beforehand_in_the_words_in_which_they_are_sent(language):
    session = factories.training_session()
    signing_up.register(an_application("amina", (session.training_id, session.id), page_language=language))
    mails_leave()
    plan = moved_by(stored(session.public_id), timedelta(days=7))
    words = {language: "Good news."}
    (draft,) = session_news.drafts_of_change(stored(session.public_id), plan, words)
    session_changes.change_session(session.public_id, plan, stored(session.public_id).revision, words=words)
    (row,) = posted("amina", "session_changed")
    subject, text, _html = preview(as_posted(row))
    assert (draft.count, draft.subject, draft.text) == (1, subject, text)


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
    with pytest.raises(PlanRefused, match="training"):
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
    assert session_changes.change_session(
        session.public_id, plan_of(session, capacity=1), session.revision
    ) == (0, 0)
    assert states(session) == ["confirmed"] * 3 + ["waiting"] * 2
    session = stored(session.public_id)
    assert (session.capacity, session.places_taken) == (1, 3)
    assert session_changes.change_session(
        session.public_id, plan_of(session, capacity=4), session.revision
    ) == (0, 1)
    assert states(session) == ["confirmed"] * 3 + ["offered", "waiting"]
    db.session.rollback()
    assert db.session.scalar(select(Delivery.kind)) is not None


def test_a_draft_that_changes_tells_nobody():
    session, before = factories.training_session(state=SessionState.DRAFT), version()
    factories.registration(of=session.training)
    assert session_changes.change_session(
        session.public_id, plan_of(session, capacity=9), session.revision
    ) == (0, 0)
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
