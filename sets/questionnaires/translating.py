"""How far the languages are: what is missing, and what was changed in the first language since it was translated.

Each text has its words by language. Beside it, `behind` keeps for a language the mark of the words that its translation
was made from, once those words are others: {"behind": {"label": {"it": "1f0c…"}}}. Where there is none, it is in step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from .content import texts_of


@dataclass(frozen=True)
class Progress:
    """How far one language is. `done` of `total` texts are there and in step with the first language."""

    language: str
    done: int
    total: int
    missing: int
    behind: int

    @property
    def percent(self) -> int:
        """The whole percents that are done; 100 only when all is."""
        return 100 * self.done // self.total if self.total else 100


def progress_of(questions: Sequence[Mapping[str, Any]], languages: Sequence[str]) -> list[Progress]:
    """Return how far each language is; the first is the one that the others are translated from."""
    slots = [slot for entry in questions for slot in texts_of(entry)]
    found = []
    for code in languages:
        missing = sum(not (holder.get(name) or {}).get(code) for holder, name in slots)
        behind = sum(is_behind(holder, name, code, languages[0]) for holder, name in slots)
        found.append(Progress(code, len(slots) - missing - behind, len(slots), missing, behind))
    return found


def is_behind(holder: Mapping[str, Any], name: str, code: str, source: str) -> bool:
    """Tell whether the words of the first language changed since those of this one were written."""
    words = holder.get(name) or {}
    made_from = ((holder.get("behind") or {}).get(name) or {}).get(code)
    return (
        code != source and bool(words.get(code)) and made_from not in (None, mark_of(words.get(source, "")))
    )


def keep_in_step(
    before: Mapping[str, Any] | None,
    after: dict[str, Any],
    name: str,
    source: str,
    *,
    right: Collection[str] = (),
) -> None:
    """Note in `after` which translations of a text were made from words that are others now.

    `right` are the languages whose translation somebody says is right as it stands.
    """
    old, new = (before or {}).get(name) or {}, after.get(name) or {}
    known = ((before or {}).get("behind") or {}).get(name) or {}
    now = mark_of(new.get(source, ""))
    marks = {}
    for code, words in new.items():
        if code == source or code in right or words != old.get(code):
            continue
        made_from = known.get(code, mark_of(old.get(source, "")))
        if made_from != now:
            marks[code] = made_from
    behind = {key: value for key, value in (after.get("behind") or {}).items() if key != name}
    behind |= {name: marks} if marks else {}
    after.pop("behind", None)
    if behind:
        after["behind"] = behind


def mark_of(words: str) -> str:
    """Return a short mark of words, by which they are known again."""
    return sha256(words.encode()).hexdigest()[:12]
