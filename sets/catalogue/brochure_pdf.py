"""Turns a brochure's content, plain data, into a tagged PDF (PDF/UA-1). Where it is kept: `brochures`."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Loaded by whoever makes a brochure, inside the functions: pages only serve them.
if TYPE_CHECKING:
    import typst

FOLDER = Path(__file__).parent / "typst"
FONT_FOLDERS = [
    str(files(package) / "files") for package in ("font_source_sans_pro", "font_source_serif_pro")
]
# Every PDF bears the same moment, so that the same content gives the same bytes.
MADE_AT = 1_735_689_600

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

_ours = threading.local()


class BrochureRefused(ValueError):  # noqa: N818  (it is a refusal, not an error)
    """A brochure cannot be made from this content; the message says why."""


class BrochureIncomplete(BrochureRefused):
    """Texts are missing: `missing` names them, such as `training.method.paragraphs`."""

    def __init__(self, missing: list[str]) -> None:
        self.missing = missing
        super().__init__("The brochure lacks " + ", ".join(missing))


def make_brochure(content: dict[str, Any]) -> bytes:
    """Return the PDF of a brochure. The same content always gives the same bytes.

    Strings are text: markup of any kind in them is shown, not read. Raises BrochureIncomplete when a text is missing
    and BrochureRefused when the fonts lack a character.
    """
    import typst

    content = _cleaned(content)
    if missing := list(_missing(content)):
        raise BrochureIncomplete(missing)
    try:
        pdf = _compiler().compile(
            str(FOLDER / "brochure.typ"),
            format="pdf",
            sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=MADE_AT,
        )
    except typst.TypstError as error:
        if unknown := re.search(r'the text `"(.+?)"` could not be displayed', error.message):
            raise BrochureRefused(f"The brochure's fonts have no character {unknown[1]}") from error
        raise
    if not isinstance(pdf, bytes):
        raise TypeError("A PDF is one piece of bytes.")
    return pdf


def content_hash(content: dict[str, Any]) -> str:
    """Return what changes when the PDF would: a hash of the content, of the layout and of the typesetter."""
    data = json.dumps(content, sort_keys=True).encode()
    return sha256(_layout() + data).hexdigest()


@cache
def _layout() -> bytes:
    sources = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return b"".join((version("typst").encode(), *(sha256(path.read_bytes()).digest() for path in sources)))


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=FONT_FOLDERS)


def _compiler() -> typst.Compiler:
    """Return this thread's typesetter: one must not be shared between threads."""
    if not hasattr(_ours, "compiler"):
        import typst

        _ours.compiler = typst.Compiler(root=str(FOLDER), font_paths=_fonts())
    return _ours.compiler


def _cleaned(value: Any) -> Any:
    """Return the value with texts on one line, without control characters and lone surrogates."""
    if isinstance(value, dict):
        return {key: _cleaned(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(part) for part in value]
    if isinstance(value, str):
        value = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", value)
        return re.sub(r"[\ud800-\udfff\ufffe\uffff]", "", value).strip()
    return value


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
