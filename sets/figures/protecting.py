"""Small groups in published figures: nobody can be recognised, and nothing that is hidden can be computed.

A group of fewer than LEAST is put together with others (primary suppression). What is together has at least LEAST
people and two groups, and its sum must not tell how many each has: else the next smallest group joins it, though it is
large enough by itself (secondary suppression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LEAST = 5


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
