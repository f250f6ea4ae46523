"""Runs axe-core, WCAG 2.2 AA and its best practices, on a page that a browser shows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.checks import give_up

SOURCE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong on the page as it stands, one line for each element."""
    if not SOURCE.exists():
        give_up("axe-core (npm)")
    # Evaluated from outside, so the page keeps its own content policy.
    page.evaluate(SOURCE.read_text("utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
