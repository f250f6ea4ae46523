"""Signing in as a member of the team: `sign_in(client, "organiser")`, in any test."""

from __future__ import annotations

from flask.testing import FlaskClient

PASSWORD = "seven green bicycles"


def make_account(
    role: str = "coordinator", email: str = "", *, name: str = "Claire Morel", language: str = "en"
) -> str:
    """Add an account with the password PASSWORD and return its address."""
    from sets.staff.accounts import add_account

    address = email or f"{role}@example.org"
    add_account(address, role=role, name=name, language=language, password=PASSWORD, update=True)
    return address


def sign_in(
    client: FlaskClient,
    role: str = "coordinator",
    *,
    email: str = "",
    name: str = "Claire Morel",
    language: str = "en",
) -> str:
    """Make an account of that role and sign the client in as it, through the form; return its address."""
    address = make_account(role, email, name=name, language=language)
    answer = post_sign_in(client, address)
    assert answer.status_code == 302, answer.get_data(as_text=True)[:2000]
    return address


def post_sign_in(client: FlaskClient, email: str, password: str = PASSWORD, *, then: str = ""):
    """Send the sign-in form and return the answer as it comes."""
    query = {"next": then} if then else {}
    data = {"email": email, "password": password, "csrf_token": csrf_token(client, "/staff/sign-in")}
    return client.post("/staff/sign-in", query_string=query, data=data)


def csrf_token(client: FlaskClient, path: str) -> str:
    """Return the token that the forms of a staff page carry."""
    page = client.get(path).get_data(as_text=True)
    assert 'name="csrf_token" value="' in page, page[:2000]
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]
