"""Reminders: due at the session's own hour across clock changes, once each, to who has a place, never as a flood."""

from __future__ import annotations

import html
import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from sets.catalogue.models import Meeting
from sets.clock import now
from sets.database import db, transaction
from sets.mailing.kinds import NotWanted
from sets.mailing.models import Delivery, DeliveryStatus
from sets.mailing.rendering import render
from sets.registration import reminders, workflow
from sets.registration.applying import LEARNER
from sets.registration.models import Registration, Status
from sets.registration.reminders import DAY, LATEST, due_moment, windows
from tests import factories
from tests.databases import race
from tests.registration.letters_read import as_posted, html_of, letter, mails_leave, posted, text_of
from tests.registration.signups import at

ZONES = ("Europe/Paris", "Europe/Lisbon", "Europe/Athens")
WEEK = 7 * DAY
TWO = """
import sys
from sets import create_app
from sets.registration import reminders
app = create_app()
with app.app_context():
    ready()
    while reminders.post_due():
        pass
"""


@pytest.fixture
def session(app, clock):
    """A session on Tuesday 24 March 2026, 18:00 in Paris: the clocks change on the 29th."""
    return factories.training_session(starts=at("2026-03-24 18:00"), asks_presence=False)


def confirmed(session, name="amina", **values):
    person = factories.learner(f"{name}@example.org", language=values.pop("language", "en"))
    made = factories.registration(session, person, **values)
    db.session.rollback()
    return made


def run():
    """Let the worker do all there is to do; return how many mails."""
    total = 0
    while done := reminders.post_due():
        total += done
    return total


def reminded(name="amina", kind="meeting_reminder"):
    """Return of each reminder of that person that may leave or left: minutes before, when it was posted."""
    return [(row.once_key.rpartition(":")[2], row.posted_at) for row in posted(name, kind)]


def through(clock, first, last, step=timedelta(minutes=10)):
    """Let the worker run every few minutes from one moment to another."""
    moment = first
    while moment <= last:
        clock.move_to(moment)
        run()
        moment += step


def why_dropped(name):
    """Return why the mails of that person do not leave."""
    reasons = []
    for row in posted(name):
        try:
            render(as_posted(row))
        except NotWanted as dropped:
            reasons.append(dropped.reason)
        finally:
            db.session.rollback()
    return reasons


# ------------------------------------------------------------------------------------------------------ when it is due


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 3, 30), (2026, 10, 25), (2026, 10, 26), (2026, 6, 3)])
def test_whole_days_before_are_the_same_hour_on_the_session_s_clocks(zone, day):
    starts = datetime(*day, 18, 0, tzinfo=ZoneInfo(zone))
    for days in (1, 3, 7):
        due = due_moment(starts.astimezone(UTC), zone, days * DAY).astimezone(ZoneInfo(zone))
        assert (due.date(), due.hour, due.minute) == ((starts - timedelta(days=days)).date(), 18, 0)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", [(2026, 3, 29), (2026, 10, 25)])
