"""The team's texts and brochures in a real browser: on a narrow phone, without JavaScript, every page judged."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from playwright.sync_api import expect
from pypdf import PdfWriter

LEAD = "[name=lead--it]"
NEW = "Parti da qui: come funziona l’economia sociale, oggi."
PUBLIC = "/it/trainings/social-economy"


def test_a_text_is_written_in_italian_previewed_saved_and_brought_back(organiser):
    page, judge = organiser
    page.goto("/staff/trainings")
    judge("Trainings")
    page.get_by_role("link", name="Texts – Social economy").click()
    judge("Texts of “Social economy”")
    page.get_by_role("link", name="French + Italian").click()
    before = page.input_value(LEAD)
    page.fill(LEAD, NEW)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Italian").click()
    expect(page.locator("html")).to_have_attribute("lang", "it")
    expect(page.locator("main")).to_contain_text(NEW)
    judge("Capire l’economia sociale e il suo impatto")
    page.get_by_role("button", name="Go on writing").click()
    assert page.input_value(LEAD) == NEW
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved. The public pages show it now.")
    page.goto(PUBLIC)
    expect(page.locator("main")).to_contain_text(NEW)

    page.goto("/staff/trainings/social-economy/texts/versions")
    judge("Versions of “Social economy”")
    page.get_by_role("link", name="Version 1").click()
    judge("Version 1 of “Social economy”")
    page.get_by_role("button", name="Bring this version back").click()
    expect(page.get_by_role("status")).to_contain_text("Version 1 is the present text again.")
    assert page.input_value(LEAD) == before
    page.goto(PUBLIC)
    expect(page.locator("main")).to_contain_text(before)


def test_a_part_that_is_missing_is_told_and_nothing_typed_is_lost(organiser):
    page, judge = organiser
    page.goto("/staff/pages")
    judge("Pages")
    page.get_by_role("link", name="About").click()
    page.fill("[name=lead--es]", "")
    page.fill("[name=lead--fr]", "Un {autre} début.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".summary")).to_be_focused()
    judge("Texts of “About”")
    page.locator(".summary a").first.click()
    assert page.input_value("[name=lead--fr]") == "Un {autre} début."


def test_a_brochure_of_ones_own_takes_the_place_and_the_made_one_comes_back(organiser, tmp_path):
    page, judge = organiser
    writer, content = PdfWriter(), BytesIO()
    writer.add_blank_page(300, 300)
    writer.write(content)
    own, letter = tmp_path / "ours.pdf", tmp_path / "letter.pdf"
    own.write_bytes(content.getvalue())
    letter.write_bytes(b"Dear all")
    page.goto("/staff/trainings/social-economy")
    judge("Social economy")
    _use(page, letter)
    expect(page.locator(".summary")).to_contain_text("This is not a PDF file")
    judge("Social economy")
    _use(page, own)
    expect(page.get_by_role("status")).to_contain_text("Your file is the brochure now, in Italian.")
    assert page.request.get(f"{PUBLIC}/brochure.pdf").body() == own.read_bytes()
    judge("Social economy")
    page.get_by_role("button", name="Go back to the one made from the texts").click()
    expect(page.get_by_role("status")).to_contain_text("The brochure is made from the texts again.")
    assert page.request.get(f"{PUBLIC}/brochure.pdf").body() != own.read_bytes()


def test_a_training_with_sessions_is_not_retired_and_a_new_one_begins_as_a_draft(organiser):
    page, judge = organiser
    page.goto("/staff/trainings/social-economy")
    page.get_by_role("link", name="Retire it").click()
    judge("Retire this training?")
    expect(page.locator("main")).to_contain_text("Sessions would be left without a page")
    page.goto("/staff/trainings")
    page.get_by_role("link", name="Add a training").click()
    judge("Add a training")
    page.fill("[name=slug]", "open-data")
    page.fill("[name=hours]", "6")
    page.get_by_role("button", name="Store, and write its texts").click()
    judge("Texts of “open-data”")
    page.fill("[name=title--fr]", "Données ouvertes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    page.goto("/staff/trainings/open-data/publication")
    judge("Publish this training?")
    expect(page.locator("main")).to_contain_text("Its texts are not whole yet")


def _use(page, path: Path) -> None:
    page.select_option("[name=language]", "it")
    page.set_input_files("[name=file]", path)
    page.get_by_role("button", name="Use this file", exact=True).click()
