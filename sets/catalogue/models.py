"""Trainings with their texts and brochures, sessions with their meetings, and the site's other pages."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, attribute_keyed_dict, mapped_column, relationship

from ..database import JSONText, Model, UTCDateTime


class TrainingState(StrEnum):
    """A training is written, shown, or kept for its past sessions only."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class SessionState(StrEnum):
    """A session's life. Full, nearly full, soon and past are worked out, never stored."""

    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Filling(StrEnum):
    """How a freed place finds its next person: offered with a deadline, or given at once."""

    OFFER = "offer"
    AUTOMATIC = "automatic"


# Reminders of a new session: 7 days, 1 day and 1 hour before a meeting, in minutes.
REMINDERS = (7 * 24 * 60, 24 * 60, 60)


class Training(Model):
    """What is taught. The row is the lock of its waits for any date; `queue_counter` gives numbers in the queue."""

    __tablename__ = "training"
    __table_args__ = (CheckConstraint("state IN ('draft','published','retired')", name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    position: Mapped[int] = mapped_column(Integer)
    hours: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(12), default=TrainingState.PUBLISHED)
    reply_to: Mapped[str | None] = mapped_column(String(320))
    queue_counter: Mapped[int] = mapped_column(Integer, default=0)

    texts: Mapped[dict[str, TrainingText]] = relationship(
        collection_class=attribute_keyed_dict("language"),
        cascade="all, delete-orphan",
    )
    brochures: Mapped[dict[str, Brochure]] = relationship(
        collection_class=attribute_keyed_dict("language"),
        cascade="all, delete-orphan",
    )
    sessions: Mapped[list[TrainingSession]] = relationship(back_populates="training")


class TrainingText(Model):
    """A training's texts in one language. `fields`: the header, and `sections` {key: {heading, markdown}}."""

    __tablename__ = "training_text"

    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    based_on_revision: Mapped[int | None] = mapped_column(Integer)
    # For each part, a digest of the words of the first language that it was translated from; NULL: all of them, then.
    translated_from: Mapped[dict[str, str] | None] = mapped_column(JSONText)


class PageText(Model):
    """One of the site's other pages (home, about, contact, privacy, legal, accessibility) in one language."""

    __tablename__ = "page_text"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    translated_from: Mapped[dict[str, str] | None] = mapped_column(JSONText)


class BegunText(Model):
    """A text of a training that is not whole yet in its language: kept for the team, never shown."""

    __tablename__ = "begun_text"

    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    revision: Mapped[int] = mapped_column(Integer, default=1)
    translated_from: Mapped[dict[str, str] | None] = mapped_column(JSONText)


class TextStep(Model):
    """What the texts of a training or a page said after one save, in all languages. Numbers count up from 1.

    `content` is {language: {fields, revision, begun}}; `languages` those that the save changed.
    """

    __tablename__ = "text_step"
    __table_args__ = (
        UniqueConstraint("kind", "key", "number"),
        CheckConstraint("kind IN ('trainings','pages')", name="kind_known"),
        CheckConstraint("how IN ('written','loaded','brought_back')", name="how_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    key: Mapped[str] = mapped_column(String(80))
    number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    how: Mapped[str] = mapped_column(String(12))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    languages: Mapped[list[str]] = mapped_column(JSONText, default=list)
    content: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)


class LoadedFile(Model):
    """What a file of the catalogue said when it was loaded last: what differs now was written by the team."""

    __tablename__ = "loaded_file"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))


class Brochure(Model):
    """A training's PDF in one language: generated from the texts, or a file of the team's own."""

    __tablename__ = "brochure"
    __table_args__ = (CheckConstraint("source IN ('generated','uploaded')", name="source_known"),)

    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    source: Mapped[str] = mapped_column(String(12))
    content_hash: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class BrochureUpload(Model):
    """A file of the team's own for a brochure; kept after it was put aside, so that it can be taken again."""

    __tablename__ = "brochure_upload"
    __table_args__ = (Index("ix_brochure_upload_training_id_language", "training_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(8))
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(Integer)
    pages: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))


class BrochureTrouble(Model):
    """Why a brochure cannot be made from the present texts; `content_hash` tells which texts these were."""

    __tablename__ = "brochure_trouble"

    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    sentence: Mapped[str] = mapped_column(Text)


class BrochureDownload(Model):
    """How often a brochure was downloaded on one day, in the programme's zone. Nothing about who."""

    __tablename__ = "brochure_download"

    training_id: Mapped[int] = mapped_column(ForeignKey("training.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    number: Mapped[int] = mapped_column(Integer)


class TrainingSession(Model):
    """One run of a training. `places_taken` is written by `catalogue.places` only."""

    __tablename__ = "training_session"
    __table_args__ = (
        UniqueConstraint("id", "training_id"),
        CheckConstraint("places_taken >= 0", name="places_taken_not_negative"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("state IN ('draft','published','paused','closed','cancelled')", name="state_known"),
        CheckConstraint("filling IN ('offer','automatic')", name="filling_known"),
        Index("ix_training_session_training_id_state", "training_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    training_id: Mapped[int] = mapped_column(ForeignKey("training.id"))
    language: Mapped[str] = mapped_column(String(8))
    time_zone: Mapped[str] = mapped_column(String(60))
    capacity: Mapped[int | None] = mapped_column(Integer)
    places_taken: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(12), default=SessionState.DRAFT)
    opens_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decide_by: Mapped[datetime | None] = mapped_column(UTCDateTime)
    needs_approval: Mapped[bool] = mapped_column(Boolean, default=False)
    filling: Mapped[str] = mapped_column(String(12), default=Filling.OFFER)
    # Minutes before each meeting.
    reminders: Mapped[list[int]] = mapped_column(JSONText, default=lambda: list(REMINDERS))
    # Whether people are asked, three days before the first meeting, to give up a place that they do not need.
    asks_presence: Mapped[bool] = mapped_column(Boolean, default=True)
    trainer: Mapped[str] = mapped_column(String(200), default="")
    # The asynchronous lessons, what people find afterwards, and what is said with each.
    lessons_url: Mapped[str | None] = mapped_column(Text)
    lessons_note: Mapped[str | None] = mapped_column(Text)
    materials_url: Mapped[str | None] = mapped_column(Text)
    materials_note: Mapped[str | None] = mapped_column(Text)
    replay_url: Mapped[str | None] = mapped_column(Text)
    is_example: Mapped[bool] = mapped_column(Boolean, default=False)
    practice: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    training: Mapped[Training] = relationship(back_populates="sessions")
    meetings: Mapped[list[Meeting]] = relationship(back_populates="session", order_by="Meeting.starts_at")

    @property
    def standing_meetings(self) -> list[Meeting]:
        """The meetings that take place, in order of time."""
        return [meeting for meeting in self.meetings if meeting.cancelled_at is None]

    @property
    def first_meeting(self) -> Meeting | None:
        """The first meeting that takes place."""
        return next(iter(self.standing_meetings), None)


class Meeting(Model):
    """One live hour of a session, in the session's zone. Never deleted: calendar entries must be cancellable."""

    __tablename__ = "meeting"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    room_url: Mapped[str | None] = mapped_column(Text)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    session: Mapped[TrainingSession] = relationship(back_populates="meetings")


def first_start() -> Any:
    """Return the part of a statement that tells when the session of each row begins; nothing without meetings."""
    return (
        select(func.min(Meeting.starts_at))
        .where(Meeting.training_session_id == TrainingSession.id, Meeting.cancelled_at.is_(None))
        .correlate(TrainingSession)
        .scalar_subquery()
    )
