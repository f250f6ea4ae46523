"""Every page that links lead to, in every language, before axe-core, the Nu checker and narrow, dark or large screens.

Pages are found by following links, so that a new page is judged from its first day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page

from sets.languages import LANGUAGES
from tests.browser import DESKTOP, browsing
from tests.checks import axe, html

# What is not a page, or ends the visit.
NO_PAGE = re.compile(r"\.(pdf|ics|csv|xlsx|json|eml|svg|png|txt|xml)$|/sign-out|/static/")
# Parts of an address that differ from row to row: two pages of one shape are enough.
CHANGING = re.compile(r"(?<=/)([0-9a-f]{8}-[0-9a-f-]{27}|\d+|[\w.-]{30,})(?=/|$)")
PER_SHAPE = 2
# How many pages there are at least: fewer, and the links are broken.
PUBLIC, STAFF = 11, 6
PASSWORD = "a long enough passphrase of the team"
MOST_PAGES = 60


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


@pytest.fixture(scope="module")
def staff(live_site):
    """The address and password of an administrator of the live site."""
    address = "administrator@example.org"
    words = ("staff", "add", address, "--role", "administrator", "--password-stdin")
    live_site.flask(*words, given=PASSWORD + "\n")
    return address, PASSWORD


def sign_in(page: Page, staff) -> None:
    """Sign in as a person does."""
    page.goto("/staff/sign-in")
    page.fill("[name=email]", staff[0])
    page.fill("[name=password]", staff[1])
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "sign-in" not in url)


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages_are_accessible_and_fit_a_narrow_phone(live_site, browser, language):
    with browsing(browser, live_site.url, viewport={"width": 320, "height": 640}) as page:
        none(judged(page, [f"/{language}/"], f"/{language}/", [axe.violations, overflow], least=PUBLIC))


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages_are_valid_html(live_site, browser, tmp_path, language):
    with browsing(browser, live_site.url, java_script_enabled=True) as page:
        pages = dict(crawl(page, [f"/{language}/"], f"/{language}/"))
    assert len(pages) >= PUBLIC, sorted(pages)
    none(html.faults(pages, tmp_path))


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "dark"},
        {"color_scheme": "dark", "viewport": DESKTOP},
        {"color_scheme": "light", "viewport": DESKTOP},
    ],
    ids=["dark-phone", "dark-desktop", "light-desktop"],
)
def test_public_pages_are_accessible_on_other_screens(live_site, browser, options):
    with browsing(browser, live_site.url, **options) as page:
        none(judged(page, ["/fr/"], "/fr/", [axe.violations, overflow], least=PUBLIC))


def test_public_pages_are_accessible_in_colours_of_the_readers_own(live_site, browser):
    def violations(page):
        # The browser replaces colours when it paints; what axe can ask for are still the page's.
        return axe.violations(page, without=("color-contrast",))

    with browsing(browser, live_site.url, forced_colors="active") as page:
        none(judged(page, ["/fr/"], "/fr/", [violations, overflow], least=PUBLIC))


def test_public_pages_bear_text_twice_as_large(live_site, browser):
    with browsing(browser, live_site.url, viewport={"width": 640, "height": 900}) as page:
        none(judged(page, ["/fr/"], "/fr/", [double_text], least=PUBLIC))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_staff_pages_are_accessible(live_site, browser, staff, scheme):
    with browsing(browser, live_site.url, color_scheme=scheme, viewport=DESKTOP) as page:
        sign_in(page, staff)
        none(judged(page, ["/staff/"], "/staff", [axe.violations, overflow], least=STAFF))


def test_staff_pages_fit_a_phone(live_site, browser, staff):
    with browsing(browser, live_site.url) as page:
        sign_in(page, staff)
        none(judged(page, ["/staff/"], "/staff", [axe.violations, overflow], least=STAFF))


def test_staff_pages_are_valid_html(live_site, browser, staff, tmp_path):
    with browsing(browser, live_site.url) as page:
        sign_in(page, staff)
        pages = dict(crawl(page, ["/staff/", "/staff/sign-in"], "/staff"))
    assert len(pages) >= STAFF, sorted(pages)
    none(html.faults(pages, tmp_path))
