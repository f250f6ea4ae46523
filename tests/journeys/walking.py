"""How journeys walk through the site: signing in as a person does, following links, judging what they see."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Page, expect

from tests.checks import axe

PASSWORD = "a long enough passphrase of the team"
# The organiser whom the sites of journeys have; reads English.
ORGANISER = "claire@example.org"
NARROW = {"width": 320, "height": 640}

# What is not a page, or ends the visit.
NO_PAGE = re.compile(r"\.(pdf|ics|csv|xlsx|json|eml|svg|png|txt|xml)$|/sign-out|/static/")
# Parts of an address that differ from row to row: two pages of one shape are enough.
CHANGING = re.compile(r"(?<=/)([0-9a-f]{8}-[0-9a-f-]{27}|\d+|[\w.-]{30,})(?=/|$)")
PER_SHAPE = 2
MOST_PAGES = 60


def add_account(
    site: Any, address: str, *, name: str = "", language: str = "en", role: str = "organiser"
) -> None:
    """Give the site an account with the password of all journeys."""
    words = ("staff", "add", address, "--name", name, "--language", language, "--role", role)
    site.flask(*words, "--password-stdin", given=PASSWORD + "\n")


def crawl(page: Page, starts: list[str], within: str) -> Iterator[tuple[str, str]]:
    """Yield (path, HTML) of each page below `within` that can be reached from `starts`, left open in the browser."""
    waiting, seen, shapes = list(starts), set(starts), {}
    while waiting and len(seen) < MOST_PAGES * 10:
        path = waiting.pop(0)
        shape = CHANGING.sub("…", urlsplit(path).path)
        shapes[shape] = shapes.get(shape, 0) + 1
        if shapes[shape] > PER_SHAPE:
            continue
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path} answers {answer.status}"
        yield path, answer.text()
        for link in page.eval_on_selector_all(
            "a[href]", "links => links.map(link => link.getAttribute('href'))"
        ):
            parts = urlsplit(urljoin(page.url, link))
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            ours = parts.netloc == urlsplit(page.url).netloc and parts.path.startswith(within)
            if ours and not NO_PAGE.search(parts.path) and target not in seen:
                seen.add(target)
                waiting.append(target)


def judged(
    page: Page, starts: list[str], within: str, judges: list[Callable[[Page], list[str]]], *, least: int
) -> list[str]:
    """Return what the judges find on all the pages, of which there must be some."""
    faults, seen = [], []
    for path, _ in crawl(page, starts, within):
        seen.append(path)
        faults += [f"{path}: {fault}" for judge in judges for fault in judge(page)]
    assert len(seen) >= least, seen
    return faults


def none(faults: list[str]) -> None:
    """Fail with every fault on a line of its own."""
    assert not faults, f"{len(faults)} faults:\n" + "\n".join(faults)


def overflow(page: Page) -> list[str]:
    """Return the widest thing that makes the page scroll sideways, if it does."""
    return page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth
            if (document.documentElement.scrollWidth <= wide) return []
            const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > wide + 1)
            return ['wider than ' + wide + ' px: ' + out.slice(0, 2).map(e => e.outerHTML.slice(0, 120)).join(' … ')]
        }"""
    )


def double_text(page: Page) -> list[str]:
    """Return what makes the page scroll sideways when its text is twice as large."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    return overflow(page)


def sign_in(page: Page, address: str = ORGANISER) -> None:
    """Sign in as a person does."""
    page.goto("/staff/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


def judging(page: Page, faults: list[str]) -> Callable[[str], None]:
    """Return a function that waits for a page's heading, and adds to `faults` what axe and the width find on it."""

    def judge(heading: str) -> None:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        faults.extend(f"{page.url}: {fault}" for fault in (*axe.violations(page), *overflow(page)))

    return judge
