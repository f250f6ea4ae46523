from __future__ import annotations

import re
from datetime import timedelta

import pytest
from passlib.totp import TOTP
from sqlalchemy import select

from sets import clock as site_clock
from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Account, Activity
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, post, sign_in


def turn_on(client) -> TOTP:
    page = submit(visit(client, "/staff/account/second-factor"), button="Set it up")
    key = page.one("code", class_="key")
    app = TOTP(key="".join((key.text or "").split()).replace("-", ""))
    page = submit(page, code=code(app))
    assert "Your second factor is on." in page.text
    return app


def code(app: TOTP) -> str:
    return app.generate(site_clock.now().timestamp()).token


def password_step(client, member):
    return submit(visit(client, "/staff/sign-in"), email=member.email, password=PASSWORD)


@pytest.fixture
def member(client, clock):
    return sign_in(client)


def test_after_the_password_the_code_is_asked(client, clock, member):
    app = turn_on(client)
    post(client, "/staff/sign-out")
    clock.shift(timedelta(minutes=1))
    page = password_step(client, member)
    assert page.heading == "Your second factor"
    assert client.get("/staff/account").status_code == 303
    assert submit(page, code="000000").heading == "Your second factor"
    submit(page, code=code(app), follow=False, status=302)
    assert client.get("/staff/account").status_code == 200


def test_a_code_works_once(app, client, clock, member):
    totp = turn_on(client)
    clock.shift(timedelta(minutes=1))
    seen = code(totp)
    first, second = app.test_client(), app.test_client()
    submit(password_step(first, member), code=seen, follow=False, status=302)
    assert first.get("/staff/account").status_code == 200
    page = submit(password_step(second, member), code=seen)
    assert "was used already" in page.text
    assert second.get("/staff/account").status_code == 303


def test_a_password_that_was_right_is_worth_a_quarter_of_an_hour(client, clock, member):
    app = turn_on(client)
    post(client, "/staff/sign-out")
    page = password_step(client, member)
    clock.shift(timedelta(minutes=16))
    page = submit(page, code=code(app))
    assert page.path == "/staff/sign-in"
    assert client.get("/staff/account").status_code == 303


def test_recovery_codes_replace_the_app_once_each(client, clock, member):
    turn_on(client)
    page = submit(visit(client, "/staff/account/recovery-codes"), button="Make new codes")
    codes = re.findall(r"\b[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b", page.text)
    assert len(codes) == 8
    stored = db.session.scalar(select(Account.mf_recovery_codes))
    assert len(stored) == 8
    assert codes[0] not in str(stored)
    mails = db.session.scalars(select(Delivery).order_by(Delivery.id))
    assert [mail.facts["change"] for mail in mails] == ["second_factor_on", "recovery_codes_made"]
    post(client, "/staff/sign-out")
    page = password_step(client, member).click("Use a recovery code")
    submit(page, code=codes[0], follow=False, status=302)
    assert client.get("/staff/account").status_code == 200
    post(client, "/staff/sign-out")
    page = password_step(client, member).click("Use a recovery code")
    page = submit(page, code=codes[0])
    assert "was used already" in page.text
    assert client.get("/staff/account").status_code == 303


def test_codes_are_shown_again_when_asked(client, clock, member):
    turn_on(client)
    made = submit(visit(client, "/staff/account/recovery-codes"), button="Make new codes")
    page = submit(visit(client, "/staff/account/recovery-codes"), button="Show my codes")
    found = re.findall(r"\b[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b", page.text)
    assert found == re.findall(r"\b[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}\b", made.text)


def test_the_second_factor_is_turned_off_by_its_owner_and_told_by_mail(client, clock, member):
    turn_on(client)
    page = submit(visit(client, "/staff/account/second-factor"), button="Turn it off")
    assert "Your second factor is off." in page.text
    changes = [mail.facts["change"] for mail in db.session.scalars(select(Delivery).order_by(Delivery.id))]
    assert changes == ["second_factor_on", "second_factor_off"]
    verbs = db.session.scalars(select(Activity.verb).order_by(Activity.id)).all()
    assert verbs == ["signed_in", "second_factor_on", "second_factor_off"]


def test_what_protects_the_account_asks_for_the_password_again_after_a_while(client, clock, member):
    clock.shift(timedelta(minutes=50))
    page = visit(client, "/staff/account/second-factor")
    assert page.heading == "Is it you?"
    assert submit(page, password="wrong").heading == "Is it you?"
    assert submit(page, password=PASSWORD).path == "/staff/account/second-factor"


def test_the_secret_of_the_app_is_not_stored_in_clear(client, clock, member):
    app = turn_on(client)
    stored = db.session.scalar(select(Account.tf_totp_secret))
    assert stored
    assert app.base32_key not in stored


def test_a_passkey_is_asked_for_with_a_check_of_the_person(client, clock, member):
    page = submit(visit(client, "/staff/account/passkeys"), name="Phone")
    form = page.one("form", data_passkey="create")
    options = form.get("data-options") or ""
    assert '"userVerification": "required"' in options
    assert '"residentKey": "required"' in options
    assert "authenticatorAttachment" not in options
    answer = post(client, (form.get("action") or ""), credential="{}")
    assert answer.status_code == 302
    assert db.session.scalar(select(Account)).webauthn == []


def test_a_passkey_sign_in_tells_nothing_about_accounts(client):
    page = submit(visit(client, "/staff/sign-in"), button="Sign in with a passkey")
    options = page.one("form", data_passkey="get").get("data-options") or ""
    assert '"userVerification": "required"' in options
    assert '"allowCredentials": []' in options


def test_pages_that_this_site_does_without_do_not_exist(client, member):
    for path in ("/staff/sign-in/rescue", "/staff/sign-in/method"):
        assert client.get(path).status_code == 404
