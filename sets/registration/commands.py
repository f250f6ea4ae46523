"""Commands about registrations: `flask --app wsgi registrations export`, `… erase`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from ..database import transaction
from ..languages import LANGUAGES, speaking
from ..staff.activity import record_activity
from . import erasure, export, export_files
from .applying import Actor
from .listing import Filter

registrations = AppGroup("registrations", help="What people registered for.")


def init_app(app: Flask) -> None:
    """Connect the commands."""
    app.cli.add_command(registrations)


@registrations.command("export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--training", default="", help="Only this training, by its slug.")
@click.option("--session", default="", help="Only this session, by its public id.")
@click.option("--status", default="", help="Only this state.")
@click.option(
    "--language", default="fr", type=click.Choice(list(LANGUAGES)), help="The language of the headings."
)
@click.option("--zone", default="Europe/Paris", help="The time zone of the hours.")
def export_registrations(
    target: Path, training: str, session: str, status: str, language: str, zone: str
) -> None:
    """Write registrations to TARGET, as .xlsx or .csv by its ending."""
    wanted = Filter.from_stored({"training": training, "session": session, "status": status})
    if target.suffix not in (".csv", ".xlsx"):
        raise click.UsageError("Give the file an ending: .xlsx or .csv.")
    rows = [0]
    with speaking(language):
        sheet = export.prepare(wanted, zone)
        if target.suffix == ".xlsx":
            rows.append(export_files.write_xlsx(sheet, target.resolve()))
        else:
            with target.open("wb") as file:
                file.writelines(export_files.csv_lines(sheet, rows.append))
    target.chmod(0o600)
    with transaction():
        record_activity("export_file", subject_type="registration", rows=rows[-1])
    click.echo(f"Written: {target}")


@registrations.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_registrations(email: str, yes: bool) -> None:
    """Erase the person with that address, for good."""
    if not yes:
        click.confirm("Erase this person and everything that tells of them? It cannot be undone.", abort=True)
    if not erasure.erase_address(email, actor=Actor("staff")):
        click.echo("Nobody is registered with this address.", err=True)
        sys.exit(1)
    click.echo("Erased. Their places are offered to the next people.")
