"""What retention announced, and the proofs that somebody was erased. Nothing here is about a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import JSONText, Model, UTCDateTime


class RetentionNotice(Model):
    """What the team was told on a Monday (`week`, its date): how much goes between two moments."""

    __tablename__ = "retention_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    week: Mapped[str] = mapped_column(String(10), unique=True)
    announced_at: Mapped[datetime] = mapped_column(UTCDateTime)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    people: Mapped[int] = mapped_column(Integer)
    needs: Mapped[int] = mapped_column(Integer)


class ErasureProof(Model):
    """That somebody was erased on request: a random reference, when, by which role, why, how much. No name, no id."""

    __tablename__ = "erasure_proof"

    reference: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_role: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8))
    # How many rows of what: names of tables.
    counts: Mapped[dict[str, int]] = mapped_column(JSONText)
