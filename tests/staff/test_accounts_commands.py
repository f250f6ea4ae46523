from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Account, Activity
from tests.staff.signing import PASSWORD, post_sign_in, sign_in


def run(runner, *args, text=""):
    return runner.invoke(args=["staff", *args], input=text)


def test_the_first_administrator_is_made_on_the_command_line_and_signs_in(runner, client):
    result = run(
        runner,
        *("add", "claire@example.org", "--role", "administrator", "--name", "Claire", "--password-stdin"),
        text=PASSWORD + "\n",
    )
    assert result.exit_code == 0, result.output
    assert "claire@example.org is now a member of the team, as administrator." in result.output
    assert post_sign_in(client, "claire@example.org").status_code == 302
    line = db.session.scalar(select(Activity).order_by(Activity.id))
    assert (line.verb, line.actor_kind, line.actor_id) == ("account_added", "operator", None)


def test_the_password_is_asked_for_twice_and_never_shown(runner):
    result = run(runner, "add", "a@example.org", "--role", "organiser", text=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0, result.output
    assert PASSWORD not in result.output


def test_the_password_is_stored_as_argon2id(runner):
    run(runner, "add", "a@example.org", "--role", "organiser", "--password-stdin", text=PASSWORD + "\n")
    assert db.session.scalar(select(Account.password)).startswith("$argon2id$")


def test_an_invitation_needs_no_password(runner, client):
    result = run(runner, "add", "a@example.org", "--role", "coordinator", "--invite", "--language", "it")
    assert result.exit_code == 0, result.output
    mail = db.session.scalar(select(Delivery))
    assert (mail.kind, mail.language, mail.facts["purpose"]) == ("account", "it", "invitation")
    assert db.session.scalar(select(Account.password)) is None
    assert post_sign_in(client, "a@example.org", "anything at all").status_code == 200


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("a@example.org", "short", "A password has 12 to 128 characters."),
        ("a@example.org", "", "A password has 12 to 128 characters."),
        ("a@example.org", "x" * 129, "A password has 12 to 128 characters."),
        ("not an address", PASSWORD, "'not an address' is not an e-mail address"),
        ("a@b\nBcc: c@example.org", PASSWORD, "is not an e-mail address"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(runner, email, password, sentence):
    result = run(runner, "add", email, "--role", "organiser", "--password-stdin", text=password + "\n")
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output
    assert db.session.scalars(select(Account)).all() == []


def test_an_account_that_exists_is_changed_only_when_asked(runner, client):
    first = ("add", "a@example.org", "--role", "coordinator", "--password-stdin")
    run(runner, *first, text=PASSWORD + "\n")
    again = ("add", "A@example.org", "--role", "organiser", "--password-stdin")
    result = run(runner, *again, text="another long passphrase\n")
    assert result.exit_code == 1
    assert "Add --update" in result.output
    assert post_sign_in(client, "a@example.org").status_code == 302
    result = run(runner, *again, "--update", text="another long passphrase\n")
    assert result.exit_code == 0, result.output
    assert client.get("/staff/account").status_code == 303
    account = db.session.scalar(select(Account))
    assert [role.name for role in account.roles] == ["organiser"]
    assert post_sign_in(client, "a@example.org", "another long passphrase").status_code == 302


def test_a_disabled_account_is_signed_out_and_stays_out(runner, client):
    run(
        runner, "add", "boss@example.org", "--role", "administrator", "--password-stdin", text=PASSWORD + "\n"
    )
    member = sign_in(client)
    result = run(runner, "disable", member.email)
    assert result.exit_code == 0, result.output
    assert client.get("/staff/account").status_code == 303
    assert post_sign_in(client, member.email).status_code == 200


def test_the_last_administrator_cannot_be_disabled_nor_lowered(runner):
    run(
        runner, "add", "boss@example.org", "--role", "administrator", "--password-stdin", text=PASSWORD + "\n"
    )
    result = run(runner, "disable", "boss@example.org")
    assert result.exit_code == 1
    assert "boss@example.org is the last administrator. Make another one first." in result.output
    lower = ("add", "boss@example.org", "--role", "organiser", "--password-stdin", "--update")
    result = run(runner, *lower, text=PASSWORD + "\n")
    assert result.exit_code == 1
    assert "the last administrator" in result.output
    run(
        runner,
        "add",
        "second@example.org",
        "--role",
        "administrator",
        "--password-stdin",
        text=PASSWORD + "\n",
    )
    assert run(runner, "disable", "boss@example.org").exit_code == 0
    assert run(runner, "disable", "second@example.org").exit_code == 1


def test_an_unknown_account_is_named_in_the_refusal(runner):
    for command in ("disable", "reset-factor"):
        result = run(runner, command, "nobody@example.org")
        assert result.exit_code == 1
        assert "nobody@example.org has no account." in result.output


def test_a_reset_factor_lets_the_password_alone_in(runner, client, clock):
    from tests.staff.test_second_factor import turn_on

    member = sign_in(client)
    turn_on(client)
    result = run(runner, "reset-factor", member.email)
    assert result.exit_code == 0, result.output
    assert client.get("/staff/account").status_code == 303
    answer = post_sign_in(client, member.email)
    assert answer.headers["Location"] == "/staff/"
    assert client.get("/staff/account").status_code == 200


def test_the_list_shows_roles_and_states(runner):
    assert "There is no account yet" in run(runner, "list").output
    run(
        runner, "add", "boss@example.org", "--role", "administrator", "--password-stdin", text=PASSWORD + "\n"
    )
    run(runner, "add", "a@example.org", "--role", "coordinator", "--invite")
    run(runner, "disable", "a@example.org")
    output = run(runner, "list").output
    assert "boss@example.org  administrator\n" in output
    assert "a@example.org  coordinator  disabled\n" in output
