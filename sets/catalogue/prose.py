"""The catalogue's Markdown as HTML that is safe on a page, whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from .programme import Programme

# Alone on a line, it is where the privacy page shows what is kept and for how long.
RETENTION_TABLE = "{retention_table}"
TAGS = {"p", "ul", "ol", "li", "strong", "em", "a", "h3", "h4", "blockquote", "br", "hr", "code"}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}


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
