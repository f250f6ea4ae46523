"""Which column of a file is what: the proposal from its headings and values, and what was chosen.

Choices are remembered by the headings: the next file with the same ones, in any order, begins with them. Values are
kept as keyed hashes, since a cell may hold anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..catalogue.models import Training
from ..database import db
from ..languages import LANGUAGES, speaking
from ..questionnaires.asked import AskedQuestion
from ..questionnaires.building import live_forms
from ..tokens import keyed_hash
from .importing_dates import evidence, read_date
from .importing_models import ImportRun
from .importing_words import FIELDS, SEVERAL, codes_of, field_of_heading, plain

# How many lines the proposal looks at, and from which share of them on values decide.
LOOKED_AT, SHARE = 200, 0.8
# From here on, two headings are the same question.
ALIKE = 0.86
# What the lines with errors are given in front.
OWN_HEADINGS = (_l("Line"), _l("What is wrong"))
# A value that no list has: leave it out.
LEFT_OUT = "-"
SEPARATE_BY = ("\n", ";")


@dataclass(frozen=True)
class Subject:
    """A training with the words that a file may call it by; its slug first."""

    id: int
    slug: str
    names: tuple[str, ...]


@dataclass
class Matching:
    """What the columns of one file are, and what its values mean."""

    # For each column: "", a field, or "q" with a question's id ("q12").
    columns: list[str] = field(default_factory=list)
    # The training of every line (slug), where no column says it; the session (public id) of each training.
    training: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    zone: str = ""
    # How dates like 03/04/2025 are read; None: not asked yet, or no such date.
    day_first: bool | None = None
    # For each column (as text): what a value that no list has (its hash) stands for; LEFT_OUT for nothing.
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "columns": self.columns, "training": self.training, "sessions": self.sessions, "zone": self.zone,
            "day_first": self.day_first, "values": self.values,
        }  # fmt: skip

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Matching:
        """Return what `stored` gave, as a copy: what is changed in it changes no row."""
        return cls(**{name: deepcopy(stored[name]) for name in cls.__dataclass_fields__ if name in stored})

    def indexes(self, target: str) -> list[int]:
        """Return the columns that are this."""
        return [index for index, one in enumerate(self.columns) if one == target]

    def index(self, target: str) -> int | None:
        """Return the first column that is this, or None."""
        return next(iter(self.indexes(target)), None)

    def has_question(self) -> bool:
        """Tell whether a column is a question of the form."""
        return any(one.startswith("q") for one in self.columns)


def headings_key(headings: Iterable[str]) -> str:
    """Return what files with the same headings share, in whatever order; our own two do not count."""
    words = [plain(heading) for heading in headings]
    return keyed_hash("headings", "\n".join(sorted(word for word in words if word not in own_headings())))


@lru_cache(maxsize=1)
def own_headings() -> frozenset[str]:
    """Return what stands above the two columns that lines with errors are given, in every language."""
    found = set()
    for language in LANGUAGES:
        with speaking(language):
            found |= {plain(str(words)) for words in OWN_HEADINGS}
    return frozenset(found)


def value_key(text: str) -> str:
    """Return what a value is remembered by."""
    return keyed_hash("import-value", plain(text))[:24]


def subjects() -> list[Subject]:
    """Return every training with its titles in all languages."""
    found = []
    for training in db.session.scalars(select(Training).order_by(Training.position, Training.id)):
        names = [training.slug]
        for text in training.texts.values():
            names += [text.title, str(text.fields.get("short_title") or "")]
        found.append(
            Subject(training.id, training.slug, tuple(dict.fromkeys(name for name in names if name)))
        )
    return found


def questions() -> dict[int, tuple[AskedQuestion, int | None, int]]:
    """Return the questions of the live form by id, each with its training (None: general) and version.

    Not consents: to these words of ours nobody agreed elsewhere.
    """
    return {
        question.id: (question, form.training_id, form.version_id)
        for form in live_forms().values()
        for question in form.questions
        if question.type != "consent"
    }


def choices_of(target: str, known: list[Subject] | None = None) -> dict[str, str]:
    """Return what values of a column mean: the code of each folded word; {} where any text is taken."""
    if target == "training":
        return {plain(name): one.slug for one in (known or subjects()) for name in one.names}
    if not target.startswith("q"):
        return dict(codes_of(target))
    found = questions().get(int(target[1:]))
    if found is None:
        return {}
    question = found[0]
    if question.type == "yes_no":
        return dict(codes_of("yes_no"))
    return {
        plain(word): option.key
        for option in question.options
        for word in (option.key, *option.label.values())
    }


def split_choices(text: str, known: Mapping[str, str]) -> list[str]:
    """Return the choices of a cell: one per line, or with ; or , between them; known ones may hold a comma."""
    if plain(text) in known:
        return [text]
    parts = [text]
    for sign in SEPARATE_BY:
        parts = [piece.strip() for part in parts for piece in part.split(sign)]
    found: list[str] = []
    for part in filter(None, parts):
        found += [part] if plain(part) in known else _split_at_commas(part, known)
    return found


def _split_at_commas(text: str, known: Mapping[str, str]) -> list[str]:
    """Return the choices of a line: as many pieces as make a known one stay together."""
    pieces = [piece.strip() for piece in text.split(",")]
    found, rest, at = [], [], 0
    while at < len(pieces):
        end = next((e for e in range(len(pieces), at, -1) if plain(", ".join(pieces[at:e])) in known), None)
        if end is None:
            rest.append(pieces[at])
            at += 1
            continue
        found.append(", ".join(pieces[at:end]))
        at = end
    # Without any known choice the line is one free text, commas and all.
    return [*found, *filter(None, rest)] if found else [text]


def remembered(headings: list[str], key: str) -> Matching | None:
    """Return how the last file with these headings was matched, in this file's order of columns."""
    last = db.session.scalar(
        select(ImportRun)
        .where(ImportRun.headings_key == key, ImportRun.confirmed_at.is_not(None))
        .order_by(ImportRun.id.desc())
        .limit(1)
    )
    if last is None:
        return None
    before = Matching.read(last.mapping)
    places: dict[str, list[int]] = {}
    for index, heading in enumerate(last.headings):
        places.setdefault(plain(heading), []).append(index)
    order = [there.pop(0) if (there := places.get(plain(heading))) else None for heading in headings]
    width = len(before.columns)
    return Matching(
        columns=_still_there(["" if i is None or i >= width else before.columns[i] for i in order]),
        training=before.training, sessions=before.sessions, zone=before.zone, day_first=None,
        values={str(at): before.values[str(i)] for at, i in enumerate(order) if str(i) in before.values},
    )  # fmt: skip


