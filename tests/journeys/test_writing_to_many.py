"""Writing to the people of a session: on a narrow phone without JavaScript, with real mails; and saved while typing."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, judging, sign_in

PEOPLE = {"Amina": "fr", "Chiara": "it"}


def test_a_message_goes_from_the_page_of_a_session_to_each_one_in_their_language(site, browser, mail):
    faults = []
    with browsing(browser, site.url, viewport=NARROW, locale="en-GB") as page:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page)
        judge = judging(page, faults)
        for name, language in PEOPLE.items():
            page.goto("/staff/registrations/new")
            page.locator("label.choice", has_text=re.compile(": [0-9]+ are free")).first.click()
            for field, value in {
                "first_name": name,
                "last_name": "Martin",
                "email": f"{name.lower()}@example.org",
            }.items():
                page.fill(f"[name={field}]", value)
            page.select_option("[name=mail_language]", language)
            page.get_by_role("button", name="Register this person").click()
            expect(page.get_by_role("status")).to_contain_text("Registered.")
        page.locator("main a[href*='/staff/sessions/']").first.click()
        page.get_by_role("link", name="Write to its people").click()
        judge("Write to people")
        expect(page.locator("main")).to_contain_text("2 people")
        page.get_by_role("button", name="Write the message").click()
        judge("Your link")
        page.get_by_role("textbox", name="Subject").fill("Votre lien {prenom}")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".summary")).to_be_focused()
        judge("Your link")
        page.get_by_role("textbox", name="Subject").fill("Votre lien est là")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_role("link", name="See the names, or change to whom").click()
        judge("To whom")
        page.get_by_role("link", name="Back to the text").click()
        page.get_by_role("button", name="Save, and check it").click()
        judge("Check before sending")
        page.get_by_role("button", name="Send it").click()
        judge("Your link")
        assert mail.wait_for(2, address="amina@example.org")[1].subject == "Votre lien est là"
        theirs = mail.wait_for(2, address="chiara@example.org")[1]
        assert theirs.subject.startswith("Il tuo link per «")
        assert "Manage" not in theirs.text
        page.goto("/staff/campaigns")
        judge("Campaigns")
        expect(page.locator("main")).to_contain_text("2 of 2")
    assert faults == []


def test_what_is_typed_is_saved_by_itself_and_pressing_at_that_moment_is_no_conflict(site, browser):
    with browsing(browser, site.url, viewport={"width": 1280, "height": 900}, locale="en-GB") as page:
        sign_in(page)
        page.goto("/staff/campaigns/new?audience=news")
        page.get_by_role("button", name="Write the message").click()
        subject = page.get_by_role("textbox", name="Subject")
        subject.fill("New dates in spring")
        expect(page.locator("#saved")).to_contain_text("Saved at")
        page.reload()
        expect(subject).to_have_value("New dates in spring")
        # The site has saved it, and the answer is still on its way.
        held = []
        page.route(
            "**/edit*", lambda route: route.continue_() if held else held.append((route, route.fetch()))
        )
        subject.fill("New dates in summer")
        while not held:
            page.wait_for_timeout(100)
        subject.fill("New dates in autumn")
        page.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
        held[0][0].fulfill(response=held[0][1])
        expect(page.get_by_role("status").first).to_contain_text("The text is saved.")
        expect(subject).to_have_value("New dates in autumn")
