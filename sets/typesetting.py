"""Plain data and a layout become a tagged PDF (PDF/UA-1). Strings are text: markup in them is shown, not read.

Layouts are typst files; one reads its data by `json(bytes(sys.inputs.content))`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Loaded by whoever makes a PDF, inside the functions: pages only serve them.
if TYPE_CHECKING:
    import typst

FONT_FOLDERS = [
    str(files(package) / "files") for package in ("font_source_sans_pro", "font_source_serif_pro")
]
# Every PDF bears the same moment, so that the same content gives the same bytes.
MADE_AT = 1_735_689_600

# How the typesetter writes a sign that is not to be seen.
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")

# Seconds that a process of its own may take, and how it ends when nothing can be made.
LONGEST, REFUSED = 120, 3

_ours = threading.local()


class TypesettingRefused(ValueError):  # noqa: N818  (it is a refusal, not an error)
    """No PDF can be made from this content; the message says why."""


def typeset(layout: Path, content: dict[str, Any]) -> bytes:
    """Return the PDF of the layout filled with the content; the same content always gives the same bytes.

    Raises TypesettingRefused when the fonts lack a character.
    """
    import typst

    try:
        pdf = _compiler(layout.parent).compile(
            str(layout),
            format="pdf",
            sys_inputs={"content": json.dumps(cleaned(content), ensure_ascii=False)},
            pdf_standards=["ua-1"],
            timestamp=MADE_AT,
        )
    except typst.TypstError as error:
        if unknown := re.search(r'the text `"(.+?)"` could not be displayed', error.message):
            words = ESCAPED.sub(lambda found: chr(int(found[1], 16)), unknown[1])
            raise TypesettingRefused(f"The fonts have no character {words}") from error
        raise
    if not isinstance(pdf, bytes):
        raise TypeError("A PDF is one piece of bytes.")
    return pdf


def typeset_apart(layout: Path, content: dict[str, Any]) -> bytes:
    """Do what `typeset` does in a process that ends: the worker lives long, and a typesetter keeps 200 MB.

    Takes half a second more. Raises TypesettingRefused.
    """
    done = subprocess.run(
        [sys.executable, "-m", "sets.typesetting", str(layout)],
        input=json.dumps(cleaned(content)).encode(), capture_output=True, timeout=LONGEST, check=False,
        cwd=Path(__file__).resolve().parent.parent,
    )  # fmt: skip
    if done.returncode == REFUSED:
        raise TypesettingRefused(done.stderr.decode("utf-8", "replace").strip())
    done.check_returncode()
    return done.stdout


def typesetter_version() -> str:
    """Return what changes when the same content would be set differently."""
    return version("typst")


def cleaned(value: Any) -> Any:
    """Return the value with texts on one line, without control characters and lone surrogates."""
    if isinstance(value, dict):
        return {key: cleaned(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(part) for part in value]
    if isinstance(value, str):
        value = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+", " ", value)
        return re.sub(r"[\ud800-\udfff\ufffe\uffff]", "", value).strip()
    return value


@cache
def _fonts() -> typst.Fonts:
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=FONT_FOLDERS)


def _compiler(root: Path) -> typst.Compiler:
    """Return this thread's typesetter for a folder of layouts: one must not be shared between threads."""
    compilers = _ours.__dict__.setdefault("compilers", {})
    if root not in compilers:
        import typst

        compilers[root] = typst.Compiler(root=str(root), font_paths=_fonts())
    return compilers[root]


def _main() -> int:
    """Set what stands on the standard input by the layout that is named."""
    try:
        pdf = typeset(Path(sys.argv[1]), json.load(sys.stdin))
    except TypesettingRefused as refusal:
        sys.stderr.write(str(refusal))
        return REFUSED
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
