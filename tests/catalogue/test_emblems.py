"""Emblems: three drawn by hand, any number composed from the slug, all from the same cuts and colours."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from sets.catalogue.emblems import INK, LEAF, PAPER, SEA, SUN, emblem

SLUGS = [
    "care-work",
    "open-data",
    "fair-mobility",
    "time-banks",
    "housing",
    "energy",
    "food",
    "repair",
    "médiation",
]


def shapes(position: int, slug: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(emblem(position, slug).svg(ground=False)))


def test_the_first_three_trainings_have_the_three_colours_and_words_that_can_be_read_on_them():
    drawn = [emblem(position, "any") for position in (1, 2, 3)]
    assert [(one.tone, one.on_tone) for one in drawn] == [(LEAF, PAPER), (SUN, INK), (SEA, PAPER)]


def test_later_trainings_are_on_ink():
    assert {(one.tone, one.on_tone) for one in (emblem(4, slug) for slug in SLUGS)} == {(INK, PAPER)}


@pytest.mark.parametrize("slug", SLUGS)
def test_a_composed_emblem_has_four_or_five_shapes_inside_its_box(slug):
    found = shapes(5, slug)
    assert len(found) in (4, 5)
    assert len({shape.get("fill") for shape in found} - {INK, PAPER}) == 2
    starts = [re.match(r"M([\d.]+) ([\d.]+)", shape.get("d")) for shape in found if shape.get("d")]
    assert all(0 <= float(number) <= 96 for start in starts for number in start.groups())


@pytest.mark.parametrize("position", [1, 2, 3, 4, 12])
def test_an_emblem_is_small_and_has_neither_strokes_nor_letters(position):
    drawing = emblem(position, "care-work").svg()
    assert len(drawing) <= 1500
    tags = {shape.tag.rpartition("}")[2] for shape in shapes(position, "care-work")}
    assert tags <= {"path", "circle"}
    assert "stroke" not in drawing


def test_an_emblem_depends_on_the_slug_alone():
    assert emblem(4, "care-work") == emblem(9, "care-work")
    assert len({emblem(4, slug).svg_shapes for slug in SLUGS}) == len(SLUGS)
    # Written out, because Python's own hash would differ at each start.
    assert emblem(4, "care-work").svg_shapes.startswith(
        '<path fill="#3fae82" d="M48 12a21 21 0 0 0 0 42z"/><path fill="#f7f0e1" d="M48 33a21'
    )


def test_the_tile_has_its_ground_and_the_poster_has_not():
    assert emblem(2, "any").svg().count("<path") == emblem(2, "any").svg(ground=False).count("<path") + 1
