"""Commands of the site as a whole: `flask --app wsgi mail release`, `… mail retry`."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from .database import transaction
from .mailing import hold, outbox

mail = AppGroup("mail", help="Mails that wait, and mails that failed.")


def init_app(app: Flask) -> None:
    """Connect the commands."""
    app.cli.add_command(mail)


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
