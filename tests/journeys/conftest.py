"""Fixtures of journeys: a mail server, and a site with its worker whose mails it receives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import LiveSite, browsing, running_site
from tests.journeys.walking import NARROW, ORGANISER, add_account, judging, sign_in
from tests.mailserver import MailServer, mail_server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    """A real SMTP server, for a whole module."""
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def site(mail: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSite]:
    """A site with its examples and an organiser, whose worker speaks to the mail server; one for each module."""
    settings = {
        "SETS_MAIL_SERVER": mail.host,
        "SETS_MAIL_PORT": str(mail.port),
        "SETS_MAIL_USE_TLS": "false",
    }
    with running_site(tmp_path_factory.mktemp("journey"), settings) as running:
        add_account(running, ORGANISER, name="Claire Morel")
        yield running


@pytest.fixture
def organiser(site: LiveSite, browser: Browser) -> Iterator[tuple[Page, Callable[[str], None]]]:
    """An organiser's phone without JavaScript, and what judges its pages: nothing may be wrong on them."""
    faults: list[str] = []
    # axe itself is a script; the pages get none of theirs.
    with browsing(browser, site.url, viewport=NARROW, locale="en-GB") as page:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        sign_in(page)
        yield page, judging(page, faults)
    assert faults == []
