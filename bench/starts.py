"""Rows of the start: `make run` to the first page, with a database and without, against hello world under gunicorn."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .measuring import Line
from .serving import floor_command, free_port, running, settings_of, wait_for


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of both starts."""
    new, existing, floors = [], [], []
    for _ in range(2 if quick else 4):
        instance = folder / "started"
        shutil.rmtree(instance, ignore_errors=True)
        instance.mkdir()
        new.append(_started(instance))
        existing.append(_started(instance))
        floors.append(_floor(folder))
    for name, times, bar in (("an existing database", existing, 3.0), ("a new database", new, 10.0)):
        ratio = statistics.median(mine / other for mine, other in zip(times, floors, strict=True))
        yield Line(
            f"start on {name}",
            statistics.median(times),
            "s",
            bar,
            floor=statistics.median(floors),
            ratio=ratio,
        )


def _started(instance: Path) -> float:
    port = free_port()
    begun = time.perf_counter()
    with running([sys.executable, "-m", "sets.start"], settings_of(instance, port), instance) as process:
        wait_for(port, "/fr/", process)
        return time.perf_counter() - begun


def _floor(folder: Path) -> float:
    port = free_port()
    begun = time.perf_counter()
    with running(floor_command("hello", port), {}, folder, place=folder) as process:
        wait_for(port, "/", process)
        return time.perf_counter() - begun