def _still_there(columns: list[str]) -> list[str]:
    known = {f"q{identifier}" for identifier in questions()}
    return [one if one in FIELDS or one in known else "" for one in columns]


def propose(headings: list[str], lines: list[list[str]], zone: str) -> Matching:
    """Return what the columns probably are: by the questions' own words, the headings, then the values."""
    samples = [_column(lines[:LOOKED_AT], index) for index in range(len(headings))]
    weights: dict[int, tuple[str, int]] = {}
    for index, heading in enumerate(headings):
        field_name, weight = field_of_heading(heading)
        question, likeness = _question_of(heading)
        if question and (likeness == 1 or weight < 1000):
            field_name, weight = question, 2000 + round(likeness * 100)
        if weight and _fits(field_name, samples[index]):
            weights[index] = field_name, weight
    for index, values in enumerate(samples):
        if index not in weights and (found := _by_values(values)):
            weights[index] = found, 1
    return Matching(_without_rivals(weights, len(headings)), zone=zone, day_first=order_of_dates(
        value for index, (target, _w) in weights.items() if target in ("submitted_at", "session")
        for value in samples[index]
    ) or None)  # fmt: skip


def order_of_dates(values: Iterable[str]) -> bool | None:
    """Return whether the day comes first in dates of figures; None where all of them could be read either way.

    Where nothing has to be asked (no such date, or some of them tell), the day comes first unless they say otherwise.
    """
    found = Counter(evidence(value) for value in values)
    if found["day"] or found["month"]:
        return found["day"] >= found["month"]
    return None if found["either"] else True


def _column(lines: list[list[str]], index: int) -> list[str]:
    return [line[index] for line in lines if index < len(line) and line[index]]


def _question_of(heading: str) -> tuple[str, float]:
    words, best = plain(heading), ("", 0.0)
    for identifier, (question, _training, _version) in questions().items():
        for label in (*question.label.values(), question.key):
            likeness = SequenceMatcher(None, words, plain(label)).ratio() if words else 0.0
            if likeness > max(best[1], ALIKE):
                best = f"q{identifier}", likeness
    return best


def _fits(target: str, values: list[str]) -> bool:
    """Tell whether values do not speak against a heading ("Name" over addresses, "Formation" over sentences)."""
    if target == "email":
        return not values or _share(values, lambda value: "@" in value) > 0.3
    if target in ("submitted_at", "session"):
        return not values or _share(values, lambda value: read_date(value) is not None) > 0.3
    return True


def _by_values(values: list[str]) -> str:
    if not values:
        return ""
    if _share(values, lambda value: "@" in value and " " not in value) >= SHARE:
        return "email"
    for target in ("country", "language", "organisation_kind", "status"):
        codes = codes_of(target)
        if _share(values, lambda value, codes=codes: plain(value) in codes) >= SHARE and len(set(values)) > 1:
            return target
    names = choices_of("training")
    if _share(values, lambda value: any(plain(one) in names for one in split_choices(value, names))) >= SHARE:
        return "training"
    return ""


def _share(values: list[str], fits: Any) -> float:
    return sum(1 for value in values if fits(value)) / len(values)


def _without_rivals(weights: dict[int, tuple[str, int]], width: int) -> list[str]:
    """Return one target for each column: of two that want the same, the heavier has it; a name in one is left to it."""
    columns, taken = [""] * width, set()
    for index, (target, _weight) in sorted(weights.items(), key=lambda one: (-one[1][1], one[0])):
        if target in taken and target not in SEVERAL:
            continue
        taken.add(target)
        columns[index] = target
    if {"first_name", "last_name"} <= taken:
        return ["" if one == "full_name" else one for one in columns]
    if "last_name" in taken and "first_name" not in taken and "full_name" not in taken:
        # "Nom" alone is the whole name.
        return ["full_name" if one == "last_name" else one for one in columns]
    return columns


def target_words(target: str, language: str) -> str:
    """Return what a column is, as the page names it."""
    if target in FIELDS:
        return str(FIELDS[target])
    found = questions().get(int(target[1:])) if target.startswith("q") and target[1:].isdecimal() else None
    return found[0].words(language) if found else ""
