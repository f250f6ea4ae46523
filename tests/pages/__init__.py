"""Visiting pages and submitting forms as a browser does; each page is checked against the house's rules on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.page_rules import FIELDS, faults, words

SILENT = {"script", "style", "template", "svg"}
SPOKEN_ATTRIBUTES = ("aria-label", "alt", "title", "placeholder")


@dataclass
class Page:
    """A page as it came: the response, its tree, and ways to look at it."""

    client: FlaskClient
    response: TestResponse

    @property
    def path(self) -> str:
        """The path of the page, after redirects, without its query."""
        return self.response.request.path

    @property
    def url(self) -> str:
        """The whole address of the page."""
        return self.response.request.url

    @property
    def host(self) -> str:
        """The host that answered."""
        return self.response.request.host

    @property
    def source(self) -> str:
        """The HTML as it came."""
        return self.response.get_data(as_text=True)

    @cached_property
    def root(self) -> Element:
        """The <html> element; a parse error of any kind fails the test."""
        parser = html5lib.HTMLParser(
            tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False, strict=True
        )
        try:
            return parser.parse(self.source)
        except html5lib.html5parser.ParseError as error:
            line = parser.errors[-1][0][0]
            near = self.source.splitlines()[max(0, line - 2) : line]
            raise AssertionError(f"{self.path}, line {line}: {error}\n" + "\n".join(near)) from None

    @property
    def languages(self) -> list[str]:
        """The codes of the site's languages."""
        from sets.languages import LANGUAGES

        return list(LANGUAGES)

    @property
    def language(self) -> str:
        """The code of the page's language."""
        return self.root.get("lang", "")

    @cached_property
    def title(self) -> str:
        """The text of <title>."""
        return " ".join("".join(words(title) for title in self.all("title")).split())

    @property
    def heading(self) -> str:
        """The text of the <h1>."""
        return words(self.one("h1"))

    @cached_property
    def text(self) -> str:
        """Everything a person can read in the body, with blanks (no-break ones too) made one."""
        return " ".join(" ".join(self._spoken(self.one("body"), self.language)).split())

    @cached_property
    def texts(self) -> list[str]:
        """Each text of the page in its own language: text nodes, alternative texts, labels, buttons' values."""
        return [
            text
            for piece in self._spoken(self.root, self.language, foreign=False)
            if (text := " ".join(piece.split()))
        ]

    def all(self, *tags: str, text: str | None = None, **attributes: str) -> list[Element]:
        """Return the elements of these tags, with this text and these attributes (`class_` is one class)."""
        return [
            element
            for element in self.root.iter()
            if element.tag in tags
            and (text is None or text in words(element))
            and all(
                _has(element, name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()
            )
        ]

    def one(self, *tags: str, text: str | None = None, **attributes: str) -> Element:
        """Return the one such element; anything but one fails the test."""
        found = self.all(*tags, text=text, **attributes)
        assert len(found) == 1, (
            f"{len(found)} elements {tags} {text or ''} {attributes} on {self.path}:\n{self.text}"
        )
        return found[0]

    def link(self, text: str) -> str:
        """Return where the link with this text leads; the first when several lead to one place."""
        targets = {element.get("href") for element in self.all("a", text=text)}
        assert len(targets) == 1, f"links {text!r} on {self.path} lead to {targets}:\n{self.text}"
        return urljoin(self.url, targets.pop())

    def field(self, name: str) -> Element:
        """Return the first field of that name."""
        found = self.all(*FIELDS, name=name)
        assert found, (
            f"no field {name!r} on {self.path}; there are {sorted({f.get('name') or '' for f in self.all(*FIELDS)})}"
        )
        return found[0]

    def value(self, name: str) -> Any:
        """Return what a browser would send for that field now: a text, a list of several, None for nothing."""
        values = [value for key, value in _current(self.root) if key == name]
        return values if len(values) > 1 else (values[0] if values else None)

    def click(self, text: str, **options: Any) -> Page:
        """Follow the link with this text."""
        return visit(self.client, self.link(text), **options)

    def _spoken(self, element: Element, language: str, *, foreign: bool = True) -> Iterator[str]:
        own = element.get("lang") or language
        if element.tag in SILENT or (not foreign and own != self.language):
            return
        yield from (value for name in SPOKEN_ATTRIBUTES if (value := element.get(name)))
        if element.tag == "input" and element.get("type") in ("submit", "button"):
            yield element.get("value") or ""
        yield element.text or ""
        for child in element:
            if isinstance(child.tag, str):
                yield from self._spoken(child, own, foreign=foreign)
            yield child.tail or ""


def visit(
    client: FlaskClient,
    target: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    follow: bool = True,
    check: bool = True,
    **values: Any,
) -> Page:
    """Open a page and check it: `target` is a path, an address of the site, or an endpoint (with its `values`)."""
    if not target.startswith(("/", "http")):
        with client.application.test_request_context():
            target = client.application.url_for(target, **values)
    elif values:
        raise TypeError(f"{sorted(values)} belong to an endpoint, {target!r} is an address.")
    parts = urlsplit(target)
    address = parts.path + (f"?{parts.query}" if parts.query else "")
    return checked(
        Page(client, client.get(address, headers=headers, follow_redirects=follow)), status, check=check
    )


def submit(
    page: Page,
    data: Mapping[str, Any] | None = None,
    *,
    form: str | None = None,
    button: str | None = None,
    forged: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    follow: bool = True,
    check: bool = True,
    **fields: Any,
) -> Page:
    """Send the page's form with everything it holds now, overridden by `data` and `fields`, as a browser would.

    `form` is the id or a part of the action of the form, needed when several post; `button` its text or name.
    A field that is not in the form, or a choice that it does not offer, fails the test; `forged` sends anything.
    None empties a field or unticks a box, a list ticks several.
    """
    element = _form(page, form, button)
    sent = dict.fromkeys(name for name, _ in _current(element))
    values: dict[str, list[Any]] = {name: [v for n, v in _current(element) if n == name] for name in sent}
    for name, value in {**(data or {}), **fields}.items():
        values[name] = _chosen(page, element, name, value)
    pressed = _button(element, button)
    if pressed is not None and pressed.get("name"):
        values[pressed.get("name", "")] = [pressed.get("value") or ""]
    for name, value in (forged or {}).items():
        values[name] = value if isinstance(value, list) else [value]
    target = urljoin(
        page.url,
        (pressed.get("formaction") if pressed is not None else None) or element.get("action") or page.url,
    )
    parts = urlsplit(target)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if (element.get("method") or "get").lower() == "get":
        return checked(
            Page(
                page.client,
                page.client.get(parts.path, query_string=values, headers=headers, follow_redirects=follow),
            ),
            status,
            check=check,
        )
    origin = f"{urlsplit(page.url).scheme}://{page.host}"
    sent_headers = {"Origin": origin, "Referer": page.url, "Sec-Fetch-Site": "same-origin", **(headers or {})}
    response = page.client.post(
        path,
        data=values,
        headers=sent_headers,
        follow_redirects=follow,
        content_type=element.get("enctype") or "application/x-www-form-urlencoded",
    )
    return checked(Page(page.client, response), status, check=check)


def checked(page: Page, status: int = 200, *, check: bool = True) -> Page:
    """Return the page after the house's rules were checked on it; a redirect that was not followed has none."""
    response = page.response
    if response.status_code != status:
        text = (
            page.text
            if response.mimetype == "text/html" and response.status_code not in range(300, 400)
            else response.headers.get("Location", "")
        )
        raise AssertionError(f"{page.path} answered {response.status_code}, not {status}: {text}")
    if check and response.status_code not in range(300, 400):
        assert response.content_type == "text/html; charset=utf-8", f"{page.path} is {response.content_type}"
        if found := faults(page):
            raise AssertionError(f"{page.path} breaks the rules of every page:\n- " + "\n- ".join(found))
    return page


def _has(element: Element, name: str, value: str) -> bool:
    return value in (element.get("class") or "").split() if name == "class" else element.get(name) == value


def _form(page: Page, wanted: str | None, button: str | None) -> Element:
    forms = page.all("form")
    if wanted is not None:
        forms = [form for form in forms if form.get("id") == wanted] or [
            f for f in forms if wanted in (f.get("action") or "")
        ]
    elif button is not None:
        forms = [form for form in forms if any(button in (words(b), b.get("name")) for b in _buttons(form))]
    elif len(forms) > 1:
        # Signing out is on every page of the team, and never what a test means by "the form".
        forms = [
            form
            for form in forms
            if (form.get("method") or "").lower() == "post" and form.get("action") != "/staff/sign-out"
        ]
    assert len(forms) == 1, (
        f"{len(forms)} forms fit on {page.path}: {[form.attrib for form in page.all('form')]}"
    )
    return forms[0]


def _buttons(form: Element) -> list[Element]:
    return [
        e
        for e in form.iter()
        if (e.tag == "button" and (e.get("type") or "submit") == "submit")
        or (e.tag == "input" and e.get("type") == "submit")
    ]


def _button(form: Element, wanted: str | None) -> Element | None:
    buttons = _buttons(form)
    if wanted is None:
        return buttons[0] if buttons else None
    fitting = [b for b in buttons if wanted in (words(b), b.get("name"), b.get("value"))]
    assert fitting, f"no button {wanted!r} among {[words(button) for button in buttons]}"
    return fitting[0]


def _current(element: Element) -> Iterator[tuple[str, str]]:
    """What a browser sends, in the page's order; disabled fields, unticked boxes, files and buttons are left out."""
    disabled = {id(f) for s in element.iter("fieldset") if s.get("disabled") is not None for f in s.iter()}
    for field in element.iter():
        name = field.get("name")
        if not name or field.tag not in FIELDS or field.get("disabled") is not None or id(field) in disabled:
            continue
        kind = field.get("type") or "text"
        if field.tag == "textarea":
            yield name, (field.text or "").removeprefix("\n")
        elif field.tag == "select":
            options = list(field.iter("option"))
            selected = [option for option in options if option.get("selected") is not None]
            if not selected and field.get("multiple") is None:
                selected = [option for option in options if option.get("disabled") is None][:1]
            yield from ((name, _option(option)) for option in selected)
        elif kind in ("checkbox", "radio"):
            if field.get("checked") is not None:
                yield name, field.get("value", "on")
        elif kind not in ("submit", "button", "image", "reset", "file"):
            yield name, field.get("value") or ""


def _option(option: Element) -> str:
    value = option.get("value")
    return " ".join((option.text or "").split()) if value is None else value


def _chosen(page: Page, form: Element, name: str, value: Any) -> list[Any]:
    fields = [field for field in form.iter() if field.tag in FIELDS and field.get("name") == name]
    known = sorted({field.get("name") or "" for field in form.iter() if field.tag in FIELDS})
    assert fields, f"the form on {page.path} has no field {name!r}; it has {known}"
    wanted = [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
    kind = fields[0].get("type")
    if fields[0].tag == "select":
        offered = [_option(option) for field in fields for option in field.iter("option")]
    elif kind in ("checkbox", "radio"):
        offered = [field.get("value", "on") for field in fields]
        if wanted == [True]:
            wanted = offered[:1]
        elif wanted == [False]:
            wanted = []
    else:
        return wanted if value is not None else [""]
    wanted = [str(one) for one in wanted]
    assert set(wanted) <= set(offered), f"the field {name!r} on {page.path} offers {offered}, not {wanted}"
    return wanted
