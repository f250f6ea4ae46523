"""A question that people answered is changed: reworded, previewed in Italian, made live, answered on a phone.

The organiser works without JavaScript at 320 px; the learner once with the script and once without it.
"""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import browsing
from tests.journeys.walking import NARROW, judging, sign_in

HERE = "/staff/questions/general"


def register(page: Page, name: str) -> None:
    """Fill in what everybody fills in, and send the form."""
    for field, value in {
        "first_name": name,
        "last_name": "Rossi",
        "email": f"{name.lower()}@example.org",
    }.items():
        page.fill(f"[name={field}]", value)
    page.locator("main form button").last.click()
    expect(page.locator("main")).to_contain_text(f"{name.lower()}@example.org")


def choose_a_date(page: Page) -> None:
    """Take the first date of the first training."""
    page.goto("/it/register")
    page.locator("fieldset.pick label.choice").first.click()


def headings(page: Page) -> str:
    """Return the columns of the export of today."""
    return page.request.get("/staff/registrations.csv").text().splitlines()[0]


def test_a_question_with_answers_is_changed_previewed_made_live_and_answered(site, browser, mail):
    faults: list[str] = []
    with browsing(browser, site.url, viewport=NARROW, java_script_enabled=False) as learner:
        choose_a_date(learner)
        learner.fill("[name=q-expectations]", "Un progetto")
        register(learner, "Anna")
    with browsing(browser, site.url, viewport=NARROW, locale="en-GB") as page:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page)
        judge = judging(page, faults)
        page.goto("/staff/questions")
        judge("Questions")
        page.get_by_role("link", name="For everybody").click()
        judge("Questions: For everybody")
        page.get_by_role("link", name=re.compile("What would you like")).click()
        judge("Change a question")
        expect(page.locator("main")).to_contain_text("1 answer")
        page.fill("[name=label-fr]", "Que voulez-vous savoir faire ?")
        # The key Enter in a line saves; here the button does.
        page.get_by_role("button", name="Save in the draft").click()
        expect(page.get_by_role("status")).to_contain_text("saved in the draft")
        expect(page.locator("aside")).to_contain_text("1 changed since")
        page.get_by_role("link", name=re.compile("What would you like")).click()
        page.fill("[name=label-it]", "Che cosa vuoi saper fare?")
        page.get_by_role("button", name="Save in the draft").click()
        add(page, judge, "Yes or no", {"label-fr": "Publique ?", "label-it": "È un ente pubblico?"})
        page.goto(f"{HERE}/new?type=choice")
        page.fill("[name=label-fr]", "Quel type ?")
        page.fill("[name=label-it]", "Di che tipo?")
        for number, (french, italian) in enumerate([("Commune", "Comune"), ("Autre", "Altro")], 1):
            page.fill(f"[name=choice-new{number}-fr]", french)
            page.fill(f"[name=choice-new{number}-it]", italian)
        page.locator("[name=choice-new2-text]").check()
        page.locator("details summary").click()
        page.locator("label.check", has_text=re.compile("“Yes”")).click()
        judge("New question: One choice")
        page.get_by_role("button", name="Add to the draft").click()
        expect(page.locator("main")).to_contain_text("Only if you answered “Yes”")
        page.get_by_role("link", name="As the form shows it, in each language").click()
        page.get_by_role("link", name="Italiano").click()
        judge("Preview: For everybody")
        shown = page.locator(".shown-form")
        expect(shown).to_contain_text("Che cosa vuoi saper fare?")
        expect(shown).to_contain_text("Di che tipo?")
        expect(page.locator("main form")).to_have_count(0)
        before = headings(page)
        page.goto(HERE)
        page.get_by_role("link", name="Make it live …").click()
        judge("Make these questions live?")
        expect(page.locator("main")).to_contain_text("1 answer")
        page.get_by_role("button", name="Make it live").click()
        expect(page.get_by_role("status")).to_contain_text("are live")
        page.get_by_role("link", name="Versions: who changed what").click()
        judge("Versions: For everybody")
        assert len(headings(page).split(";")) >= len(before.split(";"))
        answer(browser, site, faults)
        lines = page.request.get("/staff/registrations.csv").text()
        assert (
            "Altro: Cooperativa" in lines or "Other: Cooperativa" in lines or "Autre: Cooperativa" in lines
        ), lines
        assert "Un progetto" in lines
        assert "Un altro progetto" in lines
    assert faults == []


def add(page: Page, judge, kind: str, words: dict[str, str]) -> None:
    """Add a question of a kind from its list."""
    page.goto(HERE)
    page.get_by_role("link", name="Add a question").click()
    judge("Add a question")
    page.get_by_role("link", name=kind, exact=True).click()
    judge(f"New question: {kind}")
    for name, value in words.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Add to the draft").click()
    expect(page.get_by_role("status")).to_contain_text("in the draft")


def answer(browser, site, faults: list[str]) -> None:
    """Register in Italian on a phone: what is not asked is not there, until its answer is given."""
    with browsing(browser, site.url, viewport=NARROW, locale="it-IT") as learner:
        choose_a_date(learner)
        judging(learner, faults)("Iscriviti")
        kind = learner.get_by_text("Di che tipo?")
        expect(kind).to_be_hidden()
        learner.locator("[name=q-publique][value=yes]").check()
        expect(kind).to_be_visible()
        words = learner.locator("[name$=-words]")
        expect(words).to_be_hidden()
        learner.locator("[name=q-quel_type][value=other]").check()
        expect(words).to_be_visible()
        words.fill("Cooperativa")
        judging(learner, faults)("Iscriviti")
        learner.fill("[name=q-expectations]", "Un altro progetto")
        register(learner, "Bruno")
