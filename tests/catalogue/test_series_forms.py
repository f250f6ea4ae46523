"""Planning a session again: hours stay on the clock across clock changes, and what deserves a look is said."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from sets.catalogue.holidays import easter, is_common_holiday
from sets.catalogue.series_forms import SeriesForm, copied_plan, copies
from sets.languages import speaking
from tests import factories
from tests.registration.signups import at

pytestmark = pytest.mark.usefixtures("app", "clock")


@pytest.fixture(autouse=True)
def english(app: Flask):
    with speaking("en"):
        yield


def local(moment, zone="Europe/Paris"):
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("starts", "first"),
    [("2026-03-24 18:00", date(2026, 3, 31)), ("2026-10-20 18:00", date(2026, 10, 27))],
    ids=["spring", "autumn"],
)
@pytest.mark.parametrize("zone", ["Europe/Paris", "Europe/Lisbon", "Europe/Athens"])
def test_the_hour_stays_when_the_clocks_change(starts, first, zone):
    session = factories.training_session(starts=at(starts, zone), meetings=2, time_zone=zone)
    plan = copied_plan(session, first)
    assert [local(meeting.starts_at, zone)[11:] for meeting in plan.meetings] == ["18:00", "18:00"]
    assert local(plan.meetings[0].starts_at, zone)[:10] == first.isoformat()
    (copy,) = copies(session, [first], [])
    assert any("The clocks have changed" in remark for remark in copy.remarks)


def test_a_copy_has_everything_but_its_replay_and_its_dates_move_along():
    session = factories.training_session(
        starts=at("2026-03-17 18:00"), capacity=12, needs_approval=True, filling="automatic",
        opens_at=at("2026-03-03 09:00"), closes_at=at("2026-03-15 12:00"), decide_by=at("2026-03-16 12:00"),
        trainer="Ana Horvat", reminders=[60], asks_presence=False, replay_url="https://video.example.org/1",
        materials_url="https://files.example.org/1",
    )  # fmt: skip
    plan = copied_plan(session, date(2026, 4, 14))
    assert (plan.capacity, plan.needs_approval, plan.filling) == (12, True, "automatic")
    assert (plan.trainer, plan.reminders, plan.asks_presence) == ("Ana Horvat", (60,), False)
    assert (plan.materials_url, plan.replay_url) == ("https://files.example.org/1", "")
    assert plan.meetings[0].room_url == "https://rooms.example.org/one"
    assert plan.meetings[0].id is None
    moved = [local(one) for one in (plan.opens_at, plan.closes_at, plan.decide_by) if one]
    assert moved == ["2026-03-31 09:00", "2026-04-12 12:00", "2026-04-13 12:00"]


def test_a_series_names_what_deserves_a_look():
    session = factories.training_session(starts=at("2026-03-30 18:00"))
    taken = [at("2026-04-13 18:00")]
    days = [date(2026, 2, 23), date(2026, 4, 6), date(2026, 4, 13), date(2026, 4, 18)]
    past, easter_monday, double, saturday = copies(session, days, taken)
    assert "It begins in the past." in past.remarks
    assert "Monday 6\xa0April is a public holiday in many countries." in easter_monday.remarks
    assert double.remarks == ("A session of this training in this language begins then already.",)
    assert "It is another day of the week than the session that it repeats." in saturday.remarks
    assert "It falls on a weekend." in saturday.remarks
    assert double.meetings == ("Monday 13\xa0April 2026, 18:00 to 19:30",)


def test_an_hour_that_the_clocks_skip_is_said():
    session = factories.training_session(starts=at("2026-03-22 02:30"), minutes=20)
    (copy,) = copies(session, [date(2026, 3, 29)], [])
    assert any("does not exist on that day" in remark for remark in copy.remarks)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"first": "", "every": "1", "count": "4"}, "Choose the first day."),
        ({"first": "2026-04-07", "every": "0", "count": "4"}, "Write a number of weeks, from 1 to 52."),
        ({"first": "2026-04-07", "every": "1", "count": "27"}, "Write how many sessions, from 1 to 26."),
        ({"first": "someday", "every": "x", "count": ""}, "Write the day as day/month/year"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(typed, words):
    form = SeriesForm(MultiDict(typed), session=factories.training_session())
    assert not form.validate()
    assert any(words in str(error) for errors in form.errors.values() for error in errors)


def test_the_days_are_so_many_weeks_apart():
    typed = MultiDict({"first": "07/04/2026", "every": "2", "count": "3"})
    form = SeriesForm(typed, session=factories.training_session())
    assert form.validate()
    assert form.days() == [date(2026, 4, 7), date(2026, 4, 21), date(2026, 5, 5)]


def test_a_session_of_long_ago_proposes_a_day_to_come():
    session = factories.training_session(starts=at("2025-09-02 18:00"))
    proposed = SeriesForm(session=session).first.data
    assert proposed == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("year", "day"), [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)),
                      (2038, date(2038, 4, 25)), (2100, date(2100, 3, 28))],
)  # fmt: skip
def test_easter_falls_where_the_calendar_says(year, day):
    assert easter(year) == day
    assert is_common_holiday(date(2026, 5, 25))
    assert not is_common_holiday(datetime(2026, 5, 26).date())


def test_copies_that_would_meet_each_other_are_named_and_not_proposed():
    session = factories.training_session(starts=at("2026-03-17 18:00"), meetings=3)
    first, second = copies(session, [date(2026, 4, 7), date(2026, 4, 14)], [])
    assert "One of its meetings falls together with one of a copy before it." not in first.remarks
    assert "One of its meetings falls together with one of a copy before it." in second.remarks
    assert SeriesForm(session=session).every.data == 3
