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
    if connection.dialect.name == "sqlite":
        # Rebuilding a table must not fire its children's ON DELETE. Asked of the driver: inside a transaction, which
        # the connection would begin, SQLite takes no notice.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    _upgrade(connection)
    connection.commit()
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys = ON")
        if broken := driver.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"After the migration some rows point nowhere: {broken[:5]}")
