"""Questions and options with ids for life, and the versions of the form that show them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import JSONText, Model, UTCDateTime


class Question(Model):
    """A question for ever: its answers are kept under its id. General when it has no training."""

    __tablename__ = "question"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    type: Mapped[str] = mapped_column(String(20))
    training_id: Mapped[int | None] = mapped_column(ForeignKey("training.id"), index=True)
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    options: Mapped[list[Option]] = relationship(back_populates="question", order_by="Option.id")


class Option(Model):
    """A choice for ever: an answer is stored as its id, never as its label."""

    __tablename__ = "option"

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    retired_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    question: Mapped[Question] = relationship(back_populates="options")


class FormVersion(Model):
    """What the form asked at a time (`content.py` knows its shape).

    `author_id` made it live, or changed the draft last, at `changed_at`; none: a catalogue folder was loaded.
    """

    __tablename__ = "form_version"
    __table_args__ = (
        CheckConstraint("state IN ('draft','live','past')", name="state_known"),
        Index(
            "uq_form_version_live",
            func.coalesce(text("training_id"), 0),
            unique=True,
            sqlite_where=text("state = 'live'"),
            postgresql_where=text("state = 'live'"),
        ),
        Index(
            "uq_form_version_draft",
            func.coalesce(text("training_id"), 0),
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    training_id: Mapped[int | None] = mapped_column(ForeignKey("training.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(8))
    content: Mapped[dict[str, Any]] = mapped_column(JSONText)
    author_id: Mapped[int | None] = mapped_column(Integer)
    live_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The version whose content this one brought back.
    from_number: Mapped[int | None] = mapped_column(Integer)
    revision: Mapped[int] = mapped_column(Integer, default=1)
