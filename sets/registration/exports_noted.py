"""Exports leave a trace: who took what the filter showed, and how many rows were written."""

from __future__ import annotations

from ..database import transaction
from ..staff.activity import record_activity
from .listing import Filter


def note_export(wanted: Filter, kind: str, rows: int) -> None:
    """Write an export ("csv" or "xlsx") into the activity log: the one thing that its GET stores, by the rule."""
    with transaction():
        record_activity(
            f"registrations_exported_{kind}",
            subject_type="registration",
            rows=rows,
            filter=wanted.for_log(),
        )
