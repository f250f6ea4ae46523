"""Flask-Security's view of the accounts, made to store through `transaction()` like everything else.

Flask-Security reads, changes objects and then commits. On SQLite a transaction that has read cannot become a writer
once another wrote, so `commit()` takes the changes, ends the read, and makes them again inside a transaction, together
with the steps that the request asked for (`later`): a session's row, a mail, a line in the log.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g
from flask_security import SQLAlchemyUserDatastore
from sqlalchemy import inspect
from sqlalchemy.ext.mutable import MutableList

from .. import clock
from ..database import db, transaction
from .models import Account, Role, WebAuthn

Step = Callable[[], None]


class AccountStore(SQLAlchemyUserDatastore):
    """Accounts, roles and passkeys."""

    def __init__(self) -> None:
        super().__init__(db, Account, Role, WebAuthn)

    def commit(self) -> None:
        """Store what the request changed, and what it asked for, in one transaction."""
        session = db.session()
        steps: list[Step] = g.pop("account_steps", [])
        changed = [(row, _changes(row)) for row in session.dirty]
        added, deleted = list(session.new), list(session.deleted)
        if not (steps or changed or added or deleted):
            return
        with transaction():
            for row, values in changed:
                for name, value in values.items():
                    setattr(row, name, value)
            session.add_all(added)
            for row in deleted:
                session.delete(row)
            for step in steps:
                step()

    def create_webauthn(
        self, user: Any, *, device_type: str, extensions: str | None = None, **values: Any
    ) -> None:
        """Add a passkey; what its browser says of extensions is kept only when it is short."""
        super().create_webauthn(
            user,
            device_type=str(getattr(device_type, "value", device_type)),
            extensions=extensions if isinstance(extensions, str) and len(extensions) < 256 else None,
            create_datetime=clock.now(),
            **values,
        )


def later(step: Step) -> None:
    """Have `step` done inside the transaction that stores what this request does to an account."""
    g.setdefault("account_steps", []).append(step)


def _changes(row: Any) -> dict[str, Any]:
    state = inspect(row)
    return {
        name: _plain(getattr(row, name))
        for name in state.mapper.column_attrs.keys()  # noqa: SIM118 - not a dict
        if state.attrs[name].history.has_changes()
    }


def _plain(value: Any) -> Any:
    # A tracked list belongs to the row as it was read; the row wants a fresh one.
    return list(value) if isinstance(value, MutableList) else value
