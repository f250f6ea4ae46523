"""Small groups in published figures: nobody can be recognised, and nothing that is hidden can be computed.

A group of fewer than LEAST is put together with others (primary suppression). What is together has at least LEAST
people and two groups, and its sum must not tell how many each has: else the next smallest group joins it, though it is
large enough by itself (secondary suppression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

LEAST = 5
# What a number belongs to in two tables: a training and a language.
Cell = tuple[str, str]


@dataclass(frozen=True)
class Protected:
    """What may be shown: groups with their numbers, those put together with their sum.

    Without a sum nothing may be said of those put together, and then all groups are.
    """

    shown: dict[str, int]
    together: tuple[str, ...] = ()
    sum_together: int | None = None


def protect(counts: Mapping[str, int]) -> Protected:
    """Return what may be shown of groups that make up a total which is shown beside them where `is_shown` says so."""
    total = sum(counts.values())
    small = [group for group, number in counts.items() if 0 < number < LEAST]
    if not small:
        return Protected(dict(counts))
    if not is_shown(total):
        return Protected({}, tuple(counts))
    together = list(small)
    # The smallest first; by name where two are equal, so that the same figures are always shown in the same way.
    large = sorted((number, group) for group, number in counts.items() if number >= LEAST)
    while _tells(counts, together) and large:
        together.append(large.pop(0)[1])
    if _tells(counts, together):
        return Protected({}, tuple(counts))
    shown = {group: number for group, number in counts.items() if group not in together}
    return Protected(shown, tuple(together), sum(counts[group] for group in together))


def protect_both(cells: Mapping[Cell, int]) -> tuple[Protected, Protected]:
    """Return what may be shown of the same people by two things at once: by training, and by language of the session.

    Which training takes place in which language is known to everybody, so that the one table could give away what the
    other hides, or a training's few people of one language. Where it does, the second table tells no numbers.
    """
    first, second = (protect(sums(cells, place)) for place in (0, 1))
    if gives_away(cells, first, second):
        second = Protected({}, tuple(sums(cells, 1)))
    return first, second


def sums(cells: Mapping[Cell, int], place: int) -> dict[str, int]:
    """Return the sums of cells that have the same first (0) or second (1) name."""
    found: dict[str, int] = {}
    for cell, number in cells.items():
        found[cell[place]] = found.get(cell[place], 0) + number
    return found


def gives_away(cells: Mapping[Cell, int], first: Protected, second: Protected) -> bool:
    """Tell whether a small cell, or a small group, is a sum or difference of what two tables show."""

    def members(place: int, groups: tuple[str, ...]) -> list[int]:
        return [int(cell[place] in groups) for cell in cells]

    shown = [[1] * len(cells)] if is_shown(sum(cells.values())) else []
    hidden = [
        [int(other == cell) for other in cells] for cell, number in cells.items() if not is_shown(number)
    ]
    for place, table in ((0, first), (1, second)):
        shown += [members(place, (group,)) for group in table.shown]
        shown += [members(place, table.together)] if table.sum_together is not None else []
        sizes = sums(cells, place)
        hidden += [members(place, (group,)) for group in sizes if not is_shown(sizes[group])]
    reduced = _reduced(shown)
    return any(not any(_remainder(vector, reduced)) for vector in hidden)


def is_shown(number: int) -> bool:
    """Tell whether the size of a group may be shown: nobody, or enough."""
    return number == 0 or number >= LEAST


def is_split_shown(part: int, whole: int) -> bool:
    """Tell whether a part and what remains of the whole may both be shown."""
    return is_shown(whole) and is_shown(part) and is_shown(whole - part)


def _tells(counts: Mapping[str, int], together: list[str]) -> bool:
    """Tell whether the sum of some groups gives one of them away."""
    groups, total = len(together), sum(counts[group] for group in together)
    if groups < 2 or total < LEAST:
        return True
    # Each has one at least, and LEAST - 1 at most as long as all are small: at either end there is one way only.
    has_large = any(counts[group] >= LEAST for group in together)
    return total == groups or (not has_large and total == groups * (LEAST - 1))


def _reduced(vectors: list[list[int]]) -> list[tuple[int, list[Fraction]]]:
    """Return vectors of the same span, each with the place of its leading one (Gauss)."""
    found: list[tuple[int, list[Fraction]]] = []
    for vector in vectors:
        rest = _remainder(vector, found)
        place = next((index for index, value in enumerate(rest) if value), None)
        if place is not None:
            found.append((place, [value / rest[place] for value in rest]))
    return found


def _remainder(vector: list[int], reduced: list[tuple[int, list[Fraction]]]) -> list[Fraction]:
    """Return what is left of a vector without the part that others make up."""
    rest = [Fraction(value) for value in vector]
    for place, other in reduced:
        if factor := rest[place]:
            rest = [value - factor * own for value, own in zip(rest, other, strict=True)]
    return rest
