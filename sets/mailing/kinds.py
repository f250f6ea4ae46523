"""The kinds of mail: a capability registers each with the function that composes it when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .links import Links


@dataclass(frozen=True)
class Posted:
    """A delivery as the composer sees it: a copy of the row, so that nothing is read or written by accident."""

    id: int
    public_id: str
    kind: str
    priority: int
    to_address: str
    language: str
    learner_id: int | None
    campaign_id: int | None
    context_id: str | None
    facts: Mapping[str, Any]
    posted_at: datetime
    attempts: int
    registration_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Poster:
    """The head of a mail about one training: its colour, the colour of the words on it, a label and the title."""

    label: str
    title: str
    tone: str
    on_tone: str
    position: int = 0


@dataclass(frozen=True)
class Part:
    """A file that travels with the mail. A calendar names its method, which the MIME header repeats."""

    content: bytes
    filename: str
    content_type: str = "text/calendar"
    method: str = ""


@dataclass(frozen=True)
class Letter:
    """What a composer answers. The templates are `mail/<template>/{subject.txt,body.txt,body.html}`.

    Both bodies see `context`, and `posters`, `programme`, `lang`. `headers` are extra ones, such as List-Unsubscribe.
    """

    context: Mapping[str, Any]
    template: str = ""
    posters: Sequence[Poster] = ()
    parts: Sequence[Part] = ()
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class NotWanted(Exception):  # noqa: N818 - a composer's answer, not a failure
    """The mail has no sense any more; it is cancelled with this reason (a code of at most 40 characters)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:40]


class UnknownKind(LookupError):  # noqa: N818 - what it is
    """No capability knows this kind of mail: it was posted by another version of the site."""


Compose = Callable[[Posted, Links], Letter]


@dataclass(frozen=True)
class Kind:
    """A kind of mail. Where `keeps_text` is false the text as sent is not kept: it is nobody's to read.

    `title` is what staff call it, a lazily translated word or two ("Confirmation").
    """

    name: str
    compose: Compose
    keeps_text: bool = True
    title: Any = ""


_kinds: dict[str, Kind] = {}


def register(name: str, compose: Compose, *, keeps_text: bool = True, title: Any = "") -> None:
    """Make a kind of mail known. `compose(posted, links)` runs in the sender, reads the state of that moment, and
    answers a Letter or raises NotWanted.
    """
    known = _kinds.get(name)
    if known is not None and known.compose is not compose:
        raise ValueError(f"Two functions compose the mail {name!r}.")
    _kinds[name] = Kind(name, compose, keeps_text, title)


def find(name: str) -> Kind:
    """Return the kind of that name; raises UnknownKind."""
    if name not in _kinds:
        raise UnknownKind(name)
    return _kinds[name]


def names() -> list[str]:
    """Return the names of all kinds."""
    return sorted(_kinds)
