"""Ticking who was at a meeting: from its start on, only what was touched, nobody's mark lost without a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.clock import now
from sets.database import db, transaction
from sets.registration import attendance
from sets.registration.models import AttendanceFact, Registration, Status
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def session(app, clock):
    """A session of two meetings whose first has begun, with three people who have a place."""
    made = factories.training_session(meetings=2)
    for name in ("amina", "bruno", "chloe"):
        person = factories.learner(f"{name}@example.org", first_name=name.capitalize(), last_name="Martin")
        factories.registration(made, person)
    clock.move_to(made.meetings[0].starts_at + timedelta(minutes=10))
    return made


@pytest.fixture
def coordinator(client, session):
    sign_in(client, "coordinator")
    return client


def page_of(client, session, number=0):
    address = f"/staff/sessions/{session.public_id}/attendance?meeting={session.meetings[number].public_id}"
    return visit(client, address)


def ids():
    db.session.rollback()
    rows = db.session.scalars(select(Registration).order_by(Registration.id))
    return {row.learner.first_name.lower(): row.public_id for row in rows}


def marks(kind="ticked"):
    db.session.rollback()
    facts = db.session.scalars(select(AttendanceFact).where(AttendanceFact.kind == kind))
    return {fact.registration.learner.first_name.lower(): fact.mark for fact in facts}


def joined(session, name, number=0, **values):
    with transaction() as store:
        row = store.scalars(select(Registration).where(Registration.public_id == ids_now(store)[name])).one()
        store.add(
            AttendanceFact(
                **{
                    "registration_id": row.id,
                    "meeting_id": session.meetings[number].id,
                    "kind": "joined",
                    "at": now(),
                }
                | values
            )
        )


def ids_now(store):
    return {row.learner.first_name.lower(): row.public_id for row in store.scalars(select(Registration))}


def mark(page, **marked):
    known = ids()
    return submit(page, {f"mark-{known[name]}": value for name, value in marked.items()}, button="Save")


def test_everybody_with_a_place_can_be_marked_and_what_was_not_touched_stays_unknown(coordinator, session):
    page = page_of(coordinator, session)
    assert "Amina Martin" in page.text
    page = mark(page, amina="present", bruno="excused")
    assert "2 marks are stored." in page.text
    assert marks() == {"amina": "present", "bruno": "excused"}
    page = mark(page, amina="", bruno="partial", chloe="absent")
    assert "3 marks are stored." in page.text
    assert marks() == {"bruno": "partial", "chloe": "absent"}
    assert "Nothing had changed." in submit(page, button="Save").text


def test_the_log_has_how_many_and_no_name(coordinator, session):
    mark(page_of(coordinator, session), amina="present", bruno="absent")
    db.session.rollback()
    row = db.session.scalars(select(Activity).where(Activity.verb == "attendance_ticked")).one()
    assert (row.subject_type, row.subject_id, row.rows, row.filter) == ("session", str(session.id), 2, None)


def test_two_people_who_tick_at_once_lose_nothing_of_each_other(coordinator, session):
    first, second = page_of(coordinator, session), page_of(coordinator, session)
    mark(first, amina="present")
    page = mark(second, bruno="absent")
    assert "1 mark is stored." in page.text
    assert marks() == {"amina": "present", "bruno": "absent"}


def test_the_same_person_ticked_twice_keeps_the_first_mark_and_the_second_is_told(coordinator, session):
    first, second = page_of(coordinator, session), page_of(coordinator, session)
    mark(first, amina="present")
    page = mark(second, amina="absent", bruno="present")
    assert "their marks stand: Amina Martin." in page.text
    assert "1 mark is stored." in page.text
    assert marks() == {"amina": "present", "bruno": "present"}
    # The page shows what stands; now it can be changed knowingly.
    mark(page, amina="absent")
    assert marks()["amina"] == "absent"


def test_both_of_one_mind_is_no_trouble(coordinator, session):
    first, second = page_of(coordinator, session), page_of(coordinator, session)
    mark(first, amina="present")
    assert "Nothing had changed." in mark(second, amina="present").text


def test_who_entered_by_the_link_is_shown_and_marked_only_by_the_button(coordinator, session):
    joined(session, "amina")
    joined(session, "bruno")
    page = page_of(coordinator, session)
    assert "2 of them entered by links of their own." in page.text
    known = ids()
    assert page.value(f"mark-{known['amina']}") == ""
    page = submit(
        page,
        {f"mark-{known['bruno']}": "partial", f"mark-{known['chloe']}": "excused"},
        button="Save, and mark those who entered as present (2)",
    )
    assert marks() == {"amina": "present", "bruno": "partial", "chloe": "excused"}
    assert marks("joined").keys() == {"amina", "bruno"}
    assert "Save, and mark" not in page.text


def test_the_button_for_those_who_entered_leaves_a_mark_that_stands(coordinator, session):
    for name in ("amina", "bruno", "chloe"):
        joined(session, name)
    page = mark(page_of(coordinator, session), amina="absent", bruno="excused")
    submit(page, {f"mark-{ids()['bruno']}": ""}, button="joined")
    assert marks() == {"amina": "absent", "chloe": "present"}


def test_what_an_import_brought_is_on_the_roll_until_the_team_marks_otherwise(coordinator, session):
    joined(session, "amina", kind="imported", mark="present")
    joined(session, "bruno", kind="imported", mark="absent")
    page = page_of(coordinator, session)
    known = ids()
    assert [page.value(f"mark-{known[name]}") for name in ("amina", "bruno", "chloe")] == [
        "present",
        "absent",
        "",
    ]
    mark(page, bruno="partial")
    assert marks() == {"bruno": "partial"}
    assert page_of(coordinator, session).value(f"mark-{known['bruno']}") == "partial"
    words = visit(coordinator, f"/staff/registrations/{known['bruno']}").text
    assert "In part" in words
    assert "Absent" not in words


def test_before_the_start_nothing_can_be_ticked(coordinator, session):
    page = page_of(coordinator, session, 1)
    assert "The meeting has not begun" in page.text
    assert not page.all("input", type="radio")
    with pytest.raises(attendance.AttendanceRefused):
        attendance.tick(session.meetings[1].public_id, {ids()["amina"]: ("", "present")})
    assert marks() == {}


def test_only_people_with_a_place_are_there_and_those_noted_before_they_left(coordinator, session):
    for status in (Status.WAITING, Status.PENDING, Status.REJECTED):
        factories.registration(session, factories.learner(first_name=status.value.upper()), status=status)
    mark(page_of(coordinator, session), amina="present")
    with transaction() as store:
        for row in store.scalars(
            select(Registration).where(Registration.public_id == ids_now(store)["amina"])
        ):
            row.status = Status.CANCELLED
    page = page_of(coordinator, session)
    assert len(page.all("fieldset")) == 3
    assert "Cancelled" in page.text
    assert not [status for status in ("WAITING", "PENDING", "REJECTED") if status in page.text]


@pytest.mark.parametrize("value", ["late", "\x00", "present "])
def test_a_mark_that_does_not_exist_is_left_out(coordinator, session, value):
    submit(page_of(coordinator, session), forged={f"mark-{ids()['amina']}": value}, button="Save")
    assert marks() == {}


def test_someone_of_another_session_is_not_marked(coordinator, session):
    other = factories.registration(person=factories.learner(first_name="Other"))
    attendance.tick(session.meetings[0].public_id, {other.public_id: ("", "present")})
    assert marks() == {}


def test_each_meeting_has_its_own_marks_and_the_session_shows_both(coordinator, session, clock):
    mark(page_of(coordinator, session), amina="present", bruno="present", chloe="absent")
    clock.move_to(session.meetings[1].starts_at)
    sign_in(coordinator, "coordinator")
    page = visit(coordinator, f"/staff/sessions/{session.public_id}/attendance")
    assert page.one("a", aria_current="page", text=page.one("time").text.split(",")[0][:6]) is not None
    mark(page, amina="partial")
    page = visit(coordinator, f"/staff/sessions/{session.public_id}")
    assert "Present: 2, Absent: 1" in page.text
    assert "In part: 1, Not known: 2" in page.text


def test_the_record_shows_each_meeting(coordinator, session):
    joined(session, "amina")
    mark(page_of(coordinator, session), amina="present")
    page = visit(coordinator, f"/staff/registrations/{ids()['amina']}")
    assert "Present entered at" in page.text


def test_an_unknown_meeting_is_not_found(coordinator, session):
    other = factories.training_session()
    address = f"/staff/sessions/{session.public_id}/attendance"
    for meeting in ("x", other.meetings[0].public_id):
        assert coordinator.get(address, query_string={"meeting": meeting}).status_code == 404


def test_a_session_without_people_or_dates_says_so(coordinator, session, clock):
    empty = factories.training_session(meetings=0)
    assert "No date yet" in visit(coordinator, f"/staff/sessions/{empty.public_id}/attendance").text
    past = factories.training_session(starts=now() - timedelta(hours=1))
    page = visit(coordinator, f"/staff/sessions/{past.public_id}/attendance")
    assert "Nobody has a place in this meeting" in page.text
