"""`flask --app wsgi staff …`: accounts from the command line, the first administrator among them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from ..languages import DEFAULT, LANGUAGES, speaking
from .accounts import AccountRefused, add_account, disable_account, list_accounts, reset_factor
from .models import ROLES
from .roles import role_of

group = AppGroup("staff", help="Accounts of the team.")


def init_app(app: Flask) -> None:
    """Connect the commands."""
    app.cli.add_command(group)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what cannot be done in one sentence, and end with 1."""
    try:
        with speaking("en"):
            yield
    except AccountRefused as refusal:
        raise click.ClickException(str(refusal)) from None


def _with_refusals(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def guarded(*args: Any, **options: Any) -> None:
        with _refusals():
            command(*args, **options)

    return guarded


@group.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the account may do.")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--language", default=DEFAULT, type=click.Choice(list(LANGUAGES)), help="The language of their pages."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, for scripts.")
@click.option("--invite", is_flag=True, help="Ask for no password: mail a link to choose one.")
@click.option("--update", is_flag=True, help="Change the account when there is one already.")
@_with_refusals
def add(
    email: str, *, role: str, name: str, language: str, password_stdin: bool, invite: bool, update: bool
) -> None:
    """Add an account; the password is asked for unless said otherwise."""
    if password_stdin and invite:
        raise click.UsageError("Either --password-stdin or --invite.")
    password = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not invite:
        password = click.prompt("Password", hide_input=True, confirmation_prompt="The same password again")
    is_new = add_account(email, role=role, name=name, language=language, password=password, update=update)
    click.echo(f"{email} is {'now' if is_new else 'still'} a member of the team, as {role}.")
    if invite:
        click.echo("A message with a link to choose a password is in the outbox.")


@group.command("disable")
@click.argument("email")
@_with_refusals
def disable(email: str) -> None:
    """Close an account and sign it out everywhere."""
    disable_account(email)
    click.echo(f"{email} is disabled and signed out everywhere.")


@group.command("reset-factor")
@click.argument("email")
@_with_refusals
def reset(email: str) -> None:
    """Turn off an account's second factor, passkeys and recovery codes."""
    reset_factor(email)
    click.echo(f"{email} signs in with the password alone until a second factor is set up again.")


@group.command("list")
def show() -> None:
    """Show every account."""
    accounts = list_accounts()
    if not accounts:
        click.echo("There is no account yet: flask --app wsgi staff add EMAIL --role administrator")
    for account in accounts:
        state = "" if account.active else "  disabled"
        factor = "  second factor" if account.tf_primary_method or account.webauthn else ""
        click.echo(f"{account.email}  {role_of(account) or 'no role'}{factor}{state}")
