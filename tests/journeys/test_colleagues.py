"""Inviting a colleague who signs in with a passkey and has no password, asking a second factor of all, saying goodbye.

The passkeys are a virtual authenticator's of Chromium. Every page on the way is judged at 320 px.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, add_account, judging, sign_in

NORA, ADA, OMAR = "nora@example.org", "ada@example.org", "omar@example.org"
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What is wrong on the pages that somebody was asked to judge."""
    found: list[str] = []
    yield found
    assert found == []


@contextmanager
def somebody(browser: Any, site: Any) -> Iterator[Page]:
    """Open a browser whose device makes and keeps passkeys; these belong to names, never to bare addresses."""
    with browsing(browser, by_name(site.url), viewport=NARROW, locale="en-GB") as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable", {"enableUI": False})
        device.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})
        yield page


def by_name(url: str) -> str:
    return url.replace("127.0.0.1", "localhost")


def add_passkey(page: Page, name: str) -> None:
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("status")).to_contain_text(f"The passkey “{name}” is ready.")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_colleague_is_invited_and_signs_in_with_a_passkey_only(site, browser, mail, faults):
    for address, role in ((ADA, "administrator"), (OMAR, "coordinator")):
        add_account(site, address, name=address.partition("@")[0].title(), role=role)
    with somebody(browser, site) as ada, somebody(browser, site) as nora:
        judge, nora_judges = judging(ada, faults), judging(nora, faults)
        sign_in(ada, ADA)
        ada.goto("/staff/people")
        judge("People")
        ada.get_by_role("link", name="Invite a colleague").click()
        ada.get_by_role("button", name="Send the invitation").click()
        expect(ada.locator(".summary")).to_be_focused()
        judge("Invite a colleague")
        ada.fill("[name=email]", NORA)
        ada.fill("[name=name]", "Nora")
        ada.get_by_label("Organiser:").check()
        ada.select_option("[name=language]", "en")
        ada.get_by_role("button", name="Send the invitation").click()
        judge("Nora")

        letter = mail.wait_for(1, address=NORA)[0]
        link = re.search(r"http://\S+/staff/invitation/\S+", letter.text)
        assert link
        nora.goto(by_name(link[0]))
        nora_judges("Welcome, Nora")
        nora.get_by_role("button", name="Use a passkey").click()
        nora_judges("My passkeys")
        nora.goto("/staff/")
        nora_judges("Choose how you sign in")
        nora.get_by_role("link", name="Add a passkey").click()
        add_passkey(nora, "Phone")
        nora.goto("/staff/")
        expect(nora.get_by_role("heading", level=1)).to_contain_text("Nora")
        sign_out(nora)
        nora.goto(by_name(link[0]))
        nora_judges("This invitation no longer works")
        nora.goto("/staff/sign-in")
        nora.get_by_role("button", name="Sign in with a passkey").click()
        nora.wait_for_url("**/staff/")

        ada.goto("/staff/people/second-factor")
        ada.get_by_label("Everybody").check()
        ada.get_by_role("button", name="Store").click()
        expect(ada.locator(".summary")).to_contain_text("Set up a second factor first")
        judge("Who needs a second factor")
        ada.goto("/staff/account/passkeys")
        add_passkey(ada, "Blue key")
        ada.goto("/staff/people/second-factor")
        ada.get_by_label("Everybody").check()
        ada.get_by_role("button", name="Store").click()
        judge("People")

        with somebody(browser, site) as omar:
            sign_in(omar, OMAR)
            judging(omar, faults)("One more step")
            omar.get_by_role("link", name="Add a passkey").click()
            add_passkey(omar, "Laptop")
            omar.goto("/staff/registrations")
            expect(omar.get_by_role("heading", level=1)).to_have_text("Registrations")
        nora.goto("/staff/account")
        nora_judges("My account")

        ada.goto("/staff/people")
        ada.get_by_role("link", name="Nora").click()
        judge("Nora")
        ada.get_by_role("link", name="Reset the second factor").click()
        judge("Reset the second factor of Nora?")
        ada.go_back()
        ada.get_by_role("link", name="Withdraw access").click()
        judge("Withdraw the access of Nora?")
        ada.get_by_role("button", name="Withdraw access").click()
        expect(ada.get_by_role("status")).to_have_text("Access is withdrawn.")
        judge("Nora")
        nora.goto("/staff/account")
        expect(nora.get_by_role("heading", level=1)).to_have_text("Sign in")
        ada.get_by_role("link", name="What was done to this account").click()
        judge("Activity")
        expect(ada.locator("tbody")).to_contain_text("Withdrew access")
        with ada.expect_download() as download:
            ada.get_by_role("button", name="Export what the filter shows (CSV)").click()
        assert download.value.suggested_filename.startswith("activity-")
