"""What every measurement shares: ours and its floor in turns, medians, fresh processes, one line of the table each."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

# Set by `--cpu`: for a machine that is busy with other work.
CPU = "BENCH_CPU"


@dataclass(frozen=True)
class Line:
    """One line of the table. `bar` bounds the ratio (or `ours`, where there is no floor) from below or above."""

    work: str
    ours: float
    unit: str
    bar: float
    at_least: bool = False
    floor: float | None = None
    ratio: float | None = None
    note: str = ""

    @property
    def is_kept(self) -> bool:
        """Tell whether the bar is kept."""
        value = self.ours if self.ratio is None else self.ratio
        return value >= self.bar if self.at_least else value <= self.bar

    def cells(self) -> tuple[str, ...]:
        """Return the line as the table shows it."""
        sign = "≥" if self.at_least else "≤"
        return (
            self.work,
            f"{amount(self.ours)} {self.unit}",
            "–" if self.floor is None else f"{amount(self.floor)} {self.unit}",
            "–" if self.ratio is None else f"{self.ratio:.2f} ×",
            f"{sign} {self.bar:g}" + (" ×" if self.ratio is not None else f" {self.unit}"),
            "kept" if self.is_kept else "MISSED",
            self.note,
        )


HEAD = ("work", "ours", "floor", "ratio", "bar", "", "note")


def table(lines: list[Line]) -> str:
    """Return the lines as a table of text."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def amount(value: float) -> str:
    """Return a figure with three digits that say something."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def in_turns(
    ours: Callable[[], float], floor: Callable[[], float], rounds: int
) -> tuple[float, float, float]:
    """Measure ours and the floor in turns; return both medians and the median of each round's ratio.

    A machine that is busy for a while slows both halves of a round, so that the ratio of a round still holds.
    """
    pairs = []
    for number in range(rounds):
        if number % 2:
            other = floor()
            pairs.append((ours(), other))
        else:
            mine = ours()
            pairs.append((mine, floor()))
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )


def compared(
    work: str,
    unit: str,
    bar: float,
    ours: Callable[[], float],
    floor: Callable[[], float],
    *,
    rounds: int,
    at_least: bool = False,
    note: str = "",
) -> Line:
    """Return the line of ours against the floor, measured in turns."""
    mine, other, ratio = in_turns(ours, floor, rounds)
    return Line(work, mine, unit, bar, at_least, other, ratio, note)


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what the function returns in a new Python process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


class Growth:
    """The memory of this process: how far its peak rose since it was made, in MiB."""

    def __init__(self) -> None:
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        self._before = self._read("VmRSS")

    def so_far(self) -> float:
        """Return the peak above the beginning."""
        return (self._read("VmHWM") - self._before) / 1024

    @staticmethod
    def _read(name: str) -> int:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise LookupError(name)


def seconds() -> float:
    """Return the clock by which rows of one process are timed: the wall's, or with `--cpu` this process's own."""
    return time.process_time() if os.environ.get(CPU) else time.perf_counter()
