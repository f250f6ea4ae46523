"""Learners, their registrations and what happened to them; what was submitted, consented to, joined."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..catalogue.models import Meeting, Training, TrainingSession
from ..clock import now
from ..database import JSONText, Model, UTCDateTime, personal


class Status(StrEnum):
    """The states of a registration; pending, offered and confirmed hold a place."""

    PENDING = "pending"
    WAITING = "waiting"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"


HOLDING = (Status.PENDING, Status.OFFERED, Status.CONFIRMED)
ACTIVE = (*HOLDING, Status.WAITING)
# Of one training a person has one place at a time; a session that is over no longer counts.
HELD = "status IN ('pending','confirmed') AND ended_at IS NULL"
# Messages come back from the address; the address is another person's, too.
RETURNED, SHARED = "bounced_at IS NOT NULL", "email_slot > 0"

_IDENTITY = personal(
    purpose=_l("To know who you are during the live sessions."), keep="registrations", eraser="row"
)
_ADDRESS = personal(
    purpose=_l("To write to you about your registrations."), keep="registrations", eraser="row"
)
_ABOUT = personal(
    purpose=_l("To prepare the sessions and to know whom the trainings reach."),
    keep="registrations",
    eraser="row",
)
_SERVICE = personal(
    purpose=_l("To write to you in your language and at your hours."), keep="registrations", eraser="row"
)
_NEEDS = personal(purpose=_l("To make the sessions accessible to you."), keep="needs", eraser="row")
_CONSENT = personal(purpose=_l("To prove what you agreed to, and when."), keep="registrations", eraser="row")
_SUBMITTED = personal(
    purpose=_l("To check a registration that looked like a machine’s."), keep="submissions", eraser="row"
)
_ANSWERS = personal(
    purpose=_l("To prepare the sessions and to know whom the trainings reach."),
    keep="registrations",
    eraser="null",
)
_REASON = personal(
    purpose=_l("To understand why a place was given up or refused."), keep="registrations", eraser="null"
)


class Learner(Model):
    """A person who registers. The row goes when they are erased."""

    __tablename__ = "learner"
    __table_args__ = (
        UniqueConstraint("email_key", "email_slot"),
        Index("ix_learner_name", "last_name", "first_name"),
        Index("ix_learner_returned", "id", sqlite_where=text(RETURNED), postgresql_where=text(RETURNED)),
        Index("ix_learner_shared", "email_key", sqlite_where=text(SHARED), postgresql_where=text(SHARED)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    email: Mapped[str] = mapped_column(String(320), info=_ADDRESS)
    email_key: Mapped[str] = mapped_column(String(320), info=_ADDRESS)
    email_slot: Mapped[int] = mapped_column(Integer, default=0)
    email_pending: Mapped[str | None] = mapped_column(String(320), info=_ADDRESS)
    pending_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    email_before: Mapped[str | None] = mapped_column(String(320), info=_ADDRESS)
    before_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    first_name: Mapped[str] = mapped_column(String(120), info=_IDENTITY)
    last_name: Mapped[str] = mapped_column(String(120), info=_IDENTITY)
    organisation: Mapped[str] = mapped_column(String(200), default="", info=_ABOUT)
    organisation_kind: Mapped[str] = mapped_column(String(40), default="", index=True, info=_ABOUT)
    role: Mapped[str] = mapped_column(String(120), default="", info=_ABOUT)
    country: Mapped[str] = mapped_column(String(2), default="", index=True, info=_ABOUT)
    source: Mapped[str] = mapped_column(String(40), default="", info=_ABOUT)
    language: Mapped[str] = mapped_column(String(8), index=True, info=_SERVICE)
    time_zone: Mapped[str] = mapped_column(String(60), default="", info=_SERVICE)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict, info=_ABOUT)
    form_version_id: Mapped[int | None] = mapped_column(ForeignKey("form_version.id"))
    link_version: Mapped[int] = mapped_column(Integer, default=1)
    feed_version: Mapped[int] = mapped_column(Integer, default=1)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    # The last time that they did something here on their own page.
    acted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Until when the team keeps them longer, and why (a code of `retention.KEEP_REASONS`).
    keep_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    keep_reason: Mapped[str | None] = mapped_column(String(20))
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, onupdate=now)

    need: Mapped[LearnerNeed | None] = relationship(back_populates="learner", cascade="all, delete-orphan")
    registrations: Mapped[list[Registration]] = relationship(back_populates="learner", passive_deletes=True)
    consents: Mapped[list[Consent]] = relationship(cascade="all, delete-orphan")

    @property
    def full_name(self) -> str:
        """First and last name, as they are said."""
        return f"{self.first_name} {self.last_name}".strip()


class LearnerWord(Model):
    """A word of a learner's name, address or organisation, folded: search goes by a word's beginning.

    An index of our own, since PostgreSQL's trigrams are an extension that small hosts do not have.
    """

    __tablename__ = "learner_word"

    # "C" compares by code point, so that a beginning is a range of the index.
    word: Mapped[str] = mapped_column(
        String(60).with_variant(String(60, collation="C"), "postgresql"), primary_key=True, info=_IDENTITY
    )
    learner_id: Mapped[int] = mapped_column(
        ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class LearnerNeed(Model):
    """Accessibility needs: health data (GDPR, Article 9), apart, for organisers only, gone early."""

    __tablename__ = "learner_need"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text, info=_NEEDS)
    consent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    keep_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)

    learner: Mapped[Learner] = relationship(back_populates="need")


class TextVersion(Model):
    """A consent text or notice as it stood from a day on."""

    __tablename__ = "text_version"
    __table_args__ = (UniqueConstraint("kind", "number", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[int] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    from_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Consent(Model):
    """What a learner agreed to, in which words, until when."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("kind IN ('notice','news','needs')", name="kind_known"),
        Index(
            "uq_consent_standing",
            "learner_id",
            "kind",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), info=_CONSENT)
    kind: Mapped[str] = mapped_column(String(10))
    text_version_id: Mapped[int] = mapped_column(ForeignKey("text_version.id"))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Submission(Model):
    """One form as sent: makes a second press harmless, shows the receipt, holds a suspect until asked by mail.

    `outcome` tells what a first sign-up would show, so that the receipt says nothing of who is registered.
    """

    __tablename__ = "submission"

    id: Mapped[int] = mapped_column(primary_key=True)
    form_nonce: Mapped[str] = mapped_column(String(64), unique=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    outcome: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict, info=_SUBMITTED)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learner.id", ondelete="SET NULL"), index=True)
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSONText, info=_SUBMITTED)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    purge_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class Registration(Model):
    """One learner on one training: in a session, or waiting for any date (no session)."""

    __tablename__ = "registration"
    __table_args__ = (
        ForeignKeyConstraint(
            ["training_session_id", "training_id"],
            ["training_session.id", "training_session.training_id"],
            name="fk_registration_session_of_training",
        ),
        UniqueConstraint("learner_id", "training_session_id"),
        Index(
            "uq_registration_any_date",
            "learner_id",
            "training_id",
            unique=True,
            sqlite_where=text("training_session_id IS NULL"),
            postgresql_where=text("training_session_id IS NULL"),
        ),
        Index(
            "uq_registration_offered",
            "learner_id",
            "training_id",
            unique=True,
            sqlite_where=text("status = 'offered'"),
            postgresql_where=text("status = 'offered'"),
        ),
        Index(
            "uq_registration_held",
            "learner_id",
            "training_id",
            unique=True,
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
        CheckConstraint(
            "status IN ('pending','waiting','offered','confirmed','cancelled','rejected','expired')",
            name="status_known",
        ),
        CheckConstraint("(status = 'offered') = (offer_ends_at IS NOT NULL)", name="offer_has_end"),
        CheckConstraint(
            "training_session_id IS NOT NULL OR status IN ('waiting','cancelled','expired')",
            name="any_date_waits",
        ),
        Index("ix_registration_session_queue", "training_session_id", "status", "queue_number"),
        Index("ix_registration_training_queue", "training_id", "status", "queue_number"),
        Index("ix_registration_created_at_id", "created_at", "id"),
        Index(
            "ix_registration_moved",
            "training_session_id",
            "created_at",
            sqlite_where=text("moved_to_id IS NOT NULL"),
            postgresql_where=text("moved_to_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learner.id", ondelete="SET NULL"))
    training_id: Mapped[int] = mapped_column(ForeignKey("training.id"))
    training_session_id: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(12))
    queue_number: Mapped[int | None] = mapped_column(Integer)
    wants: Mapped[list[str]] = mapped_column(JSONText, default=list)
    offer_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    offered_from_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    moved_to_id: Mapped[int | None] = mapped_column(ForeignKey("registration.id"))
    origin: Mapped[str] = mapped_column(String(8), default="public")
    submission_id: Mapped[int | None] = mapped_column(
        ForeignKey("submission.id", ondelete="SET NULL"), index=True
    )
    import_id: Mapped[int | None] = mapped_column(Integer, index=True)
    # A keyed hash of what the imported line asked for, so that the same line is never imported twice.
    import_key: Mapped[str | None] = mapped_column(String(32), index=True, info=_ANSWERS)
    silent: Mapped[bool] = mapped_column(Boolean, default=False)
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONText, default=dict, info=_ANSWERS)
    form_version_id: Mapped[int | None] = mapped_column(ForeignKey("form_version.id"))
    reason: Mapped[str | None] = mapped_column(Text, info=_REASON)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Set once the session's last meeting has ended: the person may take the training again.
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When somebody who waits for any date last said that they still do.
    renewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, onupdate=now)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    learner: Mapped[Learner | None] = relationship(back_populates="registrations")
    training: Mapped[Training] = relationship(overlaps="session")
    session: Mapped[TrainingSession | None] = relationship(
        foreign_keys=[training_session_id, training_id],
        overlaps="training",
        primaryjoin="and_(Registration.training_session_id == TrainingSession.id, "
        "Registration.training_id == TrainingSession.training_id)",
    )
    events: Mapped[list[RegistrationEvent]] = relationship(
        back_populates="registration", order_by="RegistrationEvent.id"
    )


