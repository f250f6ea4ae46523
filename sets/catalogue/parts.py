"""A text as the parts that a person writes, each under one name: `title`, `outcome--heading`, `outcome--markdown`.

What is wrong with a part, and whether it says what the text it was translated from says. How a file has them: `texts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask_babel import gettext as _

from ..forms import clean_line, clean_text
from .prose import PLACEHOLDERS, RETENTION_TABLE
from .reading import DESCRIPTION, LISTS, PAGE_FIELDS, PAGES, TRAINING_FIELDS, TRAINING_SECTIONS

TRAININGS, PAGE_KIND = "trainings", "pages"
JOINT = "--"
HEADING, WORDS = "heading", "markdown"
# A section that is being added has no key of its own yet.
NEW = "new"
LONGEST_TITLE, LONGEST_LINE, LONGEST_SECTION = 200, 1_000, 20_000
_BRACES = re.compile(r"\{[^{}\n]*\}")
_SECTION_LINE = re.compile(r"(?m)^##?[ \t]")

Parts = dict[str, str]


@dataclass(frozen=True)
class Outline:
    """What a text consists of. `is_open`: its sections may become more or fewer."""

    header: tuple[str, ...]
    sections: tuple[str, ...]
    is_open: bool = False

    @property
    def names(self) -> list[str]:
        """The names of its parts, in the order of the page."""
        return [*self.header, *(f"{key}{JOINT}{end}" for key in self.sections for end in (HEADING, WORDS))]


def outline_of(kind: str, key: str, sections: Sequence[str] = ()) -> Outline:
    """Return what a training's or a page's texts consist of; `sections` are those that an open page has now."""
    if kind == TRAININGS:
        return Outline(TRAINING_FIELDS, TRAINING_SECTIONS)
    if PAGES[key]:
        return Outline(PAGE_FIELDS, PAGES[key])
    return Outline(PAGE_FIELDS, tuple(sections), is_open=True)


def flat(fields: Mapping[str, Any]) -> Parts:
    """Return the parts of a row's `fields`."""
    parts = {name: words for name, words in fields.items() if isinstance(words, str)}
    for key, section in fields.get("sections", {}).items():
        parts[f"{key}{JOINT}{HEADING}"] = section["heading"]
        parts[f"{key}{JOINT}{WORDS}"] = section["markdown"]
    return parts


def nested(parts: Mapping[str, str], outline: Outline, order: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a row's `fields` hold, the sections in their order (that of the outline where they have none)."""
    kept = [key for key in order if key in outline.sections]
    order = [*kept, *(key for key in outline.sections if key not in kept)]
    sections = {
        key: {
            "heading": parts.get(f"{key}{JOINT}{HEADING}", ""),
            "markdown": parts.get(f"{key}{JOINT}{WORDS}", ""),
        }
        for key in order
    }
    header = {name: parts.get(name, "") for name in outline.header}
    return {**header, "sections": sections, "order": order}


def split(name: str) -> tuple[str, str]:
    """Return (key of the section, "heading" or "markdown"); both empty for a part of the header."""
    key, _joint, end = name.rpartition(JOINT)
    return (key, end) if key else ("", "")


def missing(parts: Mapping[str, str], outline: Outline) -> list[str]:
    """Return the names of the parts that are empty."""
    return [name for name in outline.names if not parts.get(name)]


def faults(parts: Mapping[str, str], before: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (part, sentence) for what cannot stay in the parts that are there; `before` is the text they replace."""
    for name, words in parts.items():
        if words and (sentence := _fault(name, words) or _unkept(words, before.get(name, ""))):
            yield name, sentence


def _fault(name: str, words: str) -> str:
    key, end = split(name)
    if unknown := [mark for mark in _BRACES.findall(words) if mark not in PLACEHOLDERS]:
        return _(
            "There is nothing that would stand for %(mark)s. There are %(marks)s.",
            mark=unknown[0],
            marks=", ".join(PLACEHOLDERS),
        )
    longest = (
        LONGEST_TITLE if name == "title" or end == HEADING else LONGEST_LINE if not end else LONGEST_SECTION
    )
    if len(words) > longest:
        return _(
            "This has %(number)s characters; there is room for %(longest)s.",
            number=len(words),
            longest=longest,
        )
    if name == "description" and len(words) not in DESCRIPTION:
        return _(
            "The description has %(number)s characters; search engines want %(least)s to %(most)s.",
            number=len(words),
            least=DESCRIPTION.start,
            most=DESCRIPTION.stop - 1,
        )
    if end == WORDS and _SECTION_LINE.search(words):
        return _("Begin a heading inside a section with three signs: ### and the words.")
    if end == WORDS and key in LISTS and not words.startswith("- "):
        return _("This part is a list: begin each line with “- ”.")
    if RETENTION_TABLE in words and RETENTION_TABLE not in words.split("\n"):
        return _("%(mark)s stands alone on its line.", mark=RETENTION_TABLE)
    return ""


def _unkept(words: str, before: str) -> str:
    if before.count(RETENTION_TABLE) and words.count(RETENTION_TABLE) != 1:
        return _(
            "Keep %(mark)s, once, alone on a line: readers find there what is kept and for how long.",
            mark=RETENTION_TABLE,
        )
    return ""


def as_stored(typed: str, name: str, stored: str) -> str:
    """Return a typed part cleaned; the stored words as they are where only blanks tell them apart."""
    clean = (clean_text if split(name)[1] == WORDS else clean_line)(typed)
    return stored if clean == (clean_text if split(name)[1] == WORDS else clean_line)(stored) else clean


def digest(words: str) -> str:
    """Return a short word that changes with the words."""
    return sha256(words.encode()).hexdigest()[:12]


def marks_after(
    before: Mapping[str, str], after: Mapping[str, str], marks: Mapping[str, str] | None, *,
    source_before: Mapping[str, str], source_after: Mapping[str, str], is_right: bool = False,
) -> dict[str, str]:  # fmt: skip
    """Return what each part of a translation was made from: the present words of the first language where it changed.

    `is_right`: somebody says that all of it fits the present words.
    """
    found = {}
    for name, words in after.items():
        if is_right or before.get(name, "") != words:
            found[name] = digest(source_after.get(name, ""))
        else:
            found[name] = (marks or {}).get(name) or digest(source_before.get(name, ""))
    return found


def outdated(
    parts: Mapping[str, str], marks: Mapping[str, str] | None, source: Mapping[str, str]
) -> list[str]:
    """Return the names of the parts whose source was changed since they were translated."""
    return [
        name
        for name, words in parts.items()
        if words and (marks or {}).get(name) and (marks or {})[name] != digest(source.get(name, ""))
    ]
