"""A full session and a session that moves, as people live through them: in a browser, with the real site and its mails.

The team plans and changes, learners wait, take, refuse and follow; every link comes out of a mail that was received.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar
from playwright.sync_api import expect

from tests.browser import DESKTOP, browsing
from tests.checks import axe
from tests.journeys.walking import overflow, sign_in

ROOM = "https://rooms.example.org/journey"


@pytest.fixture
def team(site, browser):
    """The organiser, signed in, on a desktop."""
    with browsing(browser, site.url, viewport=DESKTOP, locale="en-GB") as page:
        sign_in(page)
        yield page


@pytest.fixture
def learner(site, browser):
    """Somebody on a phone."""
    with browsing(browser, site.url, locale="en-GB") as page:
        yield page


def plan(page, places: int, *, days: int) -> str:
    """Have the team publish a session with that many places, and return its public id."""
    day = (datetime.now(UTC) + timedelta(days=days)).date()
    while day.weekday() > 4:
        day += timedelta(days=1)
    page.goto("/staff/sessions/new")
    page.select_option("[name=training]", index=1)
    page.select_option("[name=language]", "en")
    page.select_option("[name=time_zone]", "Europe/Paris")
    page.fill("[name=capacity]", str(places))
    page.fill("[name=meetings-0-day]", day.isoformat())
    page.fill("[name=meetings-0-starts]", "18:00")
    page.fill("[name=meetings-0-ends]", "19:30")
    page.fill("[name=meetings-0-room_url]", ROOM)
    page.locator("main form p.actions button").first.click()
    page.locator("main a[href$='/publication']").click()
    page.locator("main form.actions button").click()
    page.wait_for_url(re.compile(r"/staff/sessions/[0-9a-f-]{36}$"))
    return page.url.rpartition("/")[2]


def register(page, session: str, name: str) -> None:
    page.goto(f"/en/register?session={session}")
    page.fill("[name=first_name]", name.capitalize())
    page.fill("[name=last_name]", "Moreau")
    page.fill("[name=email]", f"{name}@example.org")
    page.get_by_role("button", name="Register").click()
    page.wait_for_url("**/receipts/**")


def link_in(letter, part: str) -> str:
    return re.search(rf"http://\S+{part}\S*", letter.text)[0]


def test_who_waits_is_offered_the_place_that_somebody_gives_up_and_takes_it(team, learner, mail):
    session = plan(team, 1, days=20)
    for name in ("first", "second", "third"):
        register(learner, session, name)
    letter = mail.wait_for(1, address="second@example.org")[0]
    assert "Waiting list, rank 1" in letter.text
    assert not letter.calendars

    learner.goto(link_in(mail.wait_for(1, address="first@example.org")[0], "/en/my/"))
    learner.get_by_role("link", name="Cancel my place").click()
    learner.get_by_role("button", name="Cancel my place").click()

    offer = mail.wait_for(2, address="second@example.org")[1]
    assert offer.subject.startswith("A place awaits you")
    assert "Answer before" in offer.text
    team.goto(f"/staff/sessions/{session}/queue")
    expect(team.locator("main")).to_contain_text("Third Moreau")
    expect(team.locator("main")).to_contain_text("Second Moreau")
    assert axe.violations(team) == []

    # Opening the link takes nothing: a scanner of mails does that too.
    learner.goto(link_in(offer, "/en/my/"))
    learner.reload()
    expect(learner.locator(".status--offered")).to_have_count(1)
    assert axe.violations(learner) == []
    learner.get_by_role("button", name="Take the place").click()
    expect(learner.locator(".status--confirmed")).to_have_count(1)
    confirmation = mail.wait_for(3, address="second@example.org")[2]
    assert "METHOD:REQUEST" in confirmation.calendars[0]
    # The place is given up again, and passes to the next one.
    learner.get_by_role("link", name="Cancel my place").click()
    learner.get_by_role("button", name="Cancel my place").click()
    assert mail.wait_for(2, address="third@example.org")[1].subject.startswith("A place awaits you")


def test_a_session_that_moves_is_told_was_and_now_and_leaves_a_way_out(team, learner, mail):
    session, other = plan(team, 5, days=30), plan(team, 5, days=44)
    register(learner, session, "mover")
    before = mail.wait_for(1, address="mover@example.org")[0]
    (event,) = Calendar.from_ical(before.calendars[0]).walk("VEVENT")

    team.goto(f"/staff/sessions/{session}/edit")
    day = event["dtstart"].dt.date() + timedelta(days=7)
    team.fill("[name=meetings-0-day]", day.isoformat())
    team.locator("main form p.actions button").first.click()
    expect(team.locator("main h1")).to_have_text("Save and tell people?")
    expect(team.locator("main")).to_contain_text("One person is told the new dates, once")
    team.fill("[name=words-en]", "The trainer is travelling that week.")
    assert [*axe.violations(team), *overflow(team)] == []
    team.get_by_role("button", name="Save and tell them").click()
    expect(team.locator("main h1")).to_contain_text(str(day.day))

    letter = mail.wait_for(2, address="mover@example.org")[1]
    assert letter.subject.startswith("New dates")
    assert "The trainer is travelling that week." in letter.text
    (moved,) = Calendar.from_ical(letter.calendars[0]).walk("VEVENT")
    assert (str(moved["uid"]), int(moved["sequence"])) == (str(event["uid"]), int(event["sequence"]) + 1)
    assert moved["dtstart"].dt == event["dtstart"].dt + timedelta(days=7)

    learner.goto(link_in(letter, "/cancellation"))
    assert [*axe.violations(learner), *overflow(learner)] == []
    learner.get_by_role("link", name="Choose another date").click()
    learner.locator(f"form:has([value='{other}']) button").first.click()
    expect(learner.get_by_role("status")).to_contain_text("Your date is changed.")
    change = mail.wait_for(3, address="mover@example.org")[2]
    assert sorted(re.search(r"METHOD:(\w+)", one)[1] for one in change.calendars) == ["CANCEL", "REQUEST"]

    team.goto(f"/staff/sessions/{other}/cancellation")
    assert [*axe.violations(team), *overflow(team)] == []
    team.get_by_role("button", name="Cancel the session and tell them").click()
    expect(team.get_by_role("status")).to_contain_text("One person is told of it by mail.")
    farewell = mail.wait_for(4, address="mover@example.org")[3]
    assert farewell.subject.startswith("The session does not take place")
    assert "METHOD:CANCEL" in farewell.calendars[0]
    learner.goto(f"/en/register?session={other}")
    expect(learner.locator("main")).not_to_contain_text("Moreau")
