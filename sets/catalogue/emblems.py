"""The emblem of each training: its ground, the colour of the words on it, its shapes.

Positions 1 to 3 are drawn by hand. From the fourth on the ground is ink and the shapes are
chosen by the slug, from the same cuts, so that a training keeps its emblem for ever.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")

INK = "#1c1a26"
PAPER = "#f7f0e1"
LEAF = "#0b6b4a"
SUN = "#f5a81c"
SEA = "#2f47c4"
# Leaf and sea as they are drawn on dark grounds: the plain ones are too close to ink to be seen.
LEAF_ON_INK = "#3fae82"
SEA_ON_INK = "#8698ff"


@dataclass(frozen=True)
class Emblem:
    """One emblem in its box of 96 by 96: `svg_shapes` stands on the ground, which it does not draw."""

    tone: str
    on_tone: str
    svg_shapes: str
    is_generated: bool = False

    def svg(self, *, ground: bool = True) -> str:
        """Return a whole SVG document: a tile with its ground, or the shapes alone for a poster."""
        square = f'<path fill="{self.tone}" d="M0 0h96v96H0z"/>' if ground else ""
        return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">{square}{self.svg_shapes}</svg>'


# 1: someone with raised arms, a seedling in the earth. 2: two voices and their common ground.
# 3: a round and a square option on one fork, a face that smiles.
DRAWN = {
    1: Emblem(
        LEAF,
        PAPER,
        f'<path fill="{INK}" d="M12 60h72a36 36 0 0 1-72 0z"/>'
        f'<path fill="{LEAF}" d="M48 61a22 22 0 0 0-22 22 22 22 0 0 0 22-22 22 22 0 0 0 22 22 22 22 0 0 0-22-22z"/>'
        f'<path fill="{SUN}" d="M48 60A34 34 0 0 1 14 26 34 34 0 0 1 48 60z"/>'
        f'<path fill="{PAPER}" d="M48 60a34 34 0 0 0 34-34 34 34 0 0 0-34 34z"/>'
        f'<circle fill="{PAPER}" cx="48" cy="18" r="13"/>',
    ),
    2: Emblem(
        SUN,
        INK,
        f'<path fill="{INK}" d="M6 36a30 30 0 0 1 60 0 30 30 0 0 1-30 30H6z"/>'
        f'<path fill="{PAPER}" d="M30 66a30 30 0 0 1 60 0v30H60a30 30 0 0 1-30-30z"/>'
        f'<path fill="{SEA}" d="M64.6 36.4A30 30 0 0 1 36 66h-6A30 30 0 0 1 64.6 36.4z"/>'
        f'<circle fill="{SUN}" cx="24" cy="34" r="6"/>'
        f'<circle fill="{SUN}" cx="72" cy="68" r="6"/>',
    ),
    3: Emblem(
        SEA,
        PAPER,
        f'<path fill="{PAPER}" d="M13 42h14a21 21 0 0 0 42 0h14a35 35 0 0 1-70 0z"/>'
        f'<circle fill="{SUN}" cx="20" cy="20" r="15"/>'
        f'<path fill="{PAPER}" d="M62 6h28v28H62z"/>'
        f'<path fill="{INK}" d="M22 96a26 26 0 0 1 52 0z"/>'
        f'<path fill="{PAPER}" d="M35 96a13 13 0 0 1 26 0z"/>',
    ),
}

# The cuts on a square of 42, turned to either side; {x} {y} is its corner, {m} its middle line,
# {r} and {b} its far sides. A piece that carries an eye is massive enough to lose a disc.
STANDING = {
    "arch": ("M{x} {b}V{m}a21 21 0 0 1 42 0V{b}z",),
    "bowl": ("M{x} {y}h42v21a21 21 0 0 1-42 0z",),
    "leaf": (
        "M{x} {b}a42 42 0 0 1 42-42 42 42 0 0 1-42 42z",
        "M{r} {b}a42 42 0 0 0-42-42 42 42 0 0 0 42 42z",
    ),
    "quarter": ("M{x} {b}V{y}a42 42 0 0 1 42 42z", "M{r} {b}V{y}a42 42 0 0 0-42 42z"),
    "square": ("M{x} {y}h42v42H{x}z",),
}
RISING = {
    "disc": ("M{x} {m}a21 21 0 0 1 42 0 21 21 0 0 1-42 0z",),
    "dome": ("M{x} {b}a21 21 0 0 1 42 0z",),
    "half": ("M{x} {y}a21 21 0 0 1 0 42z", "M{r} {y}a21 21 0 0 0 0 42z"),
    "leaf": STANDING["leaf"],
    "quarter": ("M{x} {y}h42a42 42 0 0 1-42 42z", "M{r} {y}h-42a42 42 0 0 0 42 42z"),
}
CARRIES_AN_EYE = {"arch", "bowl", "square"}
LEFT, RIGHT, TOP, MIDDLE = 6, 48, 12, 54


def emblem(position: int, slug: str) -> Emblem:
    """Return the emblem of a training; the same position and slug always give the same one."""
    return DRAWN.get(position) or _generated(slug)


def _generated(slug: str) -> Emblem:
    """Compose four cuts, two standing on the lower edge and two rising on them.

    Paper lies on one diagonal, so that no two pieces of a colour melt into one; the neighbours'
    colours on the other.
    """
    dice = _Dice(slug)
    lower = dice.two(tuple(STANDING))
    upper = dice.two(tuple(name for name in RISING if name not in lower))
    loans = dice.two((SUN, LEAF_ON_INK, SEA_ON_INK))
    colours = dice.pick(((PAPER, loans[0], loans[1], PAPER), (loans[0], PAPER, PAPER, loans[1])))
    places = ((LEFT, TOP), (RIGHT, TOP), (LEFT, MIDDLE), (RIGHT, MIDDLE))
    shapes, eyes = [], []
    for name, colour, (x, y) in zip((*upper, *lower), colours, places, strict=True):
        cuts = RISING[name] if y == TOP else STANDING[name]
        path = dice.pick(cuts).format(x=x, r=x + 42, y=y, m=y + 21, b=y + 42)
        shapes.append(f'<path fill="{colour}" d="{path}"/>')
        if y == MIDDLE and name in CARRIES_AN_EYE:
            eyes.append(f'<circle fill="{INK}" cx="{x + 21}" cy="{y + 21}" r="7"/>')
    return Emblem(INK, PAPER, "".join(shapes + eyes[:1]), is_generated=True)


class _Dice:
    """Throws that depend on a text only: Python's own hash changes at each start."""

    def __init__(self, seed: str) -> None:
        self._rest = int.from_bytes(sha256(seed.encode()).digest())

    def number(self, sides: int) -> int:
        self._rest, thrown = divmod(self._rest, sides)
        return thrown

    def pick(self, choices: tuple[T, ...]) -> T:
        return choices[self.number(len(choices))]

    def two(self, choices: tuple[str, ...]) -> tuple[str, str]:
        first = self.number(len(choices))
        step = 1 + self.number(len(choices) - 1)
        return choices[first], choices[(first + step) % len(choices)]
