"""The shape of what a version asks, and what of it counts when two are compared.

{"questions": [{"id", "required", "label": {fr: …}, "hint": {…}, "options": [{"id", "label": {…}, "text": true}],
"whole", "lowest", "highest", "show_if": {"question": id, "any": [option ids, or true and false]}}], "aside": […]}.
`aside` keeps questions that were written and never asked. Each text may have `behind` beside it (`translating.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

QUESTION_PARTS = ("id", "required", "label", "hint", "whole", "lowest", "highest", "show_if")


def plain(content: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return what people are asked, without what is empty and without the marks of translators."""
    return [plain_question(entry) for entry in (content or {}).get("questions", ())]


def plain_question(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return one question, without what is empty and without the marks of translators."""
    kept = {name: entry[name] for name in QUESTION_PARTS if entry.get(name) not in (None, {}, False)}
    kept["options"] = [
        {"id": option["id"], "label": option.get("label") or {}, "text": bool(option.get("text"))}
        for option in entry.get("options", ())
    ]
    return kept


def texts_of(entry: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield (holder, name) for each text of a question that is translated: its label, its hint, its choices."""
    yield entry, "label"
    if any((entry.get("hint") or {}).values()):
        yield entry, "hint"
    for option in entry.get("options", ()):
        yield option, "label"