def test_hours_before_are_exact_while_the_clocks_change(zone, month):
    starts = datetime(*month, 4, 30, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert starts - due_moment(starts, zone, 120) == timedelta(hours=2)


@given(
    starts=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    zone=st.sampled_from(ZONES),
    leads=st.sets(st.sampled_from([30, 60, 90, 120, DAY, 2 * DAY, 3 * DAY, WEEK, 14 * DAY])),
)
def test_windows_follow_each_other_and_end_before_they_are_late(starts, zone, leads):
    starts_at = starts.replace(tzinfo=UTC)
    found = windows(starts_at, zone, leads)
    assert set(found) == leads
    ordered = sorted(found.items(), reverse=True)
    for minutes, window in ordered:
        lead = starts_at - window.due_at
        assert abs(lead - timedelta(minutes=minutes)) <= timedelta(hours=1)
        assert window.due_at < window.until <= window.due_at + min(lead / 2, LATEST)
    for (_more, earlier), (_less, later) in itertools.pairwise(ordered):
        assert earlier.until <= later.due_at


def test_a_reminder_comes_at_each_lead_and_once(clock, session):
    confirmed(session)
    through(clock, at("2026-03-16 00:00"), at("2026-03-24 20:00"))
    assert reminded() == [
        (str(WEEK), at("2026-03-17 18:00")),
        (str(DAY), at("2026-03-23 18:00")),
        ("60", at("2026-03-24 17:00")),
    ]


@pytest.mark.parametrize(
    ("zone", "starts", "due"),
    [
        ("Europe/Paris", "2026-03-30 18:00", "2026-03-23 18:00"),
        ("Europe/Lisbon", "2026-10-26 10:30", "2026-10-19 10:30"),
        ("Europe/Athens", "2026-10-25 18:00", "2026-10-18 18:00"),
    ],
)
def test_it_keeps_its_hour_across_a_clock_change(app, clock, zone, starts, due):
    clock.move_to(at("2026-03-02 10:00"))
    confirmed(factories.training_session(starts=at(starts, zone), time_zone=zone, asks_presence=False))
    clock.move_to(at(due, zone) - timedelta(seconds=1))
    assert run() == 0
    clock.move_to(at(due, zone))
    assert run() == 1


def test_each_session_has_its_own_leads(clock, app):
    session = factories.training_session(starts=at("2026-03-24 18:00"), reminders=[120], asks_presence=False)
    confirmed(session)
    through(clock, at("2026-03-16 00:00"), at("2026-03-24 20:00"), timedelta(hours=1))
    assert reminded() == [("120", at("2026-03-24 16:00"))]
    confirmed(factories.training_session(starts=at("2026-04-24 18:00"), reminders=[]), "bruno")
    through(clock, at("2026-04-16 00:00"), at("2026-04-20 20:00"), timedelta(hours=1))
    assert reminded("bruno") == []


def test_each_meeting_of_a_session_has_its_reminders(clock, app):
    session = factories.training_session(
        starts=at("2026-03-24 18:00"), meetings=2, reminders=[DAY], asks_presence=False
    )
    confirmed(session)
    through(clock, at("2026-03-22 00:00"), at("2026-04-01 20:00"), timedelta(hours=1))
    assert [when for _minutes, when in reminded()] == [at("2026-03-23 18:00"), at("2026-03-30 18:00")]


# ---------------------------------------------------------------------------------------------------------- who gets it


@pytest.mark.parametrize("status", [status for status in Status if status != Status.CONFIRMED])
def test_only_who_has_a_place_is_reminded(clock, session, status):
    values = {"offer_ends_at": at("2026-03-20 18:00")} if status == Status.OFFERED else {}
    confirmed(session, status=status, **values)
    clock.move_to(at("2026-03-17 18:00"))
    assert run() == 0


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_a_session_that_does_not_take_place_reminds_nobody(clock, session, state):
    confirmed(session)
    with transaction():
        session.state = state
    clock.move_to(at("2026-03-17 18:00"))
    assert run() == 0


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_a_session_that_takes_no_registration_reminds_all_the_same(clock, session, state):
    confirmed(session)
    with transaction():
        session.state = state
    clock.move_to(at("2026-03-17 18:00"))
    assert run() == 1


def test_a_cancelled_meeting_and_a_silent_import_remind_nobody(clock, app):
    session = factories.training_session(starts=at("2026-03-24 18:00"), meetings=2, asks_presence=False)
    confirmed(session, silent=True)
    other = factories.training_session(starts=at("2026-03-24 18:00"), asks_presence=False)
    confirmed(other, "bruno")
    with transaction():
        other.meetings[0].cancelled_at = now()
    clock.move_to(at("2026-03-17 18:00"))
    assert run() == 0


def test_who_was_confirmed_after_it_was_due_does_not_get_it(clock, session):
    clock.move_to(at("2026-03-17 18:00"))
    on_time = confirmed(session, "amina", confirmed_at=now())
    confirmed(session, "bruno", confirmed_at=now() + timedelta(seconds=1))
    clock.shift(timedelta(minutes=5))
    assert run() == 1
    assert on_time.id
    assert (len(reminded("amina")), len(reminded("bruno"))) == (1, 0)
    through(clock, at("2026-03-23 17:00"), at("2026-03-23 19:00"))
    assert len(reminded("bruno")) == 1


# --------------------------------------------------------------------------------------------------- late, moved, raced


def test_a_worker_that_was_off_for_a_day_makes_no_flood(clock, app):
    session = factories.training_session(
        starts=at("2026-03-24 18:00"), reminders=[WEEK, 3 * DAY, DAY, 120, 60], asks_presence=False
    )
    confirmed(session)
    clock.move_to(at("2026-03-24 17:10"))
    assert run() == 1
    assert reminded() == [("60", now())]


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("2026-03-17 17:59", 0),
        ("2026-03-18 17:59", 1),
        ("2026-03-18 18:00", 0),
        ("2026-03-24 05:59", 1),
        ("2026-03-24 06:00", 0),
        ("2026-03-24 17:29", 1),
        ("2026-03-24 17:30", 0),
        ("2026-03-24 18:00", 0),
    ],
)
def test_a_late_reminder_is_sent_for_half_its_lead_and_a_day_at_most(clock, session, moment, number):
    confirmed(session)
    clock.move_to(at(moment))
    assert run() == number


