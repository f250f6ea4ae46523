"""What a version changes against another, question by question, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from ..languages import LANGUAGES
from .content import plain
from .faults import name_of


@dataclass(frozen=True)
class Change:
    """One question that is otherwise than before: its name, and sentences that say how."""

    question_id: int
    name: str
    sentences: list[str]


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Change]:
    """Return what is otherwise, in the order of the newer form; what was retired comes last."""
    old, new = plain(before), plain(after)
    known, moved = {entry["id"]: entry for entry in old}, _moved(old, new)
    found = []
    for entry in new:
        earlier = known.pop(entry["id"], None)
        if earlier is None:
            found.append(Change(entry["id"], name_of(entry), [_("New.")]))
        elif sentences := [*_differences(earlier, entry), *([_("Moved.")] if entry["id"] in moved else [])]:
            found.append(Change(entry["id"], name_of(entry), sentences))
    found += [
        Change(entry["id"], name_of(entry), [_("Retired: it is not asked any more, its answers stay.")])
        for entry in known.values()
    ]
    return found


def _moved(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> set[int]:
    """Return the fewest questions that must be moved to get from one order to the other."""
    before = [entry["id"] for entry in old]
    order = [entry["id"] for entry in new if entry["id"] in before]
    places = [before.index(identifier) for identifier in order]
    # The longest row that kept its order stays; the others moved.
    rows: list[list[int]] = []
    for at, place in enumerate(places):
        best = max((row for row in rows if places[row[-1]] < place), key=len, default=[])
        rows.append([*best, at])
    kept = max(rows, key=len, default=[])
    return {identifier for at, identifier in enumerate(order) if at not in kept}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    yield from _texts(old.get("label") or {}, new.get("label") or {}, _("the question"))
    yield from _texts(old.get("hint") or {}, new.get("hint") or {}, _("the hint"))
    if bool(old.get("required")) != bool(new.get("required")):
        yield _("Must be answered now.") if new.get("required") else _("May stay open now.")
    yield from _options(old["options"], new["options"])
    if any(old.get(name) != new.get(name) for name in ("whole", "lowest", "highest")):
        yield _("Takes other numbers.")
    if old.get("show_if") != new.get("show_if"):
        yield _("Asked after other answers.") if new.get("show_if") else _("Asked of everybody now.")


def _options(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    known = {option["id"]: option for option in old}
    for option in new:
        earlier = known.get(option["id"])
        if earlier is None:
            yield _("New choice: “%(choice)s”.", choice=name_of(option))
            continue
        yield from _texts(
            earlier["label"], option["label"], _("the choice “%(choice)s”", choice=name_of(option))
        )
        if earlier["text"] != option["text"]:
            yield (
                _("“%(choice)s” has a line for words now.", choice=name_of(option))
                if option["text"]
                else _("“%(choice)s” has no line for words any more.", choice=name_of(option))
            )
    offered = [option["id"] for option in new]
    for option in old:
        if option["id"] not in offered:
            yield _("Not offered any more: “%(choice)s”.", choice=name_of(option))
    kept = [option["id"] for option in old if option["id"] in offered]
    if kept != [identifier for identifier in offered if identifier in known]:
        yield _("The choices stand in another order.")


def _texts(old: Mapping[str, str], new: Mapping[str, str], what: str) -> Iterator[str]:
    codes = [code for code in LANGUAGES if old.get(code, "") != new.get(code, "")]
    if codes:
        names = ", ".join(LANGUAGES[code].name for code in codes)
        yield _("Other words for %(what)s (%(languages)s).", what=what, languages=names)
