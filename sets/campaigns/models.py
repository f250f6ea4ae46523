"""A campaign with its text in each language, and the texts that the team keeps for the next one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, attribute_keyed_dict, mapped_column, relationship

from ..database import JSONText, Model, UTCDateTime


class CampaignState(StrEnum):
    """A campaign's life. Paused is no state: the mails of a campaign can be held at any moment (`mailing.pauses`)."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    EXPANDING = "expanding"
    SENDING = "sending"
    DONE = "done"
    STOPPED = "stopped"


class Audience(StrEnum):
    """To whom a campaign goes: people of sessions, or those who asked for news."""

    REGISTRATIONS = "registrations"
    NEWS = "news"


class Campaign(Model):
    """One message to many. Its filter is that of the registrations' list; the people are worked out when it is sent."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','scheduled','expanding','sending','done','stopped')", name="state_known"
        ),
        CheckConstraint("audience IN ('registrations','news')", name="audience_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    # What the team calls it, and the ready-made text that it began with.
    name: Mapped[str] = mapped_column(String(200), default="")
    purpose: Mapped[str] = mapped_column(String(40), default="")
    audience: Mapped[str] = mapped_column(String(16), default=Audience.REGISTRATIONS)
    # training, session, status, language, q: as in the list's address; `unsent`: the public id of another campaign.
    filter: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    left_out: Mapped[list[int]] = mapped_column(JSONText, default=list)
    # Sent in this language to those for whose language there is no text; nothing: such people block the sending.
    fallback: Mapped[str | None] = mapped_column(String(8))
    # Also to people confirmed later, until this moment.
    catch_up: Mapped[bool] = mapped_column(Boolean, default=True)
    catch_up_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(12), default=CampaignState.DRAFT, index=True)
    send_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    send_zone: Mapped[str] = mapped_column(String(60), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The last registration, or learner, whose mail was written in the first round.
    cursor: Mapped[int] = mapped_column(Integer, default=0)
    # When the first round of people was complete: who comes after it came later.
    expanded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # How many were refused when somebody let it go on: these do not pause it once more.
    refusals_seen: Mapped[int] = mapped_column(Integer, default=0)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    texts: Mapped[dict[str, CampaignText]] = relationship(
        collection_class=attribute_keyed_dict("language"), cascade="all, delete-orphan"
    )


class CampaignText(Model):
    """A campaign's subject and Markdown in one language; `revision` tells two people who write apart."""

    __tablename__ = "campaign_text"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    @property
    def is_complete(self) -> bool:
        """Whether there is something to send."""
        return bool(self.subject.strip() and self.body.strip())


class KeptText(Model):
    """A text that the team saved as its own, to begin with again."""

    __tablename__ = "kept_text"
    __table_args__ = (UniqueConstraint("name", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
