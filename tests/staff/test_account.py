from __future__ import annotations

from sqlalchemy import select

from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Account, StaffSession
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, make_account, post, post_sign_in, sign_in

NEW = "eight yellow bicycles"


def test_the_profile_is_stored_and_speaks_at_once(client):
    sign_in(client)
    page = submit(
        visit(client, "/staff/account"),
        form="/profile",
        name="Chiara Verdi",
        language="it",
        time_zone="Europe/Rome",
    )
    assert page.language == "it"
    account = db.session.scalar(select(Account))
    assert (account.name, account.language, account.time_zone) == ("Chiara Verdi", "it", "Europe/Rome")
    assert "Chiara Verdi" in page.text


def test_a_profile_without_a_name_keeps_what_was_typed(client):
    sign_in(client)
    page = submit(
        visit(client, "/staff/account"), form="/profile", name="", time_zone="Europe/Athens", status=422
    )
    assert "Type your name." in page.text
    assert page.one("select", name="time_zone").find("option[@selected]").get("value") == "Europe/Athens"


def test_a_profile_takes_no_unknown_language_or_zone(client):
    sign_in(client)
    page = visit(client, "/staff/account")
    submit(page, form="/profile", forged={"language": "xx", "time_zone": "../etc/passwd"}, status=422)
    assert db.session.scalar(select(Account.language)) == "en"


def test_a_changed_password_ends_the_other_sessions_and_is_told_by_mail(app, client):
    member = sign_in(client)
    other = app.test_client()
    post_sign_in(other, member.email)
    page = submit(
        visit(client, "/staff/account/password"),
        password=PASSWORD,
        new_password=NEW,
        new_password_confirm=NEW,
    )
    assert page.path == "/staff/account"
    assert "Your password is changed." in page.text
    assert other.get("/staff/account").status_code == 303
    assert post_sign_in(app.test_client(), member.email).status_code == 200
    assert post_sign_in(app.test_client(), member.email, NEW).status_code == 302
    changes = [mail.facts.get("change") for mail in db.session.scalars(select(Delivery))]
    assert "password" in changes


def test_a_password_is_refused_in_words(client):
    sign_in(client)
    page = visit(client, "/staff/account/password")
    short = submit(page, password=PASSWORD, new_password="short", new_password_confirm="short")
    assert "A password has 12 characters or more." in short.text
    differing = submit(page, password=PASSWORD, new_password=NEW, new_password_confirm=NEW + "!")
    assert "The two passwords differ." in differing.text
    wrong = submit(page, password="wrong", new_password=NEW, new_password_confirm=NEW)
    assert "This is not your password." in wrong.text


def test_another_browser_is_signed_out_from_the_list(app, client):
    member = sign_in(client)
    other = app.test_client()
    post_sign_in(other, member.email)
    page = submit(visit(client, "/staff/account"), button="Sign it out")
    assert "This browser is signed out." in page.text
    assert other.get("/staff/account").status_code == 303
    assert client.get("/staff/account").status_code == 200


def test_every_other_browser_is_signed_out_at_once(app, client):
    member = sign_in(client)
    others = [app.test_client() for _ in range(2)]
    for other in others:
        post_sign_in(other, member.email)
    submit(visit(client, "/staff/account"), button="Sign out every other browser")
    assert [other.get("/staff/account").status_code for other in others] == [303, 303]
    assert client.get("/staff/account").status_code == 200


def test_nobody_ends_somebody_elses_session(app, client):
    sign_in(app.test_client(), "administrator")
    theirs = db.session.scalar(select(StaffSession.id_hash))
    sign_in(client)
    post(client, f"/staff/account/sessions/{theirs}/end")
    assert db.session.get(StaffSession, theirs).ended_at is None


def test_a_forgotten_password_gets_the_same_answer_whoever_asks(client):
    make_account(email="claire@example.org")
    texts = set()
    for email in ("claire@example.org", "nobody@example.org"):
        page = submit(visit(client, "/staff/sign-in").click("Forgotten password?"), email=email)
        texts.add(page.text)
    assert len(texts) == 1
    assert "If this address has an account" in texts.pop()
    (mail,) = db.session.scalars(select(Delivery)).all()
    assert mail.to_address == "claire@example.org"


def test_a_disabled_account_gets_no_link(client):
    make_account(email="gone@example.org", active=False)
    submit(visit(client, "/staff/reset"), email="gone@example.org")
    assert db.session.scalars(select(Delivery)).all() == []
