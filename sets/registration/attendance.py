"""Who was at a meeting, as the team ticks it: from its start on, one mark per person, beside what the link noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from ..catalogue.models import Meeting, TrainingSession
from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from ..statements import insert_row
from .models import AttendanceFact, Learner, Registration, Status
from .people import folded

MARKS = ("present", "partial", "excused", "absent")
JOINED, TICKED, IMPORTED = "joined", "ticked", "imported"


class AttendanceRefused(Exception):  # noqa: N818  (a refusal)
    """Nothing can be ticked: `reason` is "not_found" or "early" (the meeting has not begun)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """One person of a roll; no mark is "unknown"."""

    public_id: str
    name: str
    organisation: str
    status: str
    joined_at: datetime | None
    mark: str


@dataclass(frozen=True)
class Ticked:
    """What a form of marks did: how many were stored, and whose mark somebody else had set meanwhile."""

    stored: int
    overtaken: list[str]


@dataclass(frozen=True)
class MeetingCount:
    """How many people of a meeting have each mark, and how many none."""

    marks: Mapping[str, int]
    unknown: int


@dataclass(frozen=True)
class Attended:
    """What is known of one person at one meeting."""

    starts_at: datetime
    mark: str
    joined_at: datetime | None


def read_roll(meeting_id: int) -> list[Line]:
    """Return the people of a meeting by name: who has a place, and whoever was noted before they gave it up."""
    rows = db.session.execute(_roll(Meeting.id == meeting_id)).all()
    return [
        Line(
            row.public_id, f"{row.first_name} {row.last_name}".strip(), row.organisation or "", row.status,
            row.joined_at, row.mark or "",
        )
        for row in sorted(rows, key=lambda row: (folded(row.last_name), folded(row.first_name)))
    ]  # fmt: skip


def tick(
    meeting_public_id: str, wanted: Mapping[str, tuple[str, str]], *, joined_too: bool = False
) -> Ticked:
    """Store marks: for each registration (public id) the mark that the form was opened on, and the one it has now.

    Only what the form changed is written; where somebody else changed the same person meanwhile, theirs stands.
    With `joined_too`, whoever joined by their link and has no mark becomes present. Raises AttendanceRefused.
    """
    with transaction():
        meeting = _locked(meeting_public_id)
        stored, overtaken = 0, []
        for row in db.session.execute(_roll(Meeting.id == meeting.id)).all():
            kept = row.mark or ""
            before, after = wanted.get(row.public_id, (kept, kept))
            if joined_too and row.joined_at is not None and kept == after == "":
                before, after = kept, "present"
            if after in (before, kept) or after not in ("", *MARKS):
                continue
            if not after and row.fact_id is None:
                # What an import brought is replaced by a mark, not taken away.
                continue
            if before != kept:
                overtaken.append(f"{row.first_name} {row.last_name}".strip())
                continue
            _store(row.id, meeting.id, after, is_new=row.fact_id is None)
            stored += 1
        if stored:
            record_activity(
                "attendance_ticked",
                subject_type="session",
                subject_id=meeting.training_session_id,
                rows=stored,
            )
    return Ticked(stored, overtaken)


def count_marks(session_id: int) -> dict[int, MeetingCount]:
    """Return, for each meeting of a session that has begun, how many people have each mark."""
    found: dict[int, Counter[str]] = {}
    begun = and_(
        Meeting.training_session_id == session_id, Meeting.cancelled_at.is_(None), Meeting.starts_at <= now()
    )
    for row in db.session.execute(_roll(begun)):
        found.setdefault(row.meeting_id, Counter())[row.mark or ""] += 1
    return {meeting_id: _count(marks) for meeting_id, marks in found.items()}


def attendance_of(registration_id: int) -> list[Attended]:
    """Return what is known of one registration at each meeting, in order of time."""
    statement = (
        select(Meeting.starts_at, AttendanceFact.kind, AttendanceFact.mark, AttendanceFact.at)
        .join(Meeting, Meeting.id == AttendanceFact.meeting_id)
        .where(AttendanceFact.registration_id == registration_id)
        .order_by(Meeting.starts_at, AttendanceFact.kind != IMPORTED, AttendanceFact.id)
    )
    found: dict[datetime, dict[str, Any]] = {}
    for row in db.session.execute(statement):
        known = found.setdefault(row.starts_at, {"mark": "", "joined_at": None})
        known |= {"joined_at": row.at} if row.kind == JOINED else {"mark": row.mark or "present"}
    return [Attended(starts_at, **known) for starts_at, known in found.items()]


def _roll(meetings: Any) -> Any:
    """Return each person of these meetings with what is known of them."""
    joined, ticked, imported = (aliased(AttendanceFact) for _kind in range(3))

    def facts(fact: Any, kind: str) -> Any:
        return and_(fact.registration_id == Registration.id, fact.meeting_id == Meeting.id, fact.kind == kind)

    return (
        select(
            Meeting.id.label("meeting_id"),
            Registration.id,
            Registration.public_id,
            Registration.status,
            Learner.first_name,
            Learner.last_name,
            Learner.organisation,
            joined.at.label("joined_at"),
            ticked.id.label("fact_id"),
            # What the team ticked stands before what an import brought.
            func.coalesce(ticked.mark, imported.mark).label("mark"),
        )
        .join(Meeting, Meeting.training_session_id == Registration.training_session_id)
        .join(Learner, Learner.id == Registration.learner_id)
        .join(joined, facts(joined, JOINED), isouter=True)
        .join(ticked, facts(ticked, TICKED), isouter=True)
        .join(imported, facts(imported, IMPORTED), isouter=True)
        .where(
            meetings,
            or_(
                Registration.status == Status.CONFIRMED,
                *(one.id.is_not(None) for one in (joined, ticked, imported)),
            ),
        )
    )


def _locked(meeting_public_id: str) -> Any:
    """Lock a meeting, so that two people who tick the same person come one after the other."""
    meeting = db.session.execute(
        select(Meeting.id, Meeting.training_session_id, Meeting.starts_at)
        .join(TrainingSession, TrainingSession.id == Meeting.training_session_id)
        .where(Meeting.public_id == meeting_public_id, Meeting.cancelled_at.is_(None))
        .with_for_update(of=Meeting)
    ).first()
    if meeting is None:
        raise AttendanceRefused("not_found")
    if meeting.starts_at > now():
        raise AttendanceRefused("early")
    return meeting


def _store(registration_id: int, meeting_id: int, mark: str, *, is_new: bool) -> None:
    own = and_(
        AttendanceFact.registration_id == registration_id,
        AttendanceFact.meeting_id == meeting_id,
        AttendanceFact.kind == TICKED,
    )
    if not mark:
        db.session.execute(delete(AttendanceFact).where(own).execution_options(synchronize_session=False))
    elif is_new:
        values = {"registration_id": registration_id, "meeting_id": meeting_id, "kind": TICKED}
        insert_row(AttendanceFact, values | {"mark": mark, "at": now()})
    else:
        db.session.execute(
            update(AttendanceFact)
            .where(own)
            .values(mark=mark, at=now())
            .execution_options(synchronize_session=False)
        )


def _count(found: Counter[str]) -> MeetingCount:
    return MeetingCount({mark: found[mark] for mark in MARKS if found[mark]}, found[""])
