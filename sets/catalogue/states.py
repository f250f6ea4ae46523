"""What the public is told of a session: one word for its state, worked out from the clock and the places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from .models import SessionState


class PublicState(StrEnum):
    """How a session stands for somebody who might register. Places are told in words, never as a number."""

    OPEN = "open"
    LAST_PLACES = "last_places"
    FULL = "full"
    SOON = "soon"
    CLOSED = "closed"
    PAUSED = "paused"
    DATE_TO_COME = "date_to_come"
    PAST = "past"
    CANCELLED = "cancelled"


# A person may register now: for a place, or in the queue.
CHOOSABLE = (PublicState.OPEN, PublicState.LAST_PLACES, PublicState.FULL)


def session_state(session: Any, moment: datetime) -> PublicState:
    """Return how a shown session stands at that moment."""
    starts_at, ends_at = session.starts_at, session.ends_at
    if ends_at is not None and moment >= ends_at:
        return PublicState.PAST
    if session.state == SessionState.CANCELLED:
        return PublicState.CANCELLED
    if starts_at is None or ends_at is None:
        return PublicState.DATE_TO_COME
    if session.state == SessionState.CLOSED or moment >= min(session.closes_at or starts_at, starts_at):
        return PublicState.CLOSED
    if session.state == SessionState.PAUSED:
        return PublicState.PAUSED
    if session.opens_at is not None and moment < session.opens_at:
        return PublicState.SOON
    return PublicState(session.availability)


def next_change(sessions: Iterable[Any], moment: datetime) -> datetime | None:
    """Return when the next of these sessions changes its state by the clock alone."""
    return min((time for session in sessions for time in _times(session) if time > moment), default=None)


def _times(session: Any) -> Iterator[datetime]:
    for time in (session.opens_at, session.closes_at, session.starts_at, session.ends_at):
        if time is not None:
            yield time
