"""The table of exports that are made once and fetched for a day. What is in their files is in `export.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import JSONText, Model, UTCDateTime


class ExportFile(Model):
    """One export: what was asked for, how far it is, and its file below instance/exports while there is one.

    The file is named after the claim under which it was made, so that no other attempt ever writes or removes it.
    """

    __tablename__ = "export_file"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','making','ready','failed','ended')", name="state_known"),
        Index("ix_export_file_account_scope", "account_id", "kind", "scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(4))
    # The filter as it is stored; loses what may name a person when the file ends.
    wanted: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    # What two exports of the same people have in common: a keyed hash of the filter without its order.
    scope: Mapped[str] = mapped_column(String(64))
    # Keys of the columns, all where it is empty.
    columns: Mapped[list[str] | None] = mapped_column(JSONText)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"))
    family: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(8))
    zone: Mapped[str] = mapped_column(String(60))
    is_new_only: Mapped[bool] = mapped_column(default=False)
    # Only what is new or changed after this moment; empty where it is the first.
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(8), default="waiting", index=True)
    rows_total: Mapped[int] = mapped_column(Integer, default=0)
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    bytes: Mapped[int] = mapped_column(Integer, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    claim: Mapped[str | None] = mapped_column(String(36))
    claimed_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Before the first row was read: what comes later is in the next export.
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
