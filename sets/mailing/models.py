"""A mail as a row: `Delivery`, and which registrations it speaks of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import JSONText, Model, UTCDateTime, personal

_LETTER = personal(
    purpose=_l("To know what we wrote to you, and whether it arrived."), keep="mails", eraser="null"
)
_FACTS = personal(
    purpose=_l("To know what we wrote to you, and whether it arrived."), keep="mails", eraser="blank"
)


class DeliveryStatus(StrEnum):
    """The states of a mail. `unknown`: the dialogue broke after the final dot, a person decides."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    RETRY = "retry"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Priority:
    """Lower goes first. The reserved sender takes nothing above CONFIRMATION."""

    ACCOUNT = 10
    CONFIRMATION = 20
    NOTICE = 30
    CAMPAIGN = 50


class Delivery(Model):
    """One mail to one address. `public_id` becomes its Message-ID; `once_key` makes a repeat harmless."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(
            "status IN ('queued','sending','sent','retry','failed','unknown','cancelled')",
            name="status_known",
        ),
        Index(
            "ix_delivery_due",
            "priority",
            "next_at",
            sqlite_where=text("status IN ('queued','retry')"),
            postgresql_where=text("status IN ('queued','retry')"),
        ),
        Index("ix_delivery_status_posted_at", "status", "posted_at"),
        Index(
            "ix_delivery_lease",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    once_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    priority: Mapped[int] = mapped_column(Integer)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learner.id", ondelete="SET NULL"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(Integer, index=True)
    to_address: Mapped[str | None] = mapped_column(String(320), index=True, info=_LETTER)
    language: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict, info=_FACTS)
    context_id: Mapped[str | None] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(12), default=DeliveryStatus.QUEUED)
    reason: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_by: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    smtp_code: Mapped[int | None] = mapped_column(Integer)
    smtp_text: Mapped[str | None] = mapped_column(Text, info=_LETTER)
    bounced_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    subject: Mapped[str | None] = mapped_column(Text, info=_LETTER)
    text: Mapped[str | None] = mapped_column(Text, info=_LETTER)
    posted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    keep_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    silent: Mapped[bool] = mapped_column(Boolean, default=False)

    registrations: Mapped[list[DeliveryRegistration]] = relationship(
        back_populates="delivery", passive_deletes=True
    )


class DeliveryRegistration(Model):
    """Which registrations a mail speaks of: one submission for three trainings gives one mail."""

    __tablename__ = "delivery_registration"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registration.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    delivery: Mapped[Delivery] = relationship(back_populates="registrations")


class MailPause(Model):
    """One campaign whose mails are held, since when and why ("asked", "refusals")."""

    __tablename__ = "mail_pause"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Integer, unique=True)
    paused_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(String(20))