class RegistrationEvent(Model):
    """One step of a registration's life, kept in order and never changed."""

    __tablename__ = "registration_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    verb: Mapped[str] = mapped_column(String(20))
    from_status: Mapped[str | None] = mapped_column(String(12))
    to_status: Mapped[str] = mapped_column(String(12))
    actor_kind: Mapped[str] = mapped_column(String(8))
    actor_id: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text, info=_REASON)
    mailed: Mapped[bool] = mapped_column(Boolean, default=True)

    registration: Mapped[Registration] = relationship(back_populates="events")


class CalendarEntry(Model):
    """What a learner's calendar was last told about a meeting; kept after a cancellation, so that SEQUENCE goes on."""

    __tablename__ = "calendar_entry"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    uid: Mapped[str] = mapped_column(String(80), unique=True)
    sequence: Mapped[int] = mapped_column(Integer, default=0)
    last_method: Mapped[str | None] = mapped_column(String(8))
    facts_hash: Mapped[str | None] = mapped_column(String(64))


class AttendanceFact(Model):
    """One proof that someone was at a meeting; several kinds may stand side by side."""

    __tablename__ = "attendance_fact"
    __table_args__ = (
        UniqueConstraint("registration_id", "meeting_id", "kind"),
        CheckConstraint("kind IN ('joined','ticked','imported')", name="kind_known"),
        CheckConstraint("mark IN ('present','partial','excused','absent')", name="mark_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    # What the team ticked; no row is "unknown".
    mark: Mapped[str | None] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    minutes: Mapped[int | None] = mapped_column(Integer)

    registration: Mapped[Registration] = relationship()
    meeting: Mapped[Meeting] = relationship()


class PlaceNotice(Model):
    """Somebody who waits was told that a place of a session is free, in its last hours: who answers first has it."""

    __tablename__ = "place_notice"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True
    )
    training_session_id: Mapped[int] = mapped_column(
        ForeignKey("training_session.id"), primary_key=True, index=True
    )
    told_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Erasure(Model):
    """That a person was erased: a random id, when, by what kind of actor."""

    __tablename__ = "erasure"

    public_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_kind: Mapped[str] = mapped_column(String(8))
