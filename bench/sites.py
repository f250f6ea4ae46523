"""The filled sites of a run: each is made once, then used by every row that wants as many registrations."""

from __future__ import annotations

from pathlib import Path

from .measuring import in_fresh_process


def filled_site(folder: Path, count: int) -> Path:
    """Return the instance folder of a site on SQLite with that many registrations."""
    instance = folder / f"site-{count}"
    if not (instance / "sets.db").exists():
        in_fresh_process(_fill, instance, count)
    return instance


def _fill(instance: Path, count: int) -> None:
    from .seed import fill, make_site

    fill(make_site(instance), count)
