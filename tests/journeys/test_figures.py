"""From a number to the people behind it, and the report for the funder: on a narrow phone, without JavaScript."""

from __future__ import annotations

import io

from playwright.sync_api import Page, expect
from pypdf import PdfReader


def add(page: Page, name: str) -> None:
    page.goto("/staff/registrations/new")
    page.locator("label.choice", has_text="are free").first.click()
    for field, value in (
        ("first_name", name), ("last_name", "Martin"), ("email", f"{name}@example.org".lower()),
    ):  # fmt: skip
        page.fill(f"[name={field}]", value)
    page.select_option("[name=mail_language]", "en")
    page.select_option("[name=country]", "PT")
    page.get_by_role("button", name="Register this person").click()
    expect(page.get_by_role("status")).to_contain_text("Registered.")


def test_a_number_leads_to_the_people_it_counts_and_the_report_is_one_page(organiser):
    page, judge = organiser
    for name in ("Amina", "Bruno"):
        add(page, name)
    page.goto("/staff/figures")
    judge("Figures")
    for table in page.locator("summary").all():
        table.click()
    judge("Figures")
    page.get_by_role("link", name="Who registers").click()
    judge("Who registers")
    page.get_by_text("Table: Country").click()
    row = page.locator("section[aria-labelledby=figure-country] .table--stack tr", has_text="Portugal")
    expect(row.get_by_role("link")).to_have_text("2")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Registrations")
    expect(page.locator("main")).to_contain_text("2 registrations")
    expect(page.locator("main")).to_contain_text("Not moved elsewhere")
    page.goto("/staff/figures/answers")
    judge("Answers")

    page.get_by_role("link", name="Report for the funder").click()
    page.get_by_label("Language", exact=True).select_option(label="Italian")
    page.get_by_role("button", name="Show").click()
    judge("Report for the funder")
    expect(page.locator("article")).to_have_attribute("lang", "it")
    page.emulate_media(media="print")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("article .funding svg")).to_be_visible()
    page.emulate_media(media="screen")
    target = page.get_by_role("link", name="Download the PDF").get_attribute("href")
    pdf = PdfReader(io.BytesIO(page.request.get(target or "").body()))
    assert len(pdf.pages) == 1
