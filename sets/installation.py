"""What belongs to the installation itself: its identity and mail hold, its workers, settings and limits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from .database import JSONText, Model, UTCDateTime


class Installation(Model):
    """The one row (id 1) that tells this database from a copy of it, and holds the site-wide counters."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(36))
    high_water: Mapped[int] = mapped_column(Integer, default=0)
    mail_hold_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hold_reason: Mapped[str | None] = mapped_column(String(60))
    catalogue_version: Mapped[int] = mapped_column(Integer, default=1)


class Worker(Model):
    """A worker's last sign of life."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Setting(Model):
    """What staff or the catalogue set: a key and a JSON value."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONText)
    changed_by: Mapped[int | None] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class SettingAhead(Model):
    """A setting that was changed and begins later: people are told first. One for each key."""

    __tablename__ = "setting_ahead"

    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONText)
    changed_by: Mapped[int | None] = mapped_column(Integer)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)


class RateLimit(Model):
    """How often a hashed key was seen in a window of time."""

    __tablename__ = "rate_limit"

    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    hits: Mapped[int] = mapped_column(Integer, default=0)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
