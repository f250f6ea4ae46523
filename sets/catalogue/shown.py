"""What the public is shown of the catalogue, as immutable objects: texts, trainings, sessions, the whole of a version.

How they are read from the database: `showing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from markupsafe import Markup

from ..clock import now
from ..languages import current_language, localised
from .emblems import Emblem, emblem
from .programme import Programme
from .prose import Section
from .states import PublicState, next_change, session_state

TONES = {1: "is-1", 2: "is-2", 3: "is-3"}


@dataclass(frozen=True)
class ShownText:
    """A text in one language. `fields` is its header; `language` says which one it fell back to, if it did."""

    language: str
    fields: dict[str, str]
    sections: dict[str, Section]

    def __getattr__(self, name: str) -> str:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def foreign(self) -> str:
        """The code of its language where that is not the page's, for the attribute `lang`; else nothing."""
        return "" if self.language == current_language() else self.language


@dataclass(frozen=True)
class ShownMeeting:
    """A meeting, without its room."""

    id: int
    public_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ShownSession:
    """A session that is not a draft, with the meetings that take place. `availability` is words, never a number."""

    id: int
    public_id: str
    training_id: int
    language: str
    time_zone: str
    state: str
    availability: str
    opens_at: datetime | None
    closes_at: datetime | None
    needs_approval: bool
    is_example: bool
    trainer: str
    meetings: tuple[ShownMeeting, ...]

    @property
    def starts_at(self) -> datetime | None:
        """When the first meeting starts."""
        return self.meetings[0].starts_at if self.meetings else None

    @property
    def ends_at(self) -> datetime | None:
        """When the last meeting ends."""
        return self.meetings[-1].ends_at if self.meetings else None

    def public_state(self, moment: datetime | None = None) -> PublicState:
        """Return how it stands at that moment (now)."""
        return session_state(self, moment or now())


@dataclass(frozen=True)
class ShownBrochure:
    """A brochure's file: its language and its size in bytes."""

    language: str
    bytes: int


@dataclass(frozen=True)
class ShownTraining:
    """A published training with everything that its page needs."""

    id: int
    slug: str
    position: int
    hours: int
    texts: dict[str, ShownText]
    brochures: dict[str, ShownBrochure]
    sessions: tuple[ShownSession, ...]
    fallback: str

    @property
    def text(self) -> ShownText:
        """Its text in the language being spoken, else in the programme's first."""
        _code, text = localised(self.texts, current_language(), self.fallback)
        return text or ShownText(self.fallback, {}, {})

    @property
    def brochure(self) -> ShownBrochure | None:
        """Its brochure in the language being spoken, else in the programme's first."""
        return localised(self.brochures, current_language(), self.fallback)[1]

    @cached_property
    def emblem(self) -> Emblem:
        """Its drawing."""
        return emblem(self.position, self.slug)

    @property
    def tone_class(self) -> str:
        """The class that sets its colour."""
        return TONES.get(self.position, "is-other")


@dataclass(frozen=True)
class Snapshot:
    """The catalogue as it stood at one version."""

    version: int
    programme: Programme
    trainings: tuple[ShownTraining, ...]
    pages: dict[str, dict[str, ShownText]]
    # Pieces of pages that this version and their key decide alone.
    fragments: dict[tuple[Any, ...], Markup] = field(default_factory=dict, repr=False, compare=False)

    @property
    def sessions(self) -> list[ShownSession]:
        """Every session of the published trainings."""
        return [session for training in self.trainings for session in training.sessions]

    def training(self, slug: str) -> ShownTraining | None:
        """Return the published training of that name."""
        return next((training for training in self.trainings if training.slug == slug), None)

    def page(self, key: str) -> ShownText | None:
        """Return a page's text in the language being spoken, else in the programme's first, else in any."""
        return localised(self.pages.get(key, {}), current_language(), *self.programme.languages[:1])[1]

    def next_change(self, moment: datetime) -> datetime | None:
        """Return when the clock alone makes this picture look different."""
        return next_change(self.sessions, moment)
