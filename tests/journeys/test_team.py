"""What the team does by hand, as an organiser does it: on a narrow phone, without JavaScript, with real mails.

Every page on the way is judged for accessibility and width.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.journeys.walking import NARROW


def add(page: Page, judge: Callable[[str], None], name: str, door: str) -> None:
    """Add a person to the first session of which the form says `door`."""
    page.goto("/staff/registrations/new")
    page.locator("label.choice", has_text=door).first.click()
    page.get_by_role("button", name="Register this person").click()
    expect(page.locator(".summary")).to_be_focused()
    judge("Add a person")
    page.fill("[name=first_name]", name)
    page.fill("[name=last_name]", "Martin")
    page.fill("[name=email]", address(name))
    page.select_option("[name=mail_language]", "en")
    page.get_by_role("button", name="Register this person").click()
    expect(page.get_by_role("status")).to_contain_text("Registered.")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} Martin")


def address(name: str) -> str:
    return f"{name.lower()}@example.org"


def refuse(browser: Any, site: Any, letter: Any) -> None:
    """Press the button behind the mail's link, as the person does."""
    link = re.search(r"http://\S+/objection", letter.text)
    assert link
    with browsing(browser, site.url, viewport=NARROW, java_script_enabled=False) as own:
        own.goto(link[0])
        own.get_by_role("button", name="Refuse this registration").click()
        expect(own.get_by_role("heading", level=1)).to_have_text("Refused and erased")


def test_people_are_added_and_put_in_order_and_who_refuses_makes_room_for_the_next(
    site, browser, mail, organiser
):
    page, judge = organiser
    for name, free in (("Amina", ": 3 are free"), ("Bruno", ": 2 are free"), ("Chiara", ": 1 is free")):
        add(page, judge, name, free)
    for name, rank in (("Diego", 1), ("Elena", 2)):
        add(page, judge, name, f"joins the waiting list at rank {rank}")
        expect(page.locator("main")).to_contain_text(f"Waiting list, rank {rank}")
    page.locator("main a[href*='/staff/sessions/']").first.click()
    page.get_by_role("link", name="See the waiting list in order").click()
    judge("Waiting list")
    page.get_by_role("link", name="Change the rank – Elena Martin").click()
    page.get_by_label("To the front").check()
    page.get_by_role("button", name="Change the rank").click()
    expect(page.locator(".summary")).to_be_focused()
    judge("Change the rank of Elena Martin?")
    page.get_by_role("textbox", name="Reason").fill("Came last year, and we had to cancel")
    page.get_by_role("button", name="Change the rank").click()
    expect(page.locator("tbody th").first).to_have_text("Elena Martin")

    letter = mail.wait_for(1, address=address("Amina"))[0]
    assert "Claire Morel, of the SETS team, registered you for this training." in letter.text
    assert "METHOD:REQUEST" in letter.calendars[0]
    refuse(browser, site, letter)
    offer = mail.wait_for(2, address=address("Elena"))[1]
    assert "Take the place" in offer.text
    page.reload()
    expect(page.locator("section[aria-labelledby=offers]")).to_contain_text("Elena Martin")
    judge("Waiting list")


def test_many_are_approved_after_a_page_that_names_them(site, mail, organiser):
    page, judge = organiser
    for name in ("Farid", "Greta"):
        add(page, judge, name, "held until the team approves")
    page.goto("/staff/")
    page.get_by_role("link", name="registrations await approval").click()
    judge("Registrations")
    page.get_by_label("Choose Greta Martin").check()
    page.get_by_role("button", name="Refuse the chosen").click()
    judge("Refuse 1 registration?")
    page.get_by_role("textbox", name="Reason").fill("For another audience")
    page.get_by_role("button", name="Refuse 1").click()
    expect(page.get_by_role("status")).to_have_text("1 refused.")
    page.get_by_role("button", name="Approve the one that the filter shows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 1 registration?")
    page.get_by_role("button", name="Approve 1").click()
    expect(page.get_by_role("status")).to_have_text("1 approved.")
    assert "Your place is confirmed" in mail.wait_for(2, address=address("Farid"))[1].subject

    page.goto("/staff/registrations?q=greta")
    page.get_by_role("link", name="Martin, Greta").click()
    page.get_by_role("link", name="Restore this registration").click()
    judge("Restore this registration?")
    page.get_by_label("Do not mail this person").check()
    page.get_by_role("button", name="Restore this registration").click()
    expect(page.locator("main")).to_contain_text("by the team, without a mail")
    page.get_by_role("link", name="Move to another session").click()
    judge("Move Greta Martin to another session?")
    page.locator("main input[type=radio]").first.check()
    page.get_by_role("button", name="Move to that session").click()
    expect(page.get_by_role("status")).to_contain_text("Moved to the other session.")


def test_a_session_is_planned_again_as_a_series_and_published(organiser):
    page, judge = organiser
    page.goto("/staff/sessions")
    page.locator("tbody th a").first.click()
    page.get_by_role("link", name="Plan it again").click()
    page.get_by_label("How many sessions").fill("3")
    page.get_by_role("button", name="Show the dates").click()
    expect(page.locator("[name=day]")).to_have_count(3)
    judge("Plan this session again")
    page.locator("[name=day]").nth(1).uncheck()
    page.get_by_role("button", name="Store these as drafts").click()
    expect(page.get_by_role("status")).to_contain_text("2 drafts are stored.")
    expect(page.locator("[name=session]:checked")).to_have_count(2)
    judge("Publish drafts")
    page.get_by_role("button", name="Publish the chosen").click()
    expect(page.get_by_role("status")).to_contain_text("2 sessions are published.")
    judge("Sessions")
