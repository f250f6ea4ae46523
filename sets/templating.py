"""How templates are written and kept: compiled once, in the instance folder, for all programs and later starts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import templating
from jinja2 import BytecodeCache, FileSystemBytecodeCache

if TYPE_CHECKING:
    from flask import Flask
    from jinja2.bccache import Bucket


class Environment(templating.Environment):
    """Flask's own, with the globals of a template as a plain dictionary, which each `import` and page walks through.

    What the site makes global must be so before the first template is loaded.
    """

    def make_globals(self, d: Any) -> Any:
        """Return the globals of a template."""
        return {**self.globals, **(d or {})}


def options(instance: Path) -> dict[str, Any]:
    """Return the options of the site's templates."""
    return {"trim_blocks": True, "lstrip_blocks": True, "bytecode_cache": _kept(instance / "templates")}


def load(app: Flask, enough: Callable[[], bool] = lambda: False) -> None:
    """Load the templates, so that programs that are forked later share them: all, or as many as until `enough()`."""
    for name in app.jinja_env.list_templates():
        if enough():
            return
        app.jinja_env.get_template(name)


def _kept(folder: Path) -> BytecodeCache | None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return _Kept(str(folder))


class _Kept(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        # A full disk costs a second at the next start, never a page.
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)
