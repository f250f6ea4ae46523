"""What public pages show: the whole catalogue in this process's memory, one immutable picture for each version of it.

The version is read from the database at each request (one tiny query), so that every process shows a change at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from flask import Flask, current_app, g, has_request_context
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, selectinload

from ..clock import now
from ..database import db
from ..installation import Setting
from ..languages import LANGUAGES, current_language, localised
from ..mailing.letterhead import tell
from .emblems import Emblem, emblem
from .models import PageText, SessionState, Training, TrainingSession, TrainingState
from .places import availability
from .programme import Programme, programme_of
from .prose import Section, filled_in, shown_section
from .states import PublicState, next_change, session_state
from .storing import PROGRAMME

# How long a session that is over stays in memory: until the slowest reader's page has turned.
KEPT_AFTER_END = timedelta(days=1)
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


def init_app(app: Flask) -> None:
    """Give every template the programme and the language, and mails their letterhead."""
    app.extensions["snapshot"] = None
    app.context_processor(_spoken_of)
    tell(app, lambda: programme if (programme := current_programme()).is_loaded else None)


def read_version(engine: Engine) -> int:
    """Return the catalogue's version: the one query of a page that is kept."""
    # Straight to the driver: this line is most of what a kept page costs.
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT catalogue_version FROM installation WHERE id = 1")
        row = cursor.fetchone()
        cursor.close()
        return row[0] if row else 0
    finally:
        connection.close()


def snapshot() -> Snapshot:
    """Return the catalogue as it stands; within a request always the same picture."""
    if has_request_context() and "snapshot" in g:
        return g.snapshot
    version = read_version(db.engine)
    shown: Snapshot | None = current_app.extensions["snapshot"]
    if shown is None or shown.version != version:
        shown = current_app.extensions["snapshot"] = _take(version)
    if has_request_context():
        g.snapshot = shown
    return shown


def current_programme() -> Programme:
    """Return the programme; a nameless one while no catalogue is loaded."""
    return snapshot().programme


def _take(version: int) -> Snapshot:
    # A session of its own, that sees what is stored only: nothing half done is ever shown.
    with Session(db.engine) as session:
        stored = session.scalar(select(Setting.value).where(Setting.key == PROGRAMME))
        programme = programme_of(stored, current_app.config["BASE_URL"])
        trainings = session.scalars(
            select(Training)
            .where(Training.state == TrainingState.PUBLISHED)
            .order_by(Training.position, Training.id)
            .options(selectinload(Training.texts), selectinload(Training.brochures))
        ).all()
        runs: dict[int, list[ShownSession]] = {training.id: [] for training in trainings}
        for row in session.scalars(
            select(TrainingSession)
            .where(TrainingSession.training_id.in_(runs), TrainingSession.state != SessionState.DRAFT,
                   TrainingSession.practice.is_(False))
            .options(selectinload(TrainingSession.meetings))
        ):  # fmt: skip
            runs[row.training_id].append(shown_session(row))
        pages: dict[str, dict[str, ShownText]] = {}
        for page in session.scalars(select(PageText)):
            pages.setdefault(page.key, {})[page.language] = _shown_text(page.language, page.fields, programme)
        shown = tuple(_shown_training(training, runs[training.id], programme) for training in trainings)
    return Snapshot(version, programme, shown, pages)


def shown_session(row: TrainingSession) -> ShownSession:
    """Return a row as public pages show it. A cancelled session keeps its dates, to say what does not take place."""
    meetings = row.meetings if row.state == SessionState.CANCELLED else row.standing_meetings
    names = [name for name in ShownSession.__dataclass_fields__ if name not in ("availability", "meetings")]
    return ShownSession(
        **{name: getattr(row, name) for name in names},
        availability=availability(row.capacity, row.places_taken),
        meetings=tuple(
            ShownMeeting(meeting.id, meeting.public_id, meeting.starts_at, meeting.ends_at)
            for meeting in meetings
        ),
    )


def _shown_training(training: Training, sessions: list[ShownSession], programme: Programme) -> ShownTraining:
    oldest = now() - KEPT_AFTER_END
    last = datetime.max.replace(tzinfo=oldest.tzinfo)
    return ShownTraining(
        id=training.id,
        slug=training.slug,
        position=training.position,
        hours=training.hours,
        texts={
            language: _shown_text(language, {"title": text.title} | text.fields, programme)
            for language, text in training.texts.items()
        },
        brochures={
            language: ShownBrochure(language, brochure.bytes)
            for language, brochure in training.brochures.items()
        },
        sessions=tuple(
            sorted(
                (session for session in sessions if session.ends_at is None or session.ends_at > oldest),
                key=lambda session: (session.starts_at or last, session.language, session.id),
            )
        ),
        fallback=programme.languages[0],
    )


def _shown_text(language: str, fields: dict[str, Any], programme: Programme) -> ShownText:
    stored = fields.get("sections", {})
    order = [key for key in fields.get("order", stored) if key in stored]
    return ShownText(
        language,
        {name: filled_in(value, programme) for name, value in fields.items() if isinstance(value, str)},
        {key: shown_section(key, stored[key], programme) for key in order},
    )


def _spoken_of() -> dict[str, Any]:
    return {
        "programme": current_programme(),
        "lang": current_language(),
        "languages": list(LANGUAGES.values()),
    }