def moved(session, starts):
    with transaction():
        meeting = db.session.get(Meeting, session.meetings[0].id)
        meeting.starts_at, meeting.ends_at = at(starts), at(starts) + timedelta(minutes=90)


def test_after_a_move_those_not_sent_follow_and_those_sent_are_not_repeated(clock, session):
    confirmed(session)
    through(clock, at("2026-03-17 18:00"), at("2026-03-18 00:00"))
    mails_leave()
    moved(session, "2026-04-14 10:00")
    through(clock, at("2026-03-18 00:00"), at("2026-04-14 12:00"), timedelta(minutes=30))
    assert reminded() == [
        (str(WEEK), at("2026-03-17 18:00")),
        (str(DAY), at("2026-04-13 10:00")),
        ("60", at("2026-04-14 09:00")),
    ]


def test_one_that_waits_in_the_outbox_while_the_meeting_moves_is_dropped_and_written_anew(clock, session):
    confirmed(session)
    clock.move_to(at("2026-03-17 18:00"))
    run()
    moved(session, "2026-04-14 10:00")
    assert why_dropped("amina") == ["outdated"]
    drop("outdated")
    through(clock, at("2026-04-07 09:00"), at("2026-04-07 11:00"))
    assert reminded() == [(str(WEEK), at("2026-04-07 10:00"))]


def test_who_was_just_told_of_a_new_date_is_not_reminded_of_it_at_once(clock, session):
    made = confirmed(session)
    clock.move_to(at("2026-03-10 12:00"))
    moved(session, "2026-03-17 10:00")
    factories.delivery("amina@example.org", about=made, kind="session_changed")
    assert run() == 0
    through(clock, at("2026-03-10 12:00"), at("2026-03-17 12:00"), timedelta(minutes=30))
    assert [minutes for minutes, _when in reminded()] == [str(DAY), "60"]


def drop(reason):
    with transaction() as store:
        for row in store.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.QUEUED)):
            row.status, row.reason = DeliveryStatus.CANCELLED, reason


def test_one_that_the_team_stopped_is_not_written_again(clock, session):
    confirmed(session)
    clock.move_to(at("2026-03-17 18:00"))
    run()
    drop("stopped")
    assert run() == 0


def test_what_is_no_longer_true_does_not_leave(clock, session):
    made = confirmed(session)
    other = confirmed(session, "bruno").public_id
    db.session.rollback()
    clock.move_to(at("2026-03-17 18:00"))
    assert run() == 2
    workflow.cancel(other, actor=LEARNER)
    assert "meeting_reminder" in [row.kind for row in posted("bruno")]
    assert why_dropped("bruno") == ["outdated"]
    assert why_dropped("amina") == []
    assert made.id
    clock.move_to(at("2026-03-18 18:00"))
    assert why_dropped("amina") == ["outdated"]


def test_two_workers_at_once_remind_everybody_once(app, settings):
    starts = now().replace(second=0, microsecond=0) + timedelta(hours=23)
    session = factories.training_session(starts=starts, reminders=[DAY], asks_presence=False)
    for number in range(150):
        person = factories.learner(f"person{number}@example.org")
        factories.registration(session, person, confirmed_at=now() - timedelta(days=3))
    db.session.rollback()
    race(TWO, 2, settings, arguments=[])
    rows = db.session.scalars(select(Delivery)).all()
    assert len(rows) == 150
    assert {row.kind for row in rows} == {"meeting_reminder"}
    assert len({row.to_address for row in rows}) == 150


