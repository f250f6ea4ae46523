"""No small group can be read off published figures, nor computed from them: told to somebody who reads everything."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sets.figures.protecting import LEAST, is_shown, is_split_shown, protect, protect_both, sums

GROUPS = st.dictionaries(
    st.sampled_from("abcdef"), st.integers(0, 40) | st.integers(0, 6), min_size=1, max_size=6
)


def ways(protected, total):
    """Return the values of the hidden groups that fit all that is shown: each a tuple in the order of `together`.

    The reader knows the groups by name, the total where it may be shown, and that what is put together was not nobody
    (those of nobody are shown) and held a group that is too small.
    """
    hidden = protected.together
    if protected.sum_together is None:
        least, sums = 0, [total] if is_shown(total) else range(1, LEAST)
    else:
        least, sums = 1, [protected.sum_together]
    for number in sums:
        yield from (
            values
            for values in splits(number, len(hidden), least)
            if not least or any(value < LEAST for value in values)
        )


def splits(number, groups, least):
    """Yield some ways of dividing a number into groups: all where they are few, those around the ends otherwise."""
    if groups == 1:
        if number >= least:
            yield (number,)
        return
    for first in range(least, min(number - least * (groups - 1), LEAST + 2) + 1):
        for others in splits(number - first, groups - 1, least):
            yield (first, *others)


@settings(max_examples=300, deadline=None)
@given(GROUPS)
@example({"a": 4, "b": 4})
@example({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1})
@example({"a": 3, "b": 90})
@example({"a": 4, "b": 4, "c": 4, "d": 0})
@example({"a": 2})
def test_no_hidden_group_can_be_computed_from_what_is_shown(counts):
    total = sum(counts.values())
    protected = protect(counts)
    assert all(is_shown(number) for number in protected.shown.values())
    assert set(protected.shown) | set(protected.together) == set(counts)
    assert protected.shown == {group: counts[group] for group in protected.shown}
    if not protected.together:
        return
    possible = [set() for _ in protected.together]
    for values in ways(protected, total):
        for known, value in zip(possible, values, strict=True):
            known.add(value)
    assert all(len(known) > 1 for known in possible), (counts, protected)
    if protected.sum_together is not None:
        assert protected.sum_together >= LEAST
        assert sum(protected.shown.values()) + protected.sum_together == total


CELLS = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")),
    st.integers(0, 30) | st.integers(0, 6),
    min_size=1,
    max_size=8,
)


def told(cells, tables):
    """Return all that two tables and the total tell of the cells: sums, by what they are sums of."""
    total = sum(cells.values())
    found = [total] if is_shown(total) else []
    for place, table in enumerate(tables):
        by_group = sums(cells, place)
        found += [by_group[group] for group in sorted(table.shown)]
        if table.sum_together is not None:
            found.append(sum(by_group[group] for group in table.together))
    return found


@settings(max_examples=150, deadline=None)
@given(CELLS)
# What language Y has is all that training B has: with the two together, A would be told.
@example({("a", "x"): 3, ("b", "y"): 6, ("c", "x"): 10})
# Nothing is hidden in either table, and yet A's two people in Y could be computed.
@example({("a", "x"): 8, ("a", "y"): 2, ("b", "x"): 10, ("c", "y"): 9})
def test_two_tables_of_the_same_people_do_not_give_away_what_either_hides(cells):
    tables = protect_both(cells)
    names = list(cells)
    small = [{name} for name in names if not is_shown(cells[name])]
    for place in (0, 1):
        sizes = sums(cells, place)
        small += [{name for name in names if name[place] == one} for one in sizes if not is_shown(sizes[one])]
    # Others that would be told the same: found by moving one person at a time between cells.
    others = [
        change
        for change in product((-1, 0, 1), repeat=len(names))
        if any(change)
        and told({name: cells[name] + one for name, one in zip(names, change, strict=True)}, tables)
        == told(cells, tables)
    ]
    for group in small:
        assert any(
            sum(one for name, one in zip(names, change, strict=True) if name in group) for change in others
        ), (cells, tables, group)


@given(GROUPS)
def test_nothing_is_hidden_without_need(counts):
    protected = protect(counts)
    if all(is_shown(number) for number in counts.values()):
        assert protected.together == ()
    elif protected.sum_together is not None:
        # No more large groups than it takes: one, and none where the small ones hide each other.
        assert sum(counts[group] >= LEAST for group in protected.together) <= 1


@given(GROUPS)
def test_the_same_figures_are_always_shown_in_the_same_way(counts):
    other = dict(reversed(counts.items()))
    assert set(protect(counts).together) == set(protect(other).together)


@pytest.mark.parametrize(("part", "whole"), list(product(range(12), repeat=2)))
def test_a_part_is_told_only_where_the_rest_may_be_told_too(part, whole):
    if part <= whole and is_split_shown(part, whole):
        assert all(number == 0 or number >= LEAST for number in (part, whole, whole - part))
