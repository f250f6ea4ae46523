"""Signing in as a member of the team, in any test: `sign_in(client, "organiser")`."""

from __future__ import annotations

import itertools
import uuid
from functools import cache
from typing import Any

from flask import current_app
from flask.testing import FlaskClient
from flask_security.utils import hash_password
from sqlalchemy import select
from werkzeug.test import TestResponse

from sets import clock
from sets.database import transaction
from sets.staff.models import Account, Role

PASSWORD = "seven green bicycles"
_numbers = itertools.count(1)


def make_account(role: str = "organiser", *, password: str | None = PASSWORD, **values: Any) -> Account:
    """Store a member of the team who speaks English."""
    hashed = _hashed(password, current_app.config["SECURITY_PASSWORD_SALT"]) if password else None
    now = clock.now()
    with transaction() as session:
        made = Account(
            **{
                "email": f"{role}{next(_numbers)}@example.org",
                "name": "Claire Morel",
                "language": "en",
                "password": hashed,
                "fs_uniquifier": uuid.uuid4().hex,
                "fs_webauthn_user_handle": uuid.uuid4().hex,
                "confirmed_at": now,
                "create_datetime": now,
                "update_datetime": now,
            }
            | values
        )
        made.roles.append(session.scalar(select(Role).where(Role.name == role)) or Role(name=role))
        session.add(made)
    return made


@cache
def _hashed(password: str, _salt: str) -> str:
    # argon2 is slow on purpose; the tests' installations share one salt.
    return hash_password(password)


def sign_in(client: FlaskClient, role: str = "coordinator", **values: Any) -> Account:
    """Store a member of the team and sign the client in as them, through the form."""
    member = make_account(role, **values)
    answer = post_sign_in(client, member.email)
    assert answer.status_code == 302, answer.get_data(as_text=True)[:2000]
    return member


def post_sign_in(
    client: FlaskClient,
    email: str,
    password: str = PASSWORD,
    *,
    then: str = "",
    headers: dict[str, str] | None = None,
) -> TestResponse:
    """Send the sign-in form and return the answer as it comes."""
    query = {"next": then} if then else {}
    fields = {"email": email, "password": password, "csrf_token": csrf_token(client, "/staff/sign-in")}
    return client.post("/staff/sign-in", query_string=query, data=fields, headers=headers)


def post(client: FlaskClient, path: str, *, page: str = "/staff/account", **fields: str) -> TestResponse:
    """Send a form of the staff area with the token of `page`."""
    return client.post(path, data=fields | {"csrf_token": csrf_token(client, page)})


def csrf_token(client: FlaskClient, path: str) -> str:
    """Return the token that the forms of a staff page carry."""
    page = client.get(path).get_data(as_text=True)
    assert 'name="csrf_token" value="' in page, page[:2000]
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
