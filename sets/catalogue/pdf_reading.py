"""Reads a PDF that somebody uploads, in a process of its own with little time and memory.

`python -m sets.catalogue.pdf_reading FILE` writes what it found as JSON: {"pages": 4, "faults": ["script"]}. A page
that is drawn wrong harms nobody; what could act on a reader's machine is refused.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SECONDS, MEMORY = 15, 1024 * 1024 * 1024
MOST_PAGES, MOST_OBJECTS = 200, 200_000
# What acts, by the key or the kind of an action that says so.
ACTING = {
    "/JS": "script",
    "/JavaScript": "script",
    "/EmbeddedFile": "files",
    "/EmbeddedFiles": "files",
    "/FileAttachment": "files",
    "/Launch": "program",
    "/SubmitForm": "form",
    "/ImportData": "form",
    "/RichMedia": "media",
    "/XFA": "form",
}
SAYING = ("/S", "/Type", "/Subtype")


def read_pdf(path: Path) -> tuple[int, list[str]]:
    """Return (number of pages, what is wrong) of a file; "unreadable" is wrong where it cannot be told."""
    command = [sys.executable, "-m", "sets.catalogue.pdf_reading", str(path)]
    folder = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(command, capture_output=True, cwd=folder, timeout=SECONDS, check=True)
        found = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return 0, ["unreadable"]
    return int(found["pages"]), list(found["faults"])


def examine(path: Path) -> dict[str, Any]:
    """Return the pages and the faults of a file, in this process."""
    from pypdf import PdfReader

    if not path.read_bytes()[:1024].lstrip().startswith(b"%PDF-"):
        return {"pages": 0, "faults": ["header"]}
    reader = PdfReader(path)
    if reader.is_encrypted:
        return {"pages": 0, "faults": ["encrypted"]}
    pages = len(reader.pages)
    faults = set() if 0 < pages <= MOST_PAGES else {"pages"}
    for found in _objects(reader):
        faults |= {ACTING[key] for key in found if key in ACTING}
        faults |= {ACTING[found[key]] for key in SAYING if _name(found.get(key)) in ACTING}
    return {"pages": pages, "faults": sorted(faults)}


def _objects(reader: Any) -> Iterator[dict[Any, Any]]:
    """Yield every dictionary that the file holds, those inside others too."""
    from pypdf.generic import IndirectObject

    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    waiting: list[Any] = [reader.trailer, *(IndirectObject(number, 0, reader) for number in sorted(numbers))]
    seen = 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            one = reader.get_object(one)
        seen += 1
        if seen > MOST_OBJECTS:
            raise ValueError("too many objects")
        if isinstance(one, dict):
            yield one
            waiting += [value for value in dict.values(one) if isinstance(value, (dict, list))]
        elif isinstance(one, list):
            waiting += [value for value in list.__iter__(one) if isinstance(value, (dict, list))]


def _name(value: Any) -> str:
    return str(value) if isinstance(value, str) else ""


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        found = examine(Path(sys.argv[1]))
    except Exception:  # whatever a reader of broken files raises
        found = {"pages": 0, "faults": ["unreadable"]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    _main()
