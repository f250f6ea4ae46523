"""Somebody asks to be erased: the team erases them on a narrow phone, and nobody finds them anywhere afterwards."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, add_account, judging, sign_in

ADMINISTRATOR = "ada@example.org"


@pytest.fixture(scope="module")
def administered(site):
    """The site with an administrator."""
    add_account(site, ADMINISTRATOR, name="Ada Neri", role="administrator")
    return site


@pytest.fixture
def phone(administered, browser):
    """An administrator's phone without JavaScript, and what is wrong on the pages that it was asked to judge."""
    faults: list[str] = []
    with browsing(browser, administered.url, viewport=NARROW, locale="en-GB") as page:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page, ADMINISTRATOR)
        yield page, judging(page, faults)
    assert faults == []


def register(page, name: str) -> None:
    page.goto("/staff/registrations/new")
    page.locator("label.choice").first.click()
    page.fill("[name=first_name]", name)
    page.fill("[name=last_name]", "Martin")
    page.fill("[name=email]", f"{name.lower()}@example.org")
    page.select_option("[name=mail_language]", "it")
    page.get_by_role("button", name="Register this person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{name} Martin")


def found(site, word: str) -> list[str]:
    """Return the tables of the site's database that hold a word."""
    with sqlite3.connect(site.instance / "sets.db") as connection:
        lines = [line for line in connection.iterdump() if word in line.lower()]
    return sorted({line.partition('"')[2].partition('"')[0] for line in lines})


def test_a_person_is_erased_with_a_proof_and_found_nowhere(site, mail, phone):
    page, judge = phone
    register(page, "Zenobia")
    mail.wait_for(1, address="zenobia@example.org")
    assert "learner" in found(site, "zenobia")
    page.get_by_role("link", name="Erase this person").click()
    judge("Erase Zenobia Martin?")
    page.get_by_role("button", name="Erase this person").click()
    expect(page.locator(".summary")).to_be_focused()
    judge("Erase Zenobia Martin?")
    page.get_by_label("The person asked to be erased").check()
    page.get_by_role("button", name="Erase this person").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("Proof of erasure")
    reference = (heading.text_content() or "").rpartition(" ")[2]
    judge(f"Proof of erasure {reference}")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the proof (PDF)").click()
    assert saved.value.suggested_filename == f"erasure-{reference}.pdf"
    assert found(site, "zenobia") == []
    for path in site.instance.rglob("*"):
        if path.is_file() and not re.search(r"\.db(-\w+)?$", path.name):
            assert b"zenobia" not in path.read_bytes().lower(), path
    page.goto("/staff/registrations?q=zenobia")
    expect(page.locator("main")).not_to_contain_text("Zenobia Martin")
    page.goto("/staff/erasures")
    judge("Erase on request")
    page.get_by_label("E-mail address or reference").fill(reference.lower())
    page.get_by_role("button", name="Find").click()
    expect(heading).to_have_text(f"Proof of erasure {reference}")


def test_settings_and_personal_data_are_changed_and_read_on_a_phone(site, phone):
    page, judge = phone
    page.goto("/staff/settings")
    judge("Settings")
    page.get_by_role("link", name="Change – Registrations and people").click()
    judge("Registrations and people")
    page.get_by_role("textbox").fill("2")
    page.get_by_role("button", name="Store").click()
    expect(page.locator(".summary")).to_be_focused()
    page.get_by_role("textbox").fill("12")
    page.get_by_role("button", name="Store").click()
    judge("Keep this for a shorter time?")
    page.get_by_role("button", name="Keep it for a shorter time").click()
    expect(page.get_by_role("status")).to_contain_text("The shorter period begins on")
    judge("Settings")
    expect(page.locator("main")).to_contain_text("12 months")
    page.get_by_role("link", name="Personal data").first.click()
    judge("Personal data")
    page.get_by_role("link", name="See the record").click()
    judge("Record of processing")
    page.goto("/staff/privacy/notices")
    judge("What people saw and agreed to")
    page.goto("/staff/privacy/removals")
    judge("Who goes soon")
