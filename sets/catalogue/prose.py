"""The catalogue's Markdown as HTML that is safe on a page, whoever wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import nh3
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup

from .programme import Programme

# Alone on a line, it is where the privacy page shows what is kept and for how long.
RETENTION_TABLE = "{retention_table}"
TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "h3", "h4", "blockquote", "br", "hr", "code"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
# What stands for a fact of the programme.
FACTS = ("{programme}", "{full_name}", "{operator}", "{contact_email}")
PLACEHOLDERS = (*FACTS, RETENTION_TABLE)
_SCHEME = re.compile(r"(?i)\]\(\s*<?([a-z][a-z0-9+.-]*):")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,80}>")


@dataclass(frozen=True)
class Section:
    """A section of a text: `parts` are its HTML, with None where the table of kept data stands."""

    key: str
    heading: str
    parts: tuple[Markup | None, ...]

    @property
    def html(self) -> Markup:
        """The whole section, without the table."""
        return Markup("").join(part for part in self.parts if part is not None)


@lru_cache(maxsize=2048)
def as_html(markdown: str) -> Markup:
    """Return a Markdown text as HTML: no raw HTML, no picture, no script, links to the web and to mail only."""
    html = _reader().render(markdown)
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)
    return Markup(clean)  # noqa: S704  (cleaned in the line above)


def left_out(markdown: str) -> list[str]:
    """Return, in sentences, what of a Markdown text is not shown as its writer meant it."""
    tokens = [part for token in _reader().parse(markdown) for part in (token, *(token.children or ()))]
    found = []
    if tag := next(
        (mark[0] for token in tokens if token.type == "text" and (mark := _TAG.search(token.content))), ""
    ):
        found.append(_("HTML is shown as it is written: %(tag)s.", tag=tag))
    if "![" in markdown:
        found.append(_("Pictures are not shown; only their words stay."))
    if any(token.type == "heading_open" and token.tag not in TAGS for token in tokens):
        found.append(_("A heading of this size becomes plain text; ### and #### stay."))
    if any(token.type in ("code_block", "fence") for token in tokens):
        found.append(_("A block of code becomes plain text; so do lines that begin with four blanks."))
    for scheme in dict.fromkeys(one.lower() for one in _SCHEME.findall(markdown)):
        if scheme not in SCHEMES:
            found.append(
                _("A link with “%(scheme)s:” leads nowhere; https, http and mailto do.", scheme=scheme)
            )
    for token in tokens:
        address = str(token.attrGet("href") or "") if token.type == "link_open" else ""
        if address.lower().startswith("www."):
            found.append(_("The link to “%(address)s” needs https:// in front.", address=address))
    return found


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable("image")


def shown_section(key: str, stored: dict[str, Any], programme: Programme) -> Section:
    """Return a stored section as it is shown, the programme's facts filled in."""
    parts: list[Markup | None] = []
    for piece in stored["markdown"].split(RETENTION_TABLE):
        if parts:
            parts.append(None)
        parts.append(as_html(filled_in(piece, programme)))
    return Section(key, filled_in(stored["heading"], programme), tuple(part for part in parts if part != ""))


def filled_in(words: str, programme: Programme) -> str:
    """Return the words with the programme's facts in place of {programme}, {operator} and the like."""
    if "{" not in words:
        return words
    facts = {
        "{programme}": programme.name,
        "{full_name}": programme.full_name,
        "{operator}": programme.operator,
        "{contact_email}": programme.contact_email,
    }
    for name, fact in facts.items():
        words = words.replace(name, fact)
    return words
