"""`flask --app wsgi catalogue load [FOLDER]` and `catalogue export FOLDER`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from ..catalogue.reading import OURS, CatalogueRefused
from .loading import export_catalogue, load_catalogue

catalogue = AppGroup("catalogue", help="The programme's texts and questions, as a folder of files.")


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    app.cli.add_command(catalogue)


@catalogue.command("load")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=OURS, required=False)
@click.option("--replace", is_flag=True, help="Put the folder in the place of what the team edited since.")
def load_folder(folder: Path, replace: bool) -> None:
    """Load the catalogue in FOLDER (default: the one that comes with the site)."""
    try:
        loaded = load_catalogue(folder, replace=replace)
    except CatalogueRefused as refusal:
        for sentence in refusal.sentences:
            click.echo(sentence, err=True)
        raise click.ClickException("Nothing was loaded.") from None
    for sentence in loaded.refusals:
        click.echo(f"No brochure: {sentence}", err=True)
    words = (
        "The catalogue was loaded" if loaded.changed else "The catalogue was loaded before, nothing changed"
    )
    click.echo(f"{words}: {loaded.trainings} trainings.")


@catalogue.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_folder(folder: Path) -> None:
    """Write the catalogue into FOLDER, as files that can be loaded."""
    try:
        files = export_catalogue(folder)
    except FileExistsError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(f"{len(files)} files were written into {folder}.")
