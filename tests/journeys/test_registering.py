"""The main job as people do it: from the home page to the mail and back to a cancellation; then the team's list.

On a phone, with a real browser, the real site with its worker, and a real SMTP server.
"""

from __future__ import annotations

import io
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from tests.browser import DESKTOP, browsing
from tests.checks import axe, html
from tests.journeys.walking import NARROW, add_account, crawl, judged, overflow, sign_in


@pytest.mark.parametrize("with_script", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_learner_registers_on_a_phone_in_italian_and_gives_the_place_up_through_the_mail(
    site, browser, mail, with_script
):
    address = f"giulia-{'js' if with_script else 'plain'}@example.org"
    with browsing(browser, site.url, java_script_enabled=with_script, locale="it-IT") as page:
        page.goto("/")
        assert page.url.endswith("/it/")
        page.locator(".poster h2 a").first.click()
        page.locator(".sessions a", has_text="Iscriviti").first.click()
        expect(page.locator("input[type=radio][name^=training-]:checked:not([value=''])")).to_have_count(1)

        page.get_by_role("button", name="Iscriviti").click()
        # Three things are missing: they are listed, linked, and nothing that was chosen is lost.
        expect(page).to_have_title(re.compile("^Errore"))
        expect(page.locator(".summary li a")).to_have_count(3)
        expect(page.locator("input[type=radio][name^=training-]:checked:not([value=''])")).to_have_count(1)
        page.locator(".summary li a").first.click()
        page.keyboard.type("Giulia")
        assert page.input_value("[name=first_name]") == "Giulia"
        page.fill("[name=last_name]", "D’Amico")
        page.fill("[name=email]", address)
        page.get_by_role("button", name="Iscriviti").click()
        page.wait_for_url("**/it/receipts/**")
        expect(page.locator(".status--confirmed")).to_have_count(1)
        assert address in page.inner_text("main")

        letter = mail.wait_for(1, address=address)[0]
        assert "Posto confermato" in letter.text
        assert letter.calendars
        assert "METHOD:REQUEST" in letter.calendars[0]
        assert "https://rooms" not in letter.text
        link = re.search(r"http://\S+/it/my/\S+", letter.text)[0]
        page.goto(link)
        page.get_by_role("link", name="Annulla il mio posto").click()
        page.get_by_role("button", name="Annulla il mio posto").click()
        expect(page.locator(".status--confirmed")).to_have_count(0)
        farewell = mail.wait_for(2, address=address)[1]
        assert "METHOD:CANCEL" in farewell.calendars[0]


def test_a_learner_puts_everything_right_on_pages_that_are_accessible_and_fit_a_narrow_phone(
    site, browser, mail, tmp_path
):
    faults = []

    def judge(page):
        faults.extend(f"{page.url}: {fault}" for fault in (*axe.violations(page), *overflow(page)))

    with browsing(browser, site.url, viewport=NARROW, locale="en-GB") as page:
        page.goto("/en/register")
        page.get_by_role("button", name="Register").click()
        judge(page)
        page.locator("input[type=radio][name^=training-]:not([value='']):not([value=any])").first.check()
        page.fill("[name=first_name]", "Ines")
        page.fill("[name=last_name]", "Ferreira")
        page.fill("[name=email]", "wrong@example.org")
        page.get_by_role("button", name="Register").click()
        page.wait_for_url("**/receipts/**")
        judge(page)

        page.get_by_text("Is the address wrong?").click()
        page.fill("#address [name=email]", "ines")
        page.get_by_role("button", name="Correct the address").click()
        judge(page)
        page.fill("#address [name=email]", "ines@example.org")
        page.get_by_role("button", name="Correct the address").click()
        expect(page.get_by_role("status")).to_be_visible()
        judge(page)

        letter = mail.wait_for(1, address="ines@example.org")[0]
        link = re.search(r"http://\S+/en/my/\S+", letter.text)[0]
        own = urlsplit(link).path
        faults += judged(page, [own], own, [axe.violations, overflow], least=9)
        pages = {}
        with browsing(browser, site.url, color_scheme="dark", viewport=DESKTOP) as wide:
            for path, source in crawl(wide, [own], own):
                pages[path] = source
                faults += [f"{path}, dark: {fault}" for fault in (*axe.violations(wide), *overflow(wide))]
        faults += html.faults(pages, tmp_path)

        page.goto(link)
        page.get_by_role("link", name="Change the date").click()
        page.get_by_role("button", name="Change to this date").first.click()
        expect(page.get_by_role("status")).to_contain_text("Your date is changed.")
        page.get_by_role("link", name="Cancel my place").click()
        page.fill("[name=reason]", "No time after all")
        page.get_by_role("button", name="Cancel my place").click()
        judge(page)
        page.get_by_role("button", name="Take it back").first.click()
        expect(page.locator(".status--confirmed")).to_have_count(1)

        page.get_by_role("link", name="Change my e-mail address").click()
        page.fill("[name=email]", "ines.new@example.org")
        page.get_by_role("button", name="Write to the new address").click()
        judge(page)
        letter = mail.wait_for(1, address="ines.new@example.org")[0]
        page.goto(re.search(r"http://\S+/en/addresses/\S+", letter.text)[0])
        judge(page)
        page.get_by_role("button", name="Yes, write to me here").click()
        expect(page.locator("main")).to_contain_text("ines.new@example.org")

        with page.expect_download() as waiting:
            page.get_by_role("link", name="Download my data (JSON)").click()
        assert "Ferreira" in waiting.value.path().read_text("utf-8")
        page.get_by_role("link", name="Erase everything about me").click()
        page.get_by_role("button", name="Erase everything about me").click()
        judge(page)
        page.goto(link)
        expect(page.locator("h1")).to_have_text("Everything about you is erased")
        judge(page)
    assert faults == []


def test_a_lost_link_is_found_again_by_whoever_holds_the_address(site, browser, mail):
    with browsing(browser, site.url, locale="fr-FR") as page:
        page.goto("/fr/register")
        page.locator("input[type=radio][name^=training-]:not([value='']):not([value=any])").first.check()
        page.fill("[name=first_name]", "Amina")
        page.fill("[name=last_name]", "Benali")
        page.fill("[name=email]", "amina@example.org")
        page.get_by_role("button", name="S’inscrire").click()
        mail.wait_for(1, address="amina@example.org")
        for address in ("amina@example.org", "nobody@example.org"):
            page.goto("/fr/my")
            page.fill("[name=email]", address)
            page.locator("main form button").click()
            page.wait_for_url("**/my/sent*")
            answer = page.inner_text("main").replace(address, "…")
        second = mail.wait_for(2, address="amina@example.org")[1]
        page.goto(re.search(r"http://\S+/fr/my/\S+", second.text)[0])
        expect(page.locator(".status--confirmed")).to_have_count(1)
    assert mail.to("nobody@example.org") == []
    assert "nobody" not in answer


def test_the_team_finds_the_learner_and_opens_the_list_in_a_spreadsheet(site, browser, mail):
    add_account(site, "equipe@example.org", language="fr")
    with browsing(browser, site.url, viewport=DESKTOP, locale="fr-FR") as page:
        sign_in(page, "equipe@example.org")
        page.goto("/staff/registrations")
        page.fill("[name=q]", "amin")
        page.press("[name=q]", "Enter")
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody")).to_contain_text("Benali, Amina")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Exporter cette ligne (Excel)").click()
        content = waiting.value.path().read_bytes()
        page.locator("tbody th a").click()
        expect(page.locator("main h1")).to_contain_text("Benali")
        expect(page.locator("main")).to_contain_text("amina@example.org")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 2
    assert dict(zip(rows[0], rows[1], strict=True))["Nom"] == "Benali"
