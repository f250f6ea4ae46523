"""Static files: CSS bundles and hashed, compressed copies made once under instance/, kept a year by browsers.

What is written by hand lives in sets/static: a folder css/<bundle>/ becomes one file, in the order of its
names; root/ is served at the top of the site. Nothing here knows what the pages show.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask, current_app
from whitenoise import WhiteNoise

from . import clock

SOURCE = Path(__file__).resolve().parent / "static"
PREFIX = "/static/"
# Pages that a browser or a proxy still keeps find their old files for so long.
RETIRED_FOR = 30 * 24 * 3600
COMPRESSED = {".css", ".js", ".svg", ".txt", ".json", ".webmanifest"}
# Changes when what is written from the same sources changes.
RECIPE = 1

# A string, a comment, or a run of blanks: strings are kept, whatever they hold.
_CSS_TOKENS = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/|(\s+)""", re.DOTALL)
_CSS_PUNCTUATION = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\s*;?\s*(\})\s*|\s*([{;,])\s*""")


def init_app(app: Flask) -> None:
    """Make the hashed copies if a source changed, and serve them before the app is asked."""
    folder = Path(app.instance_path)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "assets.lock"):
        names = prepare(SOURCE, folder)
        files = WhiteNoise(
            app.wsgi_app,
            root=str(folder / "assets"),
            prefix=PREFIX,
            max_age=24 * 3600,
            allow_all_origins=False,
            add_headers_function=_add_headers,
            immutable_file_test=r"\.[0-9a-f]{10}\.\w+$",
        )
    for path in (SOURCE / "root").glob("*"):
        files.add_file_to_dictionary(f"/{path.name}", str(path))
    app.wsgi_app = files
    app.extensions["assets"] = names
    app.jinja_env.globals["asset_url"] = asset_url


def asset_url(name: str) -> str:
    """Return the address of a static file such as "css/public.css"; it changes with the file's content."""
    names: Mapping[str, str] = current_app.extensions["assets"]
    if name not in names:
        raise LookupError(f"no static file is named {name!r}; there are {', '.join(sorted(names))}")
    return PREFIX + names[name]


def prepare(source: Path, folder: Path) -> dict[str, str]:
    """Write what changed under `folder`/assets and return the hashed name of each file.

    Costs one stat per file when nothing changed. Call it alone: see `_alone`.
    """
    manifest = folder / "assets.json"
    old = _read(manifest)
    stamp = [RECIPE, *_stamp(source)]
    names: dict[str, str] = old.get("names", {})
    if old.get("stamp") == stamp and all((folder / "assets" / hashed).exists() for hashed in names.values()):
        return names
    fresh = {}
    for name, content in _contents(source):
        stem, dot, extension = name.rpartition(".")
        fresh[name] = f"{stem}.{sha256(content).hexdigest()[:10]}{dot}{extension}"
        _write_compressed(folder / "assets" / fresh[name], content)
    _write(manifest, json.dumps({"stamp": stamp, "names": fresh}, indent=1).encode())
    _retire(folder / "assets", before=set(names.values()), now=set(fresh.values()))
    return fresh


def shorten_css(text: str) -> str:
    """Return the same style sheet without comments and idle blanks."""
    text = _CSS_TOKENS.sub(lambda found: found[1] or (" " if found[2] else ""), text)
    return _CSS_PUNCTUATION.sub(lambda found: found[1] or found[2] or found[3], text).strip()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock between processes: several workers start at once, and one of them writes."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(manifest: Path) -> dict[str, Any]:
    try:
        return json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}


def _sources(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith("."))


def _stamp(source: Path) -> list[list[Any]]:
    stats = ((path.relative_to(source).as_posix(), path.stat()) for path in _sources(source))
    return [[name, stat.st_mtime_ns, stat.st_size] for name, stat in stats]


def _contents(source: Path) -> Iterator[tuple[str, bytes]]:
    for bundle in sorted(path for path in (source / "css").glob("*") if path.is_dir()):
        parts = "\n".join(path.read_text("utf-8") for path in sorted(bundle.glob("*.css")))
        yield f"css/{bundle.name}.css", shorten_css(parts).encode()
    for path in _sources(source):
        name = path.relative_to(source)
        if name.parts[0] not in ("css", "root"):
            yield name.as_posix(), path.read_bytes()


def _write_compressed(path: Path, content: bytes) -> None:
    if path.exists():
        # A version that comes back is no longer retired.
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in COMPRESSED:
        import brotli  # needed on the rare start that writes; the others save its memory

        _write(path.with_name(path.name + ".br"), brotli.compress(content))
        _write(path.with_name(path.name + ".gz"), gzip.compress(content, mtime=0))
    _write(path, content)


def _write(path: Path, content: bytes) -> None:
    draft = tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115
    with draft:
        draft.write(content)
        os.fchmod(draft.fileno(), 0o644)
    os.replace(draft.name, path)


def _retire(folder: Path, *, before: set[str], now: set[str]) -> None:
    """Start the clock of the files that no page names any more, and delete those whose time is over."""
    for name in before - now:
        for path in _siblings(folder / name):
            os.utime(path)
    kept = {path for name in now for path in _siblings(folder / name)}
    oldest = clock.now().timestamp() - RETIRED_FOR
    for path in folder.rglob("*"):
        if path.is_file() and path not in kept and path.stat().st_mtime < oldest:
            path.unlink()


def _siblings(path: Path) -> list[Path]:
    every = (path, path.with_name(path.name + ".br"), path.with_name(path.name + ".gz"))
    return [one for one in every if one.exists()]


def _add_headers(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
