"""Every page that links lead to, in every language, before axe-core, the Nu checker and narrow, dark or large screens.

Pages are found by following links, so that a new page is judged from its first day.
"""

from __future__ import annotations

import pytest

from sets.languages import LANGUAGES
from tests.browser import DESKTOP, browsing
from tests.checks import axe, html
from tests.journeys.walking import (
    NARROW,
    add_account,
    crawl,
    double_text,
    judged,
    none,
    overflow,
    sign_in,
)

# How many pages there are at least: fewer, and the links are broken.
PUBLIC, STAFF = 11, 6


@pytest.fixture(scope="module")
def staff(live_site):
    """The address of an administrator of the live site."""
    add_account(live_site, "administrator@example.org", role="administrator", language="fr")
    return "administrator@example.org"


@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages_are_accessible_and_fit_a_narrow_phone(live_site, browser, language):
    with browsing(browser, live_site.url, viewport=NARROW) as page:
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
