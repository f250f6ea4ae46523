"""A tagged PDF of terms and values: the proof of an erasure, the record of processing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..catalogue.showing import current_programme
from ..languages import current_language
from ..typesetting import typeset_apart

LAYOUT = Path(__file__).parent / "typst" / "document.typ"
Rows = Iterable[tuple[str, str | list[str]]]


def document_pdf(title: str, lead: Sequence[str], sections: Sequence[tuple[str, Rows]], foot: str) -> bytes:
    """Return the PDF in the language being spoken; each section has a heading (or "") and its (term, value) rows."""
    programme = current_programme()
    content = {
        "language": current_language(),
        "programme": programme.name,
        "operator": programme.operator,
        "title": title,
        "lead": list(lead),
        "foot": foot,
        "sections": [
            {
                "heading": heading,
                "rows": [
                    {"term": term, "lines": [value] if isinstance(value, str) else (value or ["–"])}
                    for term, value in rows
                ],
            }
            for heading, rows in sections
        ],
    }
    return typeset_apart(LAYOUT, content)
