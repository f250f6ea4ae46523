"""What each learner's calendar was told about each meeting: which UID, which SEQUENCE, REQUEST or CANCEL.

Rows are written when a mail is posted. What a mail was to tell and never did (it was superseded unsent) is not told, so
that a CANCEL travels only where a REQUEST did.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import and_, bindparam, select, update

from ..catalogue.models import Meeting, TrainingSession
from ..clock import now
from ..database import db
from ..statements import insert_rows, kept
from .models import CalendarEntry, Registration, Status

REQUEST, CANCEL = "REQUEST", "CANCEL"


@dataclass(frozen=True)
class Told:
    """What one mail tells a calendar about one meeting; `before` is the last method that truly left before it."""

    registration_id: int
    meeting_id: int
    method: str
    sequence: int
    before: str | None

    @property
    def key(self) -> tuple[int, int]:
        """Which entry it is about."""
        return self.registration_id, self.meeting_id

    def as_fact(self) -> list[Any]:
        """Return it as JSON data."""
        return list(astuple(self))


def uid_host() -> str:
    """Return what follows the @ of every UID of this site."""
    return urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"


def request(registration_ids: Iterable[int], unsent: Mapping[tuple[int, int], Told]) -> list[Told]:
    """Note that the meetings to come of these registrations go into calendars; return what the mail has to tell."""
    return _request(_meetings_to_come(list(registration_ids)), unsent)


def _request(meetings: Iterable[Any], unsent: Mapping[tuple[int, int], Told]) -> list[Told]:
    told, fresh = [], []
    for meeting in meetings:
        key = meeting.registration_id, meeting.meeting_id
        if meeting.sequence is None:
            told.append(Told(*key, REQUEST, 0, None))
            fresh.append(_new_entry(meeting))
            continue
        waiting = unsent.get(key)
        before = waiting.before if waiting else meeting.last_method
        same = meeting.last_method is None or (waiting is not None and waiting.method == REQUEST)
        sequence = meeting.sequence + (0 if same else 1)
        told.append(Told(*key, REQUEST, sequence, before))
        _update(meeting, sequence=sequence, last_method=REQUEST, facts_hash=_hash(meeting))
    if fresh:
        insert_rows(CalendarEntry, fresh)
    return told


def withdraw(registration_ids: Iterable[int], unsent: Mapping[tuple[int, int], Told]) -> list[Told]:
    """Note that these registrations leave calendars; return what to tell: nothing where no REQUEST had left."""
    ids = list(registration_ids)
    to_come = {(meeting.registration_id, meeting.meeting_id) for meeting in _meetings_to_come(ids)}
    told = []
    for entry in db.session.execute(_entries(ids)).all():
        key = entry.registration_id, entry.meeting_id
        before = unsent[key].before if key in unsent else entry.last_method
        if before != REQUEST:
            if entry.last_method != before:
                _update(entry, last_method=before)
        elif key in to_come:
            told.append(Told(*key, CANCEL, entry.sequence + 1, before))
            _update(entry, sequence=entry.sequence + 1, last_method=CANCEL)
    return told


def refresh(registration_ids: Iterable[int], unsent: Mapping[tuple[int, int], Told]) -> list[Told]:
    """Note what calendars must learn of a session's new dates; return what to tell: only what changed for them.

    Meetings that have moved or are new are requested, those that no longer take place are withdrawn. A registration
    without a place has nothing in its calendar, and gets nothing.
    """
    ids = list(registration_ids)
    held = set(
        db.session.scalars(
            select(Registration.id).where(Registration.id.in_(ids), Registration.status == Status.CONFIRMED)
        )
    )
    changed = [
        meeting
        for meeting in _meetings_to_come(sorted(held))
        if (meeting.registration_id, meeting.meeting_id) in unsent
        or meeting.last_method != REQUEST
        or meeting.facts_hash != _hash(meeting)
    ]
    told = _request(changed, unsent)
    for entry in _entries_of_cancelled_meetings(sorted(held)):
        key = entry.registration_id, entry.meeting_id
        before = unsent[key].before if key in unsent else entry.last_method
        if before == REQUEST:
            told.append(Told(*key, CANCEL, entry.sequence + 1, before))
            _update(entry, sequence=entry.sequence + 1, last_method=CANCEL)
    return told


def _meetings_to_come(registration_ids: list[int]) -> list[Any]:
    """Return the meetings to come, each with what its calendar entry says (no sequence where there is none yet)."""
    return list(_meetings(ids=registration_ids, moment=now()).all())


@kept
def _meetings() -> Any:
    return (
        select(
            Registration.id.label("registration_id"),
            Meeting.id.label("meeting_id"),
            Meeting.starts_at,
            Meeting.ends_at,
            TrainingSession.time_zone,
            CalendarEntry.sequence,
            CalendarEntry.last_method,
            CalendarEntry.facts_hash,
        )
        .join(TrainingSession, TrainingSession.id == Registration.training_session_id)
        .join(Meeting, Meeting.training_session_id == TrainingSession.id)
        .outerjoin(
            CalendarEntry,
            and_(CalendarEntry.registration_id == Registration.id, CalendarEntry.meeting_id == Meeting.id),
        )
        .where(
            Registration.id.in_(bindparam("ids", expanding=True)),
            Meeting.cancelled_at.is_(None),
            Meeting.ends_at > bindparam("moment"),
        )
        .order_by(Registration.id, Meeting.starts_at, Meeting.id)
    )


def _entries(registration_ids: list[int]) -> Any:
    columns = (
        CalendarEntry.registration_id, CalendarEntry.meeting_id, CalendarEntry.sequence, CalendarEntry.last_method,
    )  # fmt: skip
    return select(*columns).where(CalendarEntry.registration_id.in_(registration_ids))


def _entries_of_cancelled_meetings(registration_ids: list[int]) -> list[Any]:
    """Return the entries whose meeting no longer takes place, and had not ended when that was decided."""
    statement = (
        _entries(registration_ids)
        .join(Meeting, Meeting.id == CalendarEntry.meeting_id)
        .where(Meeting.cancelled_at.is_not(None), Meeting.ends_at > now())
    )
    return list(db.session.execute(statement))


def _new_entry(meeting: Any) -> dict[str, Any]:
    return {
        "registration_id": meeting.registration_id,
        "meeting_id": meeting.meeting_id,
        "uid": f"{uuid.uuid4()}@{uid_host()}"[:80],
        "sequence": 0,
        "last_method": REQUEST,
        "facts_hash": _hash(meeting),
    }


def _update(entry: Any, **values: Any) -> None:
    db.session.execute(
        update(CalendarEntry)
        .where(
            CalendarEntry.registration_id == entry.registration_id,
            CalendarEntry.meeting_id == entry.meeting_id,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _hash(meeting: Any) -> str:
    """Return what tells whether a calendar holds the meeting as it is now."""
    return hashlib.sha256(
        "|".join((_utc(meeting.starts_at), _utc(meeting.ends_at), meeting.time_zone)).encode()
    ).hexdigest()


def _utc(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
