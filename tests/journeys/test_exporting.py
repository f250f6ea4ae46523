"""An organiser takes the list home: filters it, has it made in the background, fetches it; and prints a sign-in sheet.

On a narrow phone, without the site's scripts; every page on the way is judged.
"""

from __future__ import annotations

import csv
import re
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser import browsing
from tests.journeys.walking import NARROW, judging, sign_in

# More than are made while the browser waits.
PEOPLE = 2500


@pytest.fixture(scope="module")
def filled(site: Any) -> Any:
    """The site with many people in one session."""
    from sets import create_app
    from sets.database import db
    from tests.mailing.test_killed_workers import some_people

    app = create_app({"SETS_ENV": "local", "SETS_INSTANCE_PATH": str(site.instance)})
    with app.app_context():
        some_people(PEOPLE)
        db.session.remove()
        db.engine.dispose()
    return site


def test_a_large_export_is_asked_for_and_waits_for_whoever_asked(filled, browser, tmp_path):
    faults: list[str] = []
    with browsing(browser, filled.url, viewport=NARROW, locale="en-GB") as page:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        judge = judging(page, faults)
        sign_in(page)
        page.goto("/staff/registrations?status=confirmed")
        page.get_by_role("link", name="Other exports").click()
        judge("New export")
        expect(page.locator("main")).to_contain_text("State: Place confirmed")
        page.locator("[name=kind][value=contacts]").check()
        page.locator("#table-form [name=format][value=csv]").check()
        page.get_by_role("button", name="Make the export").click()
        judge("Contact list")
        for _ in range(60):
            if page.get_by_role("link", name="Download the file").count():
                break
            page.wait_for_timeout(500)
            page.reload()
        judge("Contact list")
        expect(page.locator("main")).to_contain_text(re.compile(r"\d+ rows"))
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Download the file").click()
        waiting.value.save_as(tmp_path / "contacts.csv")
        heading, *lines = csv.reader(
            (tmp_path / "contacts.csv").read_text("utf-8-sig").splitlines(), delimiter=";"
        )
        assert heading[:3] == ["Last name", "First name", "E-mail"]
        assert len(lines) >= PEOPLE

        page.goto("/staff/exports")
        judge("Exports")
        row = page.locator("tbody tr").first
        expect(row).to_contain_text("Contact list")
        expect(row).to_contain_text("Ready")

        page.goto("/staff/exports/new")
        page.get_by_role("button", name="Make the sign-in sheet").click()
        judge("Sign-in sheet")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Download the file").click()
        waiting.value.save_as(tmp_path / "sheet.pdf")
        assert PdfReader(tmp_path / "sheet.pdf").trailer["/Root"]["/MarkInfo"]["/Marked"]
        page.get_by_role("button", name="Remove the file now").click()
        expect(page.get_by_role("status")).to_have_text("The file is removed.")
    assert faults == []
