"""Runs axe-core, WCAG 2.2 AA and its best practices, on a page that a browser shows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.checks import give_up

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, *, without: tuple[str, ...] = ()) -> list[str]:
    """Return what axe finds wrong on the page as it stands, one line for each element; `without` leaves rules out."""
    # A page is judged with its style: what is there may come before it on a busy machine.
    page.wait_for_load_state("load")
    if not SOURCE.exists():
        give_up("axe-core (npm)")
    # Evaluated from outside, so the page keeps its own content policy.
    page.evaluate(SOURCE.read_text("utf-8"))
    found = page.evaluate(
        """([tags, without]) => axe.run(document, {
            resultTypes: ['violations'], runOnly: {type: 'tag', values: tags},
            rules: Object.fromEntries(without.map(rule => [rule, {enabled: false}])),
        })""",
        [TAGS, list(without)],
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
