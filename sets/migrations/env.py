"""How migrations run: on the app's own engine, in batches (SQLite rebuilds tables), one transaction for all."""

from __future__ import annotations

from alembic import context
from flask import current_app

from sets.database import db


def _upgrade(connection) -> None:  # type: ignore[no-untyped-def]
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        transaction_per_migration=False,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()


with db.engine.connect() as connection:
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # Rebuilding a table must not fire its children's ON DELETE.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.rollback()
    _upgrade(connection)
    connection.commit()
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.rollback()
