"""Turns a brochure's content, plain data, into a tagged PDF (PDF/UA-1). Where it is kept: `brochures`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..typesetting import TypesettingRefused, cleaned, typeset, typeset_apart, typesetter_version

FOLDER = Path(__file__).parent / "typst"

# What a content must hold, and the kind of each: a text, or a list of texts that is not empty.
TEXT, TEXTS = "text", "texts"
NEEDED = {
    "language": TEXT,
    "programme.name": TEXT,
    "programme.operator": TEXT,
    "programme.contact_email": TEXT,
    "training.title": TEXT,
    "training.audience": TEXT,
    "training.description": TEXT,
    "training.intro": TEXT,
    **{f"training.{key}.heading": TEXT for key in ("outcome", "skills", "programme", "method")},
    "training.outcome.paragraphs": TEXTS,
    "training.skills.items": TEXTS,
    "training.programme.items": TEXTS,
    "training.method.paragraphs": TEXTS,
    "site.url": TEXT,
    "site.shown": TEXTS,
    **{
        f"labels.{key}": TEXT
        for key in ("tag", "register", "register_text", "question", "question_text", "funded", "eu_emblem")
    },
    "facts.0.value": TEXT,
    "facts.1.value": TEXT,
    "facts.2.value": TEXT,
    "facts.3.value": TEXT,
}


class BrochureRefused(ValueError):  # noqa: N818  (it is a refusal, not an error)
    """A brochure cannot be made from this content; the message says why."""


class BrochureIncomplete(BrochureRefused):
    """Texts are missing: `missing` names them, such as `training.method.paragraphs`."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__("The brochure lacks " + ", ".join(missing))


def make_brochure(content: dict[str, Any], *, apart: bool = False) -> bytes:
    """Return the PDF of a brochure, made in a process of its own with `apart`. The same content gives the same bytes.

    Raises BrochureIncomplete when a text is missing and BrochureRefused when the fonts lack a character.
    """
    content = cleaned(content)
    if missing := list(_missing(content)):
        raise BrochureIncomplete(missing)
    try:
        return (typeset_apart if apart else typeset)(FOLDER / "brochure.typ", content)
    except TypesettingRefused as refusal:
        raise BrochureRefused(str(refusal)) from refusal


def content_hash(content: dict[str, Any]) -> str:
    """Return what changes when the PDF would: a hash of the content, of the layout and of the typesetter."""
    data = json.dumps(content, sort_keys=True).encode()
    return sha256(_layout() + data).hexdigest()


@cache
def _layout() -> bytes:
    sources = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return b"".join(
        (typesetter_version().encode(), *(sha256(path.read_bytes()).digest() for path in sources))
    )


def _missing(content: dict[str, Any]) -> Iterator[str]:
    for name, kind in NEEDED.items():
        found: Any = content
        for key in name.split("."):
            if isinstance(found, list):
                found = found[int(key)] if int(key) < len(found) else None
            else:
                found = found.get(key) if isinstance(found, dict) else None
        texts = found if kind == TEXTS and isinstance(found, list) else [found]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            yield name
