"""The log of what the team did: written here inside a use case's transaction, changed by nobody (triggers refuse)."""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context

from .. import clock
from ..database import db, is_writing
from .models import Activity

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


def acting_account_id() -> int | None:
    """Return the id of the account that is signed in, or None."""
    return g.get("account_id") if has_request_context() else None
