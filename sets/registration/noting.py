"""Notes about people, for the team: written, changed by who wrote them, deleted and taken back within a day."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from ..staff.models import Account
from .desk_models import LearnerNote
from .models import Registration

# How long a deleted note can be taken back; then it is gone.
UNDO_FOR = timedelta(days=1)
LONGEST_NOTE = 4000
AT_ONCE = 100


class NoteRefused(Exception):  # noqa: N818 - it is a refusal, not an error
    """The note cannot be written: "not_found", "not_yours", or "changed" meanwhile."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def write_note(registration_public_id: str, text: str, *, account_id: int) -> None:
    """Store a note about the person of a registration. Raises NoteRefused("not_found")."""
    with transaction() as session:
        row = db.session.execute(
            select(Registration.id, Registration.learner_id).where(
                Registration.public_id == registration_public_id
            )
        ).first()
        if row is None or row.learner_id is None:
            raise NoteRefused("not_found")
        session.add(
            LearnerNote(
                public_id=str(uuid.uuid4()), learner_id=row.learner_id, text=text[:LONGEST_NOTE],
                author_id=account_id, written_at=now(), revision=1,
            )
        )  # fmt: skip
        record_activity("note_written", subject_type="registration", subject_id=row.id)


def change_note(note_public_id: str, text: str, *, revision: int, account_id: int) -> None:
    """Store one's own note anew. Raises NoteRefused; "changed" where it was changed since it was read."""
    with transaction():
        note = _own(note_public_id, account_id)
        if note.revision != revision:
            raise NoteRefused("changed")
        note.text, note.changed_at, note.revision = text[:LONGEST_NOTE], now(), revision + 1
        record_activity("note_changed", subject_type="note", subject_id=note_public_id)


def delete_note(note_public_id: str, *, account_id: int, is_any: bool = False) -> None:
    """Delete one's own note (`is_any`: whosever it is); it can be taken back for a day. Raises NoteRefused."""
    with transaction():
        note = _own(note_public_id, account_id, is_any=is_any)
        note.deleted_at = now()
        record_activity("note_deleted", subject_type="note", subject_id=note_public_id)


def restore_note(note_public_id: str, *, account_id: int, is_any: bool = False) -> None:
    """Take back that a note was deleted. Raises NoteRefused."""
    with transaction():
        note = _own(note_public_id, account_id, is_any=is_any)
        note.deleted_at = None
        record_activity("note_restored", subject_type="note", subject_id=note_public_id)


def forget_notes() -> int:
    """Remove for good some of the notes that were deleted a day ago; return how many."""
    due = select(LearnerNote.id).where(LearnerNote.deleted_at <= now() - UNDO_FOR).limit(AT_ONCE)
    if db.session.scalar(due) is None:
        return 0
    with transaction() as session:
        return session.execute(
            delete(LearnerNote).where(LearnerNote.id.in_(due.subquery().select()))
        ).rowcount


def notes_about(learner_id: int) -> list[tuple[LearnerNote, str]]:
    """Return the notes about a person with who wrote them, newest first; deleted ones while they can be taken back."""
    statement = (
        select(LearnerNote, Account.name, Account.email)
        .outerjoin(Account, Account.id == LearnerNote.author_id)
        .where(LearnerNote.learner_id == learner_id)
        .order_by(LearnerNote.id.desc())
    )
    return [(note, name or email or "") for note, name, email in db.session.execute(statement)]


def read_note(note_public_id: str) -> LearnerNote | None:
    """Return that note, unless it was deleted."""
    statement = select(LearnerNote).where(
        LearnerNote.public_id == note_public_id, LearnerNote.deleted_at.is_(None)
    )
    return db.session.scalar(statement)


def _own(note_public_id: str, account_id: int, *, is_any: bool = False) -> Any:
    note = db.session.scalar(select(LearnerNote).where(LearnerNote.public_id == note_public_id))
    if note is None:
        raise NoteRefused("not_found")
    if note.author_id != account_id and not is_any:
        raise NoteRefused("not_yours")
    return note
