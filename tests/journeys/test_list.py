"""The list as an organiser works with it, on a narrow phone: filter, view, columns, tag, note, many, merge.

Every page on the way is judged for accessibility and width.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, judging, sign_in


@pytest.fixture
def organiser(site, browser):
    """An organiser's phone with JavaScript, and what is wrong on the pages that it was asked to judge."""
    faults: list[str] = []
    with browsing(browser, site.url, viewport=NARROW, locale="en-GB") as page:
        sign_in(page)
        yield page, judging(page, faults)
    assert faults == []


def add(page: Page, first: str, email: str) -> None:
    page.goto("/staff/registrations/new")
    page.locator("label.choice", has_text="free").first.click()
    page.fill("[name=first_name]", first)
    page.fill("[name=last_name]", "Martin")
    page.fill("[name=email]", email)
    page.select_option("[name=mail_language]", "en")
    page.get_by_role("button", name="Register this person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{first} Martin")


def test_a_list_is_filtered_kept_worked_off_and_put_in_order(organiser):
    page, judge = organiser
    for first, email in (("Amina", "amina@example.org"), ("Bruno", "bruno@example.org"),
                         ("Amina", "amina.martin@example.org")):  # fmt: skip
        add(page, first, email)
    page.goto("/staff/registrations")
    page.locator("summary", has_text="State").click()
    page.get_by_role("checkbox", name="Place confirmed").check()
    page.get_by_role("checkbox", name="On the waiting list").check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator(".chip")).to_have_count(2)
    page.locator(".chip", has_text="On the waiting list").click()
    expect(page.locator(".chip")).to_have_count(1)
    judge("Registrations")

    page.locator("summary", has_text="Columns").click()
    for name in ("Training", "Session", "Received", "Mails in"):
        page.locator("#columns").get_by_role("checkbox", name=name, exact=True).uncheck()
    page.locator("#columns").get_by_role("checkbox", name="Tags", exact=True).check()
    page.get_by_role("button", name="Show these columns").click()
    page.locator("summary", has_text="Keep this view").click()
    page.get_by_role("textbox", name="Name of the view").fill("With a place")
    page.get_by_role("button", name="Keep it for the team").click()
    expect(page.get_by_role("link", name="With a place 3")).to_have_attribute("aria-current", "page")
    judge("Registrations")

    page.locator("tbody th a").first.click()
    expect(page.locator(".around")).to_contain_text("1 of 3")
    page.keyboard.press("j")
    expect(page.locator(".around")).to_contain_text("2 of 3")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bruno Martin")
    page.get_by_label("Add a tag").fill("jazz")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bruno Martin")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("Comes with a colleague.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("status")).to_contain_text("The note is on the record.")
    expect(page.locator(".around")).to_contain_text("2 of 3")
    judge("Bruno Martin")
    page.keyboard.press("k")
    expect(page.locator(".around")).to_contain_text("1 of 3")

    page.goto("/staff/registrations")
    page.locator("tr", has_text="bruno@example.org").get_by_role("checkbox").check()
    page.get_by_label("What to do").select_option("cancellation")
    page.get_by_role("button", name="Go on").click()
    judge("Cancel 1 registration?")
    page.get_by_role("textbox", name="Reason").fill("The room is too small")
    page.get_by_role("button", name="Cancel 1").click()
    expect(page.get_by_role("status")).to_contain_text("1 cancelled.")

    page.goto("/staff/duplicates")
    judge("Duplicates")
    page.get_by_role("link", name="Compare – Amina Martin").click()
    judge("Are these one person?")
    page.get_by_role("button", name="Merge the two").click()
    expect(page.get_by_role("status")).to_contain_text("The two are one person now.")
    expect(page.locator("main")).to_contain_text("amina.martin@example.org")
    page.goto("/staff/registrations/tags")
    judge("Tags")
    page.get_by_role("link", name="1 – jazz").click()
    expect(page.locator("tbody th")).to_have_text("Martin, Bruno")
