"""Imports of files: the file as it was matched, its lines, and what became of each line for each training.

The file itself is never kept: its lines are, until they are imported or for a day; those with errors for 30 days.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..database import JSONText, Model, UTCDateTime, personal


class RunState(StrEnum):
    """The life of an import. Nothing of the file is registered before `writing`."""

    READING = "reading"
    MATCHING = "matching"
    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    STOPPED = "stopped"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Result(StrEnum):
    """What a line comes to for one training."""

    NEW = "new"
    FILLED = "filled"
    KNOWN = "known"
    DUPLICATE = "duplicate"
    ERROR = "error"


# While the worker is at it.
MOVING = (RunState.CHECKING, RunState.WRITING, RunState.UNDOING)
_LINE = personal(
    purpose=_l("To take over registrations that you made at an earlier form of ours."),
    keep="imports",
    eraser="null",
)


def _states(values: type[StrEnum]) -> str:
    return ",".join(f"'{value}'" for value in values)


class ImportRun(Model):
    """One file on its way in. `mapping` says what each column is (importing_columns.Matching)."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(f"state IN ({_states(RunState)})", name="state_known"),
        CheckConstraint("on_errors IN ('leave_out','stop')", name="on_errors_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(36), unique=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    file_name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(12), default=RunState.READING, index=True)
    headings: Mapped[list[str]] = mapped_column(JSONText)
    headings_key: Mapped[str] = mapped_column(String(64), index=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONText, default=dict)
    line_count: Mapped[int] = mapped_column(Integer, default=0)
    # The last line checked, or the last entry written or taken back.
    cursor: Mapped[int] = mapped_column(Integer, default=0)
    on_errors: Mapped[str] = mapped_column(String(12), default="leave_out")
    mails: Mapped[bool] = mapped_column(Boolean, default=False)
    # How many lines came to what, kept when the lines are gone.
    figures: Mapped[dict[str, int] | None] = mapped_column(JSONText)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)


class ImportLine(Model):
    """One line of the file; `cells` go once it is registered."""

    __tablename__ = "import_line"
    __table_args__ = (Index("ix_import_line_import_id_number", "import_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    cells: Mapped[list[str] | None] = mapped_column(JSONText, info=_LINE)
    email_key: Mapped[str | None] = mapped_column(String(320), index=True, info=_LINE)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learner.id", ondelete="SET NULL"), index=True)


class ImportEntry(Model):
    """What one line comes to for one training, and what was done about it."""

    __tablename__ = "import_entry"
    __table_args__ = (
        CheckConstraint(f"result IN ({_states(Result)})", name="result_known"),
        Index("ix_import_entry_import_id_target", "import_id", "target"),
        Index("ix_import_entry_import_id_result", "import_id", "result", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("import_line.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    training_id: Mapped[int | None] = mapped_column(ForeignKey("training.id"))
    training_session_id: Mapped[int | None] = mapped_column(ForeignKey("training_session.id"))
    # The day that was asked for, where no session is found.
    wanted_day: Mapped[str | None] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(12), default="confirmed")
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    result: Mapped[str] = mapped_column(String(10))
    # Each one: [code, column or null, number or null]; never a cell's text.
    problems: Mapped[list[list[Any]]] = mapped_column(JSONText, default=list)
    # Keyed hashes of address, training and session; with the date of submission, too.
    target: Mapped[str | None] = mapped_column(String(32))
    fingerprint: Mapped[str | None] = mapped_column(String(32))
    # What was empty and is filled in from the file: {"learner": {…}, "answers": {…}, "special": {…}}.
    filled: Mapped[dict[str, Any] | None] = mapped_column(JSONText, info=_LINE)
    learner_id: Mapped[int | None] = mapped_column(ForeignKey("learner.id", ondelete="SET NULL"), index=True)
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("registration.id", ondelete="SET NULL"), index=True
    )
    made_learner: Mapped[bool] = mapped_column(Boolean, default=False)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # When it was undone: "gone", or why it stays.
    undone: Mapped[str | None] = mapped_column(String(10))

    line: Mapped[ImportLine] = relationship()
