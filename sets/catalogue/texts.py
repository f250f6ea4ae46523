"""A text file of the catalogue, read and written: a header between two lines of dashes, then sections with keys.

Which fields and sections a file must have is known by `reading`; how a section is shown, by `prose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

FENCE = "---"
_FIELD = re.compile(r"([a-z_]+):(?:[ \t]+(.*))?")
_HEADING = re.compile(r"##[ \t]+(.+?)[ \t]*\{#([a-z][a-z0-9-]*)\}[ \t]*")


@dataclass(frozen=True)
class Problem:
    """Something wrong in a file, as a sentence; line 0 is the file as a whole."""

    line: int
    sentence: str


@dataclass
class Text:
    """What a file says. `lines` remembers where each field ("title") and section ("#why") began."""

    fields: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return what a row's `fields` holds: the header, the sections, and their order, which JSONB does not keep."""
        return {**self.fields, "sections": self.sections, "order": list(self.sections)}


def read_text(source: str) -> tuple[Text, list[Problem]]:
    """Return what the file says, and everything that keeps it from being one."""
    text, problems = Text(), []
    rows = source.removeprefix("\ufeff").splitlines()
    end = next((at for at, row in enumerate(rows[1:], 1) if row.strip() == FENCE), None)
    if not rows or rows[0].strip() != FENCE or end is None:
        return text, [Problem(1, f"the header is missing; it stands between two lines “{FENCE}”")]
    problems.extend(_read_header(text, rows[1:end]))
    problems.extend(_read_sections(text, rows[end + 1 :], end + 2))
    return text, problems


def write_text(fields: dict[str, Any], header: tuple[str, ...]) -> str:
    """Return the file of a row's `fields`, its header in the given order."""
    sections = fields.get("sections", {})
    order = fields.get("order") or list(sections)
    parts = [FENCE, *(f"{name}: {fields[name]}" for name in header if name in fields), FENCE]
    body = "\n\n".join(
        f"## {sections[key]['heading']} {{#{key}}}\n{sections[key]['markdown']}" for key in order
    )
    return "\n".join(parts) + "\n" + body + "\n"


def _read_header(text: Text, rows: list[str]) -> Iterator[Problem]:
    for line, row in enumerate(rows, 2):
        if not row.strip():
            continue
        found = _FIELD.fullmatch(row.rstrip())
        if not found:
            yield Problem(line, f"“{row.strip()[:60]}” is not a field; write its name, a colon and its text")
            continue
        name, value = found[1], (found[2] or "").strip()
        if name in text.fields:
            yield Problem(line, f"the field “{name}” is there twice")
        elif not value:
            yield Problem(line, f"the field “{name}” is empty")
        text.fields[name] = value
        text.lines[name] = line


def _read_sections(text: Text, rows: list[str], first: int) -> Iterator[Problem]:
    key, gathered = "", []
    for line, row in enumerate(rows, first):
        if row.startswith("## "):
            _close(text, key, gathered)
            found = _HEADING.fullmatch(row)
            if not found:
                yield Problem(
                    line, f"the section “{row[3:].strip()[:60]}” has no key; end its heading with {{#key}}"
                )
                key, gathered = "", []
                continue
            key, gathered = found[2], []
            if key in text.sections:
                yield Problem(line, f"the section “{key}” is there twice")
            text.sections[key] = {"heading": found[1], "markdown": ""}
            text.lines[f"#{key}"] = line
        elif key:
            gathered.append(row.rstrip())
        elif row.strip() and not text.sections:
            yield Problem(line, "there is text before the first section")
            key = ""
    _close(text, key, gathered)
    for name, section in text.sections.items():
        if not section["markdown"]:
            yield Problem(text.lines[f"#{name}"], f"the section “{name}” is empty")


def _close(text: Text, key: str, gathered: list[str]) -> None:
    if key:
        text.sections[key]["markdown"] = "\n".join(gathered).strip("\n")
