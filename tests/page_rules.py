"""The rules every page of the site keeps, checked each time a test visits one. Each returns what is wrong, in words."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from tests.pages import Page

TRANSLATIONS = Path(__file__).resolve().parent.parent / "translations"
FIELDS = ("input", "select", "textarea")
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}
REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-details", "form", "list")
PRIVATE = re.compile(r"^/(staff|join|[a-z]{2}/(my|news|receipts))(/|$)")
SOURCES = ("src", "srcset", "poster", "data")
LOADING_LINKS = {"stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon"}

Rule = Callable[["Page"], Iterator[str]]
RULES: list[Rule] = []


def rule(check: Rule) -> Rule:
    """Add a rule to those that every page must keep."""
    RULES.append(check)
    return check


def faults(page: Page) -> list[str]:
    """Return everything that is wrong with the page."""
    return [fault for check in RULES for fault in check(page)]


def words(element: Element) -> str:
    """Return the text of an element as it is read aloud: alternative texts included, blanks made one."""
    return " ".join("".join(_heard(element)).split())


@rule
def _language(page: Page) -> Iterator[str]:
    language = page.root.get("lang", "")
    first = page.path.split("/")[1]
    if first in page.languages and language != first:
        yield f"<html lang={language!r}> on a page of {first!r}"
    elif language not in page.languages:
        yield f"<html lang={language!r}> is none of the site's languages"


@rule
def _heading_and_title(page: Page) -> Iterator[str]:
    headings = [words(heading) for heading in page.all("h1")]
    if len(headings) != 1 or not headings[0]:
        yield f"one <h1> with words expected, found {headings}"
    elif headings[0].replace("\u00ad", "") not in page.title:
        yield f"<title> {page.title!r} does not contain the heading {headings[0]!r}"


@rule
def _heading_levels(page: Page) -> Iterator[str]:
    last = 1  # an error summary stands before the h1
    for element in page.root.iter():
        if isinstance(element.tag, str) and re.fullmatch(r"h[1-6]", element.tag):
            level = int(element.tag[1])
            if level > last + 1:
                yield f"<{element.tag}> {words(element)!r} follows a heading of level {last}"
            last = level


@rule
def _labels(page: Page) -> Iterator[str]:
    labelled = {label.get("for") for label in page.all("label") if words(label)}
    inside = {id(field) for label in page.all("label") if words(label) for field in label.iter()}
    for field in page.all(*FIELDS):
        named = field.get("aria-label") or field.get("aria-labelledby")
        if field.get("type") in UNLABELLED or named or field.get("id") in labelled or id(field) in inside:
            continue
        yield f"the field {field.get('name')!r} has no label"


@rule
def _identifiers(page: Page) -> Iterator[str]:
    identifiers = Counter(element.get("id") for element in page.root.iter() if element.get("id") is not None)
    yield from (f"the id {name!r} is there {count} times" for name, count in identifiers.items() if count > 1)
    for element in page.root.iter():
        for attribute in REFERENCES:
            for target in (element.get(attribute) or "").split():
                if target not in identifiers:
                    yield f"{attribute}={target!r} of <{element.tag}> leads to nothing"
        if (
            (link := element.get("href") or "").startswith("#")
            and len(link) > 1
            and link[1:] not in identifiers
        ):
            yield f"the link {link!r} leads to nothing"


@rule
def _no_inline_code(page: Page) -> Iterator[str]:
    for element in page.root.iter():
        if element.tag == "style":
            yield "a <style> element"
        if (
            element.tag == "script"
            and not element.get("src")
            and element.get("type") != "application/ld+json"
        ):
            yield "an inline <script>"
        for name, value in element.attrib.items():
            if name == "style" or name.startswith("on"):
                yield f"the attribute {name}={value!r} on <{element.tag}>"
            if name in ("href", "action", "formaction") and value.strip().lower().startswith("javascript:"):
                yield f"a javascript: address on <{element.tag}>"


@rule
def _nothing_from_elsewhere(page: Page) -> Iterator[str]:
    for element in page.root.iter():
        addresses = [element.get(name) for name in SOURCES if element.tag != "button"]
        if element.tag == "link" and LOADING_LINKS & set((element.get("rel") or "").split()):
            addresses.append(element.get("href"))
        for address in addresses:
            parts = urlsplit(address or "")
            if parts.netloc and parts.netloc != page.host:
                yield f"<{element.tag}> loads {address!r} from another site"


@rule
def _links_and_buttons_have_words(page: Page) -> Iterator[str]:
    for element in page.all("a", "button", "summary"):
        if not words(element) and not element.get("aria-label") and not element.get("aria-labelledby"):
            yield f"<{element.tag} {element.attrib}> has no words"
        if element.tag == "a" and element.get("href") in ("", "#"):
            yield f"the link {words(element)!r} leads nowhere"
        if element.get("target") == "_blank" and "noopener" not in (element.get("rel") or ""):
            yield f"the link {words(element)!r} opens a window without rel=noopener"


@rule
def _pictures(page: Page) -> Iterator[str]:
    for picture in page.all("img"):
        missing = [name for name in ("alt", "width", "height") if picture.get(name) is None]
        if missing:
            yield f"the picture {picture.get('src')!r} has no {', '.join(missing)}"


@rule
def _forms(page: Page) -> Iterator[str]:
    for form in page.all("form"):
        if (form.get("method") or "get").lower() != "post":
            continue
        names = {field.get("name") for field in form.iter()}
        if page.path.startswith("/staff") and "csrf_token" not in names:
            yield f"the staff form {form.get('action')!r} carries no csrf_token"
        if not any(_submits(element) for element in form.iter()) and not form.get("id"):
            yield f"the form {form.get('action')!r} has no button"


@rule
def _nothing_left_raw(page: Page) -> Iterator[str]:
    for text in page.texts:
        if text in ("None", "True", "False", "undefined", "[]", "{}") or re.search(
            r"%\(\w+\)|\{\{|\}\}|\{%", text
        ):
            yield f"the raw text {text!r}"


@rule
def _translated(page: Page) -> Iterator[str]:
    for text in page.texts:
        if (pattern := untranslated(page.language)) and pattern.fullmatch(text):
            yield f"the English text {text!r} on a page in {page.language!r}"


@rule
def _headers(page: Page) -> Iterator[str]:
    headers = page.response.headers
    policy = headers.get("Content-Security-Policy", "")
    for directive in ("default-src", "frame-ancestors 'none'", "form-action 'self'", "base-uri"):
        if directive not in policy:
            yield f"the Content-Security-Policy lacks {directive}: {policy!r}"
    if "unsafe-" in policy:
        yield f"the Content-Security-Policy allows unsafe things: {policy!r}"
    expected = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    for name, value in expected.items():
        if headers.get(name) != value:
            yield f"the header {name} is {headers.get(name)!r}, not {value!r}"
    if not headers.get("Permissions-Policy"):
        yield "there is no Permissions-Policy"
    if not page.path.startswith("/staff") and headers.getlist("Set-Cookie"):
        yield f"a cookie for a learner: {headers.getlist('Set-Cookie')}"
    if PRIVATE.match(page.path) and "no-store" not in headers.get("Cache-Control", ""):
        yield f"a private page with Cache-Control {headers.get('Cache-Control')!r}"


@rule
def _search_engines(page: Page) -> Iterator[str]:
    metas = {meta.get("name"): meta.get("content") or "" for meta in page.all("meta")}
    links = [(link.get("rel"), link.get("hreflang"), link.get("href")) for link in page.all("link")]
    hidden = "noindex" in metas.get("robots", "") + page.response.headers.get("X-Robots-Tag", "")
    if PRIVATE.match(page.path):
        if not hidden:
            yield "a private page that search engines may keep"
        return
    if hidden or page.response.status_code != 200:
        return
    if not metas.get("description"):
        yield "a public page without a description"
    if [rel for rel, _, _ in links].count("canonical") != 1:
        yield "a public page without one canonical link"
    alternates = {hreflang for rel, hreflang, _ in links if rel == "alternate" and hreflang}
    if missing := {*page.languages, "x-default"} - alternates:
        yield f"a public page without hreflang links for {sorted(missing)}"


@functools.cache
def untranslated(language: str) -> re.Pattern[str] | None:
    """Return what matches a source sentence that is worded otherwise in that language; None for the source."""
    path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return None
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    patterns = []
    for message in catalogue:
        sources = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
        translations = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
        for source in sources:
            text = " ".join(source.split())
            # One short word may be a name, or the same in both languages.
            if (
                " " in text
                and len(re.sub(r"%\(\w+\)[sd]", "", text)) > 8
                and any(translations)
                and source not in translations
            ):
                patterns.append(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(text)))
    return re.compile("|".join(patterns)) if patterns else None


def _heard(element: Element) -> Iterator[str]:
    if element.get("aria-hidden") == "true" or element.get("hidden") is not None:
        return
    if element.get("aria-label"):
        yield " " + element.get("aria-label", "") + " "
        return
    if element.tag == "img":
        yield element.get("alt") or ""
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            yield from _heard(child)
        yield child.tail or ""


def _submits(element: Any) -> bool:
    if element.tag == "button":
        return (element.get("type") or "submit") == "submit"
    return element.tag == "input" and element.get("type") in ("submit", "image")
