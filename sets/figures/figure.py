"""One figure: what is drawn, the table that says the same in numbers, and what a number means.

Pages show it (`macros/chart.html`), files hold its table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from ..registration.export import NUMBER, TEXT, Sheet
from .counting import Counted
from .rates import percent
from .scope import Scope

BARS, TIME, STACK, RATES = "bars", "time", "stack", "rates"
# Bars that are drawn; the table has the others.
MOST_DRAWN = 12


@dataclass(frozen=True)
class Cell:
    """A number of a table, and the query of the list of those registrations; `is_percent` says what follows it."""

    value: int | str | None
    query: str = ""
    is_percent: bool = False


@dataclass(frozen=True)
class Drawn:
    """A rate: its number, the part and the whole behind it, and what it means."""

    number: Cell
    part: Cell | None
    whole: Cell | None
    meaning: str


@dataclass(frozen=True)
class Figure:
    """What is shown. `drawn` is (label, number) for bars and times, (label, numbers) for stacks of `parts`.

    For rates it is (label, Drawn).
    """

    key: str
    title: str
    meaning: str
    kind: str
    drawn: list[tuple[str, Any]]
    heads: list[str]
    rows: list[tuple[str, list[Cell]]]
    total: int = 0
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def not_drawn(self) -> int:
        """How many bars only the table has."""
        return max(0, len(self.drawn) - MOST_DRAWN) if self.kind == BARS else 0

    def sheet(self) -> Sheet:
        """Return the table as a file holds it."""
        columns: list[Sequence[Any]] = [[label for label, _cells in self.rows]]
        headings = list(self.heads)
        for index in range(len(self.heads) - 1):
            columns.append([cells[index].value for _label, cells in self.rows])
            if any(cells[index].is_percent for _label, cells in self.rows):
                headings[index + 1] += " (%)"
        return Sheet(
            keys=[f"column_{number}" for number in range(1, len(self.heads) + 1)],
            headings=headings,
            kinds=[TEXT] + [NUMBER] * (len(self.heads) - 1),
            widths=[40] + [16] * (len(self.heads) - 1),
            batches=iter([columns] if self.rows else []),
        )


def counted_figure(
    scope: Scope,
    counted: Counted,
    *,
    key: str,
    title: str,
    meaning: str,
    words: Callable[[str], str],
    part: Callable[[str], dict[str, str]],
    in_order: list[str] | None = None,
) -> Figure:
    """Return the figure of a thing that was said: its values, the most frequent first (or `in_order`).

    `part` gives what narrows the list to one value; nothing where the list cannot.
    """
    both: Counter[str] = counted.living + counted.gone
    values = in_order or [value for value, _number in sorted(both.items(), key=lambda one: (-one[1], one[0]))]
    has_gone = bool(counted.gone.total() or counted.unknown)
    rows, drawn = [], []
    for value in values:
        number, query = both[value], ""
        if narrowed := part(value):
            query = scope.list_query(**narrowed)
        # Who is gone is in no list: the number that can be looked up stands beside the whole.
        cells = [Cell(number, "" if counted.gone[value] else query), _share(number, counted.total)]
        if has_gone:
            cells += [Cell(counted.living[value], query), Cell(counted.gone[value])]
        label = words(value) if value else _("Not said")
        rows.append((label, cells))
        drawn.append((label, number))
    if counted.unknown:
        label = _("Not known: erased before counts were kept")
        cells = [
            Cell(counted.unknown),
            _share(counted.unknown, counted.total),
            Cell(0),
            Cell(counted.unknown),
        ]
        rows.append((label, cells))
        drawn.append((label, counted.unknown))
    heads = [title, _("Registrations"), _("Share")]
    return Figure(
        key=key, title=title, meaning=meaning, kind=BARS, drawn=drawn,
        heads=heads + ([_("In the list"), _("Of people erased since")] if has_gone else []),
        rows=rows, total=counted.total,
    )  # fmt: skip


def _share(part: int, whole: int) -> Cell:
    return Cell(percent(part, whole), is_percent=True)
