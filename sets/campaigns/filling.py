"""A campaign's Markdown with its fields filled in: as HTML that is safe whatever a name contains, and as plain text.

Values are put in after the Markdown became HTML: a name like `<a href=…>` or `[x](…)` stays text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

from ..catalogue.prose import as_html
from .fields import FIELD, FIELDS

# Stand for fields while Markdown becomes HTML: an address for a link, a word of letters and digits for the rest.
_PLACE = "https://field.invalid/{}"
_WORD = "zqfield{}qz"
_PLACED = re.compile(r'(href=")?https://field\.invalid/([a-z_]+)')
_WORDED = re.compile(r"zqfield([0-9]+)qz")
_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)")
_MARKS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


def as_mail_html(markdown: str, values: Mapping[str, str]) -> Markup:
    """Return a text as HTML with its fields filled in. A link field alone on its own becomes a link to itself."""
    names: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        name = found[1]
        if name in FIELDS and FIELDS[name].is_link:
            return _PLACE.format(name)
        names.append(name)
        return _WORD.format(len(names) - 1)

    html = str(as_html(FIELD.sub(stand_in, markdown)))
    html = _PLACED.sub(lambda found: _linked(found, values), html)
    html = _WORDED.sub(lambda found: str(escape(values.get(names[int(found[1])], ""))), html)
    return Markup(html)  # noqa: S704  (as_html is clean, and every value is escaped)


def as_mail_text(markdown: str, values: Mapping[str, str]) -> str:
    """Return a text as plain text with its fields filled in: no marks, addresses behind their words in brackets."""
    plain = _LINK.sub(r"\1 <\2>", markdown)
    plain = _MARKS.sub(r"\2", plain)
    return filled(plain, values)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text of one line or many with the fields' values in their place."""
    return FIELD.sub(lambda found: values.get(found[1], ""), text)


def _linked(found: re.Match[str], values: Mapping[str, str]) -> str:
    value = str(escape(values.get(found[2], "")))
    if found[1]:
        return f'href="{value}'
    return f'<a href="{value}">{value}</a>' if value else ""
