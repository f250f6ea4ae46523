"""A sign-in that was somebody else's: the mail's link ends it, and the password that opened it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Activity
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, post, post_sign_in, sign_in
from tests.staff.test_account_mails import plain, rendered

NEW = "eight yellow bicycles"


def alarm() -> str:
    found = re.search(r"http://localhost(/staff/alarm/\S+)", plain(rendered()))
    assert found
    return found[1]


@pytest.fixture
def stranger(app, client, clock):
    """Somebody who knows a member's password, signed in with a browser that is not the member's."""
    member = sign_in(client)
    other = app.test_client()
    post_sign_in(other, member.email)
    return other, member.email


def test_a_known_browser_is_not_told_about(app, client, stranger):
    before = len(db.session.scalars(select(Delivery)).all())
    for browser in (client, stranger[0]):
        post(browser, "/staff/sign-out")
        assert post_sign_in(browser, stranger[1]).status_code == 302
    assert len(db.session.scalars(select(Delivery)).all()) == before == 1


def test_what_was_not_mine_is_ended_with_the_password_that_opened_it(app, client, stranger):
    other, email = stranger
    owner = app.test_client()
    page = visit(owner, alarm())
    assert page.heading == "It was not you?"
    assert other.get("/staff/account").status_code == 200
    page = submit(page, button="It was not me: sign everything out")
    assert page.heading == "Choose your password"
    assert {one.get("/staff/account").status_code for one in (other, client)} == {303}
    assert post_sign_in(app.test_client(), email, PASSWORD).status_code == 200
    submit(page, password=NEW, password_confirm=NEW)
    assert post_sign_in(owner, email, NEW).status_code == 302
    line = db.session.scalars(select(Activity).where(Activity.verb == "sign_in_disowned")).one()
    assert line.rows == 2


def test_the_link_works_once_and_for_a_week(app, client, stranger, clock):
    link = alarm()
    clock.shift(timedelta(days=6))
    page = visit(app.test_client(), link)
    clock.shift(timedelta(days=2))
    assert submit(page, status=410).heading == "This link no longer works"
    clock.shift(timedelta(days=-2))
    submit(page)
    assert visit(app.test_client(), link, status=410).heading == "This link no longer works"


@pytest.mark.parametrize("token", ["x", "a" * 32 + ".1.abc", "a" * 32 + ".999999999.abc", "é"])
def test_a_made_up_link_does_nothing(client, token):
    assert client.get(f"/staff/alarm/{token}").status_code == 410
