"""Counts without a name, kept for ever."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database import Model


class FrozenCount(Model):
    """Anonymous figures that stay when people are gone: how many registrations said `value` of a `dimension`.

    Written by `freezing`. The key has no number of its own, and rows of one person do not stand together.
    """

    __tablename__ = "frozen_count"

    training_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # 0: waited for any date.
    session_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    # The language of the session; empty without one.
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    # In which the registration came, on the programme's clock: 2026-03.
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    status: Mapped[str] = mapped_column(String(12), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(80), primary_key=True)
    n: Mapped[int] = mapped_column(Integer)
