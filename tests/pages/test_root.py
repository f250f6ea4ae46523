"""What stands above the languages: the first visit, robots.txt, the map of the site."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sets.languages import LANGUAGES

XHTML = "{http://www.w3.org/1999/xhtml}link"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("it-CH,it;q=0.9,en;q=0.5", "it"), ("es", "es"), ("de,en-GB;q=0.8", "en"), ("de", "fr"), ("", "fr")],
)
def test_a_first_visit_is_led_to_its_language(app, client, accepted, language):
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/{language}/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Accept-Language" in answer.headers["Vary"]


def test_robots_learn_where_the_map_is_and_what_is_private(app, client):
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    lines = answer.text.splitlines()
    assert "Sitemap: http://localhost/sitemap.xml" in lines
    assert {"Disallow: /staff/", "Disallow: /join/", "Disallow: /fr/my", "Disallow: /it/receipts/"} <= set(
        lines
    )


def test_the_map_lists_every_public_page_in_every_language(catalogue, client):
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    urls = ElementTree.fromstring(answer.data)
    addresses = [url[0].text for url in urls]
    assert len(addresses) == len(set(addresses)) == (2 + 3 + 5) * len(LANGUAGES)
    for url in urls:
        assert {link.get("hreflang") for link in url.iter(XHTML)} == set(LANGUAGES)
        assert client.get(url[0].text.removeprefix("http://localhost")).status_code == 200, url[0].text
