"""Commands of the site as a whole: `flask --app wsgi mail …`, `backup …`, `doctor`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from . import backups
from .database import db, transaction
from .mailing import hold, outbox
from .pages import checkup
from .registration import erasure

mail = AppGroup("mail", help="Mails that wait, and mails that failed.")
backup = AppGroup("backup", help="Copies of everything that this installation alone has.")


def init_app(app: Flask) -> None:
    """Connect the commands."""
    app.cli.add_command(mail)
    app.cli.add_command(backup)
    app.cli.add_command(examine)


@backup.command("create")
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
def create_backup(target: Path | None) -> None:
    """Write a backup, while the site runs."""
    try:
        click.echo(f"Written: {backups.create_backup(current_app.config, target)}")
    except backups.BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from None


@backup.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_backup(source: Path, yes: bool) -> None:
    """Put a backup in the place of what is here. Stop the site first."""
    if not yes:
        click.confirm("Replace the data of this installation by those of the backup?", abort=True)
    db.session.remove()
    db.engine.dispose()
    try:
        manifest = backups.restore_backup(current_app.config, source)
    except backups.BackupRefused as refusal:
        raise click.ClickException(str(refusal)) from None
    hold.put_on_hold(hold.MISSING)
    erased = erasure.replay_erasures()
    click.echo(f"Restored: the backup of {manifest['made_at'][:16]}. Erased again: {erased}.")
    click.echo("Mail is on hold. Look at what waits, then: flask --app wsgi mail release")


@click.command("doctor")
@with_appcontext
def examine() -> None:
    """Examine this installation, and play the site's guarantees on a throw-away copy of an empty one."""
    failed = 0
    for finding in checkup.examine():
        failed += not finding.is_good
        click.echo(
            f"{'pass' if finding.is_good else 'FAIL'}  {finding.name}{': ' if finding.detail else ''}{finding.detail}"
        )
    sys.exit(1 if failed else 0)


@mail.command("release")
@click.option("--yes", is_flag=True, help="Do not ask.")
def release_mail(yes: bool) -> None:
    """Let mail leave again after a hold, having shown what would leave."""
    reason = hold.reason()
    if reason is None:
        click.echo("Mail is not on hold.")
        return
    waiting = hold.waiting()
    click.echo(f"Mail is on hold ({reason}). Waiting: {sum(one.count for one in waiting)}")
    for one in waiting:
        click.echo(
            f"  {one.count:6}  {one.kind}, posted {one.oldest:%Y-%m-%d %H:%M} to {one.newest:%Y-%m-%d %H:%M} UTC"
        )
    if waiting and not yes:
        click.confirm("Send them?", abort=True)
    hold.release()
    click.echo("Released.")


@mail.command("retry")
@click.option("--doubtful", is_flag=True, help="Those too of which nobody knows whether they arrived.")
def retry_mail(doubtful: bool) -> None:
    """Queue every failed mail once more."""
    with transaction():
        count = outbox.requeue(None, doubtful=doubtful)
    click.echo(f"Queued again: {count}")
