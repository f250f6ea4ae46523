"""Importing 500 old submissions with errors in them: on a desk and on a narrow phone without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, judging, sign_in
from tests.registration.old_submissions import ERRORS, LINES, PATH

DESK = {"width": 1280, "height": 900}
# Lines for two trainings name no day, so that both stay wrong; the day of one line is created, too.
WRONG = len(ERRORS) - 1 + 4
NEW = LINES + 2 - WRONG - 1


def settle(page: Page) -> None:
    """Say what the values stand for that no list has."""
    for line in page.locator("main form .field").all():
        words = line.inner_text()
        line.locator("select").select_option(
            "digital-collaboration" if "quotidien" in words else "en" if "Deutsch" in words else "-"
        )
    page.get_by_role("button", name="Check the lines").click()


def wait(page: Page, state: str) -> None:
    """Look at the page again until the worker has done its part."""
    for _look in range(120):
        if page.locator("#progress").inner_text().strip().startswith(state):
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(page.locator("#progress").inner_text())


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [DESK, NARROW], ids=["desk", "phone"])
def test_500_old_submissions_are_imported_once_and_taken_back(site, browser, viewport):
    faults: list[str] = []
    with browsing(browser, site.url, viewport=viewport, locale="en-GB") as page:
        if viewport is NARROW:
            page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page)
        judge = judging(page, faults)

        def send():
            page.goto("/staff/imports")
            page.set_input_files("#file", PATH)
            page.get_by_role("button", name="Read this file").click()

        page.goto("/staff/imports")
        judge("Imports")
        send()
        judge("Columns of submissions.csv")
        page.get_by_role("button", name="Check the lines").click()
        if "/values" in page.url:
            # The first time: what was said is remembered.
            judge("Values of submissions.csv")
            settle(page)
        wait(page, "Checked")
        # The sessions of that spring are made from the page: there are none, the first time.
        while page.get_by_role("link", name=re.compile("^Create this past session")).count():
            page.get_by_role("link", name=re.compile("^Create this past session")).first.click()
            page.fill("[name=begins]", "18:00")
            page.fill("[name=ends]", "20:00")
            judge("A past session")
            page.get_by_role("button", name="Create this session").click()
            wait(page, "Checked")
        judge("submissions.csv")
        page.get_by_role("link", name=f"With an error: {WRONG}").click()
        expect(page.locator("main")).to_contain_text("“Submission Date”, “Hier soir”")
        judge("submissions.csv")
        page.get_by_role("link", name="Go on to the import").click()
        judge("Import these lines?")
        expect(page.locator("main")).to_contain_text("Nobody is written to.")
        page.get_by_role("button", name=f"Import {NEW} lines").click()
        wait(page, "Imported")
        judge("submissions.csv")
        done = page.url
        page.goto("/staff/registrations?q=tilleuls")
        expect(page.locator("main")).to_contain_text(
            re.compile(f"{NEW - 1} registrations|{NEW} registrations")
        )
        # The same file again: nothing is new, and what was said of it is remembered.
        send()
        page.get_by_role("button", name="Check the lines").click()
        wait(page, "Checked")
        expect(page.locator("main")).to_contain_text("there is nothing to import")
        page.get_by_role("button", name="Throw this file away").click()
        expect(page.get_by_role("status")).to_contain_text("thrown away")
        page.goto(done)
        page.get_by_role("link", name="Undo this import").click()
        judge("Undo this import?")
        page.get_by_role("button", name="Undo this import").click()
        wait(page, "Undone")
        expect(page.locator("main")).to_contain_text(f"{NEW} registrations are gone.")
        page.goto("/staff/registrations?q=tilleuls")
        expect(page.locator("main")).to_contain_text("Nobody matches these filters")
    assert faults == []
