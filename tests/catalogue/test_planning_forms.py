"""The form that plans a session: what it reads, what it refuses in words, what it works out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import MultiDict

from sets.catalogue.labels import training_labels
from sets.catalogue.planning_forms import SessionForm
from sets.languages import speaking
from tests import factories

pytestmark = pytest.mark.usefixtures("app", "clock")

WRONG_MEETINGS = [
    (("", "18:00", "19:00"), "day-0", "Choose the day, or empty the whole row."),
    (("2026-05-01", "", "19:00"), "starts-0", "Write when it begins, or empty the whole row."),
    (("2026-05-01", "18:00", ""), "ends-0", "Write when it ends, or empty the whole row."),
    (("2026-05-01", "18:00", "17:00"), "ends-0", "The end must come after the beginning."),
    (("31/02/2026", "18:00", "19:00"), "day-0", "Write the day as day/month/year, for example 31/03/2026."),
    (("2026-05-01", "noon", "19:00"), "starts-0", "Write the hour as 18:00."),
    (("0001-01-01", "18:00", "19:00"), "day-0", "Check the year."),
    (("2026-03-29", "02:30", "04:00"), "starts-0",
     "This hour does not exist on that day: the clocks change. Choose another."),
    (("2026-03-29", "01:30", "02:30"), "ends-0",
     "This hour does not exist on that day: the clocks change. Choose another."),
    (("2026-05-01", "18:00", "19:00", "http://room.example"), "room_url-0",
     "Write the whole address of the room, from “https://” on."),
    (("2026-03-01", "18:00", "19:00"), "day-0",
     "This day is in the past. Correct it, or tick that it is meant."),
]  # fmt: skip
WRONG_VALUES = [
    ({"training": ""}, "training", "Choose a training."),
    ({"language": "xx"}, "language", "This choice is not in the list any more. Choose another."),
    ({"time_zone": "Mars/Olympus"}, "time_zone", "This choice is not in the list any more. Choose another."),
    ({"capacity": "many"}, "capacity", "Write a number of places, or leave it empty for no limit."),
    ({"capacity": "-1"}, "capacity", "Write a number of places, or leave it empty for no limit."),
    ({"capacity": "9" * 400}, "capacity", "Write a number of places, or leave it empty for no limit."),
    ({"capacity": "9" * 5000}, "capacity", "Write a number of places, or leave it empty for no limit."),
    ({"opens_at": "2026-03-29T02:30"}, "opens_at",
     "This hour does not exist on that day: the clocks change. Choose another."),
    ({"opens_at": "2026-04-02T10:00", "closes_at": "2026-04-01T10:00"}, "closes_at",
     "Registration must close after it opens."),
    ({"closes_at": "soon"}, "closes_at", "Write the day and the hour, for example 31/03/2026 18:00."),
    ({"needs_approval": "y", "closes_at": "2026-04-02T10:00", "decide_by": "2026-04-01T10:00"}, "decide_by",
     "The team decides after registration has closed. Choose a later moment."),
]  # fmt: skip


@pytest.fixture(autouse=True)
def english(app):
    with speaking("en"):
        yield


@pytest.fixture
def training():
    return factories.training("bread")


def filled(of, *meetings, **values):
    """Return the form as sent: meetings are (day, from, to) or with a room."""
    typed = {"training": str(of.id), "language": "fr", "time_zone": "Europe/Paris", "filling": "offer"}
    for number, meeting in enumerate(meetings):
        names = ("day", "starts", "ends", "room_url")
        typed |= {f"meetings-{number}-{name}": value for name, value in zip(names, meeting, strict=False)}
    return SessionForm(MultiDict(typed | values), trainings=training_labels().values())


def refusals(form):
    """Return what the form refuses, by the field's name."""
    form.validate()
    found = {name: errors[0] for name, errors in form.errors.items() if name != "meetings"}
    for entry in form.meetings:
        found |= {f"{name}-{entry.short_name}": errors[0] for name, errors in entry.form.errors.items()}
    return found


def test_days_and_hours_become_moments_of_the_zone(training):
    form = filled(
        training, ("2026-03-28", "18:00", "19:30"), ("30/03/2026", "18h", "19h30", "https://a.example/b")
    )
    assert refusals(form) == {}
    plan = form.as_plan()
    # The clocks change in between.
    assert [meeting.starts_at for meeting in plan.meetings] == [
        datetime(2026, 3, 28, 17, 0, tzinfo=UTC), datetime(2026, 3, 30, 16, 0, tzinfo=UTC),
    ]  # fmt: skip
    assert plan.meetings[1].room_url == "https://a.example/b"


def test_meetings_are_put_in_order_and_blank_rows_are_none(training):
    form = filled(
        training, ("2026-05-02", "10:00", "11:00"), ("", " ", "", ""), ("2026-05-01", "10:00", "11:00")
    )
    assert refusals(form) == {}
    assert [meeting.starts_at.day for meeting in form.as_plan().meetings] == [1, 2]


def test_what_is_wrong_with_a_meeting_is_said_at_its_field(training):
    for meeting, field, sentence in WRONG_MEETINGS:
        assert refusals(filled(training, meeting)).get(field) == sentence, meeting


def test_errors_of_rows_are_in_the_list_that_the_summary_reads(training):
    form = filled(training, ("2026-03-29", "02:30", "04:00"))
    form.validate()
    assert any(form.meetings.errors)


def test_a_past_day_is_taken_when_it_is_meant(training):
    form = filled(training, ("2026-03-01", "18:00", "19:00"), past_is_meant="y")
    assert refusals(form) == {}
    assert form.asks_about_past


def test_what_is_wrong_with_the_rest_is_said_at_its_field(training):
    for values, field, sentence in WRONG_VALUES:
        assert refusals(filled(training, **values)).get(field) == sentence, values


def test_no_places_means_no_limit(training):
    form = filled(training, capacity="")
    assert refusals(form) == {}
    assert form.as_plan().capacity is None
    form = filled(training, capacity="1 200")
    assert refusals(form) == {}
    assert form.as_plan().capacity == 1200


def test_the_team_decides_a_day_before_and_registration_closes_then(training):
    form = filled(training, ("2026-05-02", "10:00", "11:00"), needs_approval="y")
    assert refusals(form) == {}
    plan = form.as_plan()
    assert plan.decide_by == plan.closes_at == datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def test_what_the_form_works_out_stays_empty_in_it(training):
    session = factories.training_session(
        training, starts=datetime(2026, 5, 2, 8, 0, tzinfo=UTC), needs_approval=True,
        decide_by=datetime(2026, 5, 1, 8, 0, tzinfo=UTC), closes_at=datetime(2026, 5, 1, 8, 0, tzinfo=UTC),
    )  # fmt: skip
    form = SessionForm(None, session=session, trainings=training_labels().values())
    assert form.decide_by.data is None
    assert form.closes_at.data is None
    assert form.meetings[0].form.starts.data.hour == 10
    assert form.meetings[0].form.day.data.isoformat() == "2026-05-02"


def test_a_form_of_odd_names_is_read_all_the_same(training):
    odd = {
        "meetings-²-day": "2026-05-01",
        f"meetings-{'9' * 5000}-day": "x",
        "meetings": "1",
        "meetings-": "2",
    }
    form = filled(training, ("2026-05-01", "10:00", "11:00"), **odd)
    assert refusals(form) == {}
    assert len(form.as_plan().meetings) == 1
