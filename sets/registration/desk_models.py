"""What the team keeps beside registrations: saved views, columns, notes, tags, and who turned out to be one person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database import JSONText, Model, UTCDateTime, personal

_NOTED = personal(
    purpose=_l("To remember what was agreed with you, so that you need not say it twice."),
    keep="registrations",
    eraser="row",
)
_TAGGED = personal(
    purpose=_l("To find the people whom a task of the team concerns."), keep="registrations", eraser="row"
)
_OTHER_ADDRESS = personal(
    purpose=_l("So that the links in messages to your other address keep working."),
    keep="registrations",
    eraser="row",
)


class SavedView(Model):
    """A filter with its columns and order under a name, for the whole team."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    # The name as it is compared: two views of one name would be taken for each other.
    key: Mapped[str] = mapped_column(String(80), unique=True)
    # As `Filter.as_stored` gives it, with its order.
    filter: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    columns: Mapped[list[str]] = mapped_column(JSONText, default=list)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)


class ChosenColumns(Model):
    """The columns that an account chose for the list of registrations."""

    __tablename__ = "chosen_columns"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSONText, default=list)


class Tag(Model):
    """A word of the team's vocabulary, given to people."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(60), unique=True)


class LearnerTag(Model):
    """A tag that a person has."""

    __tablename__ = "learner_tag"

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(
        ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True, info=_TAGGED
    )


class LearnerNote(Model):
    """What somebody of the team wrote about a person, for the team; the person's own copy of their data has it."""

    __tablename__ = "learner_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text, info=_NOTED)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Deleted, and kept for a day so that it can be taken back.
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)


class MergedPerson(Model):
    """Somebody who turned out to be another: their address, and the links that open the other's page now."""

    __tablename__ = "merged_person"

    public_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(320), info=_OTHER_ADDRESS)
    email_key: Mapped[str] = mapped_column(String(320), index=True, info=_OTHER_ADDRESS)
    link_version: Mapped[int] = mapped_column(Integer)
    feed_version: Mapped[int] = mapped_column(Integer)
    merged_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DismissedPair(Model):
    """Two people whom the team looked at: they are not the same."""

    __tablename__ = "dismissed_pair"
    __table_args__ = (CheckConstraint("learner_id < other_id", name="in_order"),)

    learner_id: Mapped[int] = mapped_column(ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(
        ForeignKey("learner.id", ondelete="CASCADE"), primary_key=True, index=True
    )
