"""The log of what the team did: written here inside a use case's transaction, changed by nobody (triggers refuse)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, has_request_context
from sqlalchemy import delete, select

from .. import clock
from ..database import db, is_writing, transaction
from ..privacy import period
from .models import Activity

AT_ONCE = 100
STAFF, OPERATOR, CLOCK = "staff", "operator", "clock"


def record_activity(
    verb: str,
    *,
    subject_type: str | None = None,
    subject_id: str | int | None = None,
    rows: int | None = None,
    filter: dict[str, Any] | None = None,  # noqa: A002 - the column's name
    account_id: int | None = None,
) -> None:
    """Note in the open transaction what is being done, by the account that is signed in.

    Ids and counts only: no name, no address, no free text (`filter` keeps choices, never a search). On the command line
    the actor is the operator. `account_id` names the actor where nobody is signed in yet.
    """
    if not is_writing():
        raise RuntimeError("The log is written inside a transaction.")
    actor = account_id or acting_account_id()
    db.session.add(
        Activity(
            at=clock.now(),
            actor_kind=STAFF if actor or has_request_context() else OPERATOR,
            actor_id=actor,
            verb=verb,
            subject_type=subject_type,
            subject_id=None if subject_id is None else str(subject_id),
            rows=rows,
            filter=filter or None,
        )
    )


def note_export(rows: int, chosen: dict[str, str]) -> None:
    """Note that the log itself was exported: how many lines, by which filter."""
    with transaction():
        record_activity("activity_exported", rows=rows, filter=dict(chosen))


def forget_old_activity() -> int:
    """Delete some of the lines that are older than the log is kept; return how many, 0 when none is left."""
    # A day more than the triggers ask for: their clock is the database's.
    before = clock.now() - period("log") - timedelta(days=1)
    old = select(Activity.id).where(Activity.at < before).limit(AT_ONCE)
    with transaction() as session:
        result: Any = session.execute(delete(Activity).where(Activity.id.in_(old.subquery().select())))
        return result.rowcount


def acting_account_id() -> int | None:
    """Return the id of the account that is signed in, or None."""
    return g.get("account_id") if has_request_context() else None
