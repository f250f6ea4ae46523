"""What the printer gets of a page."""

from __future__ import annotations

import io

from pypdf import PdfReader

from tests.browser import browsing

FOLDED = """<details><summary>More dates</summary><p>Tuesday 24 March</p></details>
<details><summary>Is the address wrong?</summary><form><label>E-mail <input></label></form></details>"""


def test_what_is_folded_on_the_screen_is_on_the_paper_but_for_forms(live_site, browser):
    with browsing(browser, live_site.url) as page:
        page.goto("/en/legal")
        page.evaluate("words => { document.querySelector('main').innerHTML = words }", FOLDED)
        printed = PdfReader(io.BytesIO(page.pdf())).pages[0].extract_text()
    assert "Tuesday 24 March" in printed
    assert "E-mail" not in printed
