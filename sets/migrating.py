"""Migrations: `flask db …` and the upgrade at the start. The library (Alembic) is loaded when it is asked for.

Only a new database, an upgrade and the command line need it; loaded always, it would take a tenth of each start and
of the memory. How old a database is, `schema` says without it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import click
from flask import Flask, g
from flask.cli import with_appcontext

from .database import db


def init_app(app: Flask) -> None:
    """Connect the app to its migrations, and the command line to them."""
    app.extensions["migrate"] = Migrations(f"{app.root_path}/migrations")
    app.cli.add_command(_command)


def upgrade() -> None:
    """Bring the current app's database to the newest revision."""
    import flask_migrate

    flask_migrate.upgrade()


class Migrations:
    """What Flask-Migrate asks an app for, made when it does."""

    def __init__(self, directory: str) -> None:
        self.db = db
        self.directory = directory
        self.configure_args = {"render_as_batch": True, "compare_type": True}

    @cached_property
    def migrate(self) -> Any:
        """Return Flask-Migrate's own object."""
        from flask_migrate import Migrate

        return Migrate(db=self.db, directory=self.directory)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return _theirs().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _theirs().get_command(ctx, cmd_name)


def _theirs() -> click.Group:
    from flask_migrate.cli import db as group

    return group


@click.group("db", cls=_Commands)
@with_appcontext
def _command() -> None:
    """Migrations of the database."""
    # Options of Flask-Migrate's own group, which its commands look for.
    g.directory, g.x_arg = None, ()