def test_batches_are_small(clock, session):
    for number in range(102):
        confirmed(session, f"person{number}")
    clock.move_to(at("2026-03-17 18:00"))
    assert (reminders.post_due(), reminders.post_due(), reminders.post_due()) == (100, 2, 0)


# ------------------------------------------------------------------------------------------------------- what it says


def test_the_reminder_says_when_on_both_clocks_and_how_to_enter_or_give_up(clock, app):
    session = factories.training_session(
        factories.training("bread"), starts=at("2026-03-24 18:00"), trainer="Ada", asks_presence=False,
        lessons_url="https://lessons.example.org/",
    )  # fmt: skip
    made = confirmed(session)
    with transaction():
        db.session.get(Registration, made.id).learner.time_zone = "Europe/Lisbon"
    clock.move_to(at("2026-03-23 18:00"))
    run()
    mail = letter("amina")
    assert mail["Subject"] == "Reminder: Tuesday 24 March 2026, 18:00, Paris time – bread (en)"
    for words in (text_of(mail), html.unescape(html_of(mail)).replace("\u00a0", " ")):
        assert "Your meeting is tomorrow" in words
        assert "Tuesday 24 March 2026, from 18:00 to 19:30, Paris time (17:00, Lisbon time)" in words
        assert "/join/" in words
        assert f"/registrations/{made.public_id}/cancellation" in words
        assert "With Ada" in words
        assert "https://lessons.example.org/" in words


@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_each_mail_leaves_in_the_reader_s_language(clock, app, language):
    session = factories.training_session(starts=at("2026-03-24 18:00"), meetings=2, reminders=[DAY])
    confirmed(session, language=language)
    through(clock, at("2026-03-21 18:00"), at("2026-03-31 18:00"), timedelta(hours=6))
    assert [row.kind for row in posted("amina")] == ["still_coming", "meeting_reminder", "meeting_reminder"]
    clock.move_to(at("2026-03-21 18:00"))
    (row, *_others) = posted("amina")
    assert row.language == language
    assert render(as_posted(row)).subject


# ------------------------------------------------------------------------------------------------------ "still coming?"


def test_people_are_asked_three_days_before_the_first_meeting_once(clock, app):
    session = factories.training_session(starts=at("2026-03-31 18:00"), meetings=2, reminders=[3 * DAY])
    made = confirmed(session)
    through(clock, at("2026-03-27 18:00"), at("2026-04-07 20:00"), timedelta(minutes=30))
    assert [row.posted_at for row in posted("amina", "still_coming")] == [at("2026-03-28 18:00")]
    # The reminder three days before the first meeting is the question; that of the second is a reminder.
    assert [when for _minutes, when in reminded()] == [at("2026-04-04 18:00")]
    clock.move_to(at("2026-03-28 18:00"))
    mail = letter("amina", "still_coming")
    assert "If you come, there is nothing to do" in text_of(mail)
    assert f"/registrations/{made.public_id}/cancellation" in html_of(mail)


@pytest.mark.parametrize("values", [{"capacity": None}, {"asks_presence": False}])
def test_nobody_is_asked_where_it_is_not_wanted_or_frees_nothing(clock, app, values):
    confirmed(factories.training_session(starts=at("2026-03-24 18:00"), reminders=[], **values))
    through(clock, at("2026-03-20 18:00"), at("2026-03-24 20:00"), timedelta(hours=1))
    assert posted("amina") == []


def test_the_button_of_the_question_opens_a_page_whose_button_frees_the_place(clock, client):
    from sets.registration.keys import page_token
    from tests.pages import submit, visit

    session = factories.training_session(starts=at("2026-03-24 18:00"), capacity=1)
    made = confirmed(session)
    address = f"/en/my/{page_token(made.learner)}/registrations/{made.public_id}/cancellation"
    db.session.rollback()
    page = visit(client, address)
    db.session.refresh(session)
    assert session.places_taken == 1
    submit(page, form="cancellation")
    db.session.rollback()
    db.session.refresh(session)
    assert session.places_taken == 0
