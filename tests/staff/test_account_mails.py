from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from sets.database import db
from sets.mailing import kinds
from sets.mailing.links import Links
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from sets.staff.accounts import disable_account, send_password_link
from sets.staff.deliveries import _posted
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, make_account, post_sign_in, sign_in

NEW = "eight yellow bicycles"


def rendered():
    return render(_posted(db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()))


def link_in(ready) -> str:
    return re.search(r"http://localhost(/staff/(?:reset|invitation)/\S+)", plain(ready))[1]


def plain(ready, kind: str = "plain") -> str:
    mail = message_from_bytes(ready.envelope.content, policy=policy.default)
    return mail.get_body((kind,)).get_content()


def test_the_row_of_a_link_holds_no_token_and_the_copy_no_text(app):
    make_account(email="claire@example.org")
    send_password_link("claire@example.org")
    mail = db.session.scalar(select(Delivery))
    assert set(mail.facts) == {"purpose", "account_id"}
    ready = rendered()
    assert ready.text is None
    token = link_in(ready).rpartition("/")[2]
    assert token not in str(mail.facts) + ready.subject


def test_a_link_sets_a_password_once_and_ends_every_session(app, client):
    member = sign_in(client)
    send_password_link(member.email)
    link = link_in(rendered())
    visitor = app.test_client()
    page = submit(visit(visitor, link), password=NEW, password_confirm=NEW)
    assert page.path == "/staff/sign-in"
    assert "Your password is set." in page.text
    assert client.get("/staff/account").status_code == 303
    assert post_sign_in(visitor, member.email, NEW).status_code == 302
    again = visit(app.test_client(), link)
    assert again.path == "/staff/reset"
    assert "This link no longer works." in again.text


def test_a_link_ends_after_a_day(app, client, clock):
    make_account(email="claire@example.org")
    send_password_link("claire@example.org")
    link = link_in(rendered())
    clock.shift(timedelta(hours=25))
    assert "This link has expired." in visit(client, link).text


def test_opening_a_link_changes_nothing(app, client):
    make_account(email="claire@example.org")
    send_password_link("claire@example.org")
    link = link_in(rendered())
    for _scanner in range(3):
        visit(app.test_client(), link)
    assert post_sign_in(client, "claire@example.org", PASSWORD).status_code == 302


def test_no_link_leaves_for_an_account_that_was_disabled_meanwhile(app):
    make_account("administrator")
    make_account(email="claire@example.org")
    send_password_link("claire@example.org")
    disable_account("claire@example.org")
    mail = db.session.scalar(select(Delivery))
    with pytest.raises(kinds.NotWanted, match="account_gone"):
        kinds.find("account").compose(_posted(mail), Links())


@pytest.mark.parametrize("purpose", ["sign_in", "change"])
@pytest.mark.parametrize("language", ["fr", "en", "es", "it"])
def test_every_notice_says_when_and_what(app, purpose, language):
    from sets.database import transaction
    from sets.staff.messages import post_account_mail

    account = make_account(language=language, name="Zoé <b>Ö</b>")
    with transaction():
        post_account_mail(
            account, purpose, at="2026-03-02T09:00:00+00:00", browser="Firefox, Linux", change="password"
        )
    ready = rendered()
    text = plain(ready)
    assert "Zoé <b>Ö</b>" in text
    assert "2026" in text
    assert "http://localhost/staff/account" in text
    assert "Zoé &lt;b&gt;Ö&lt;/b&gt;" in plain(ready, "html")


def test_a_new_role_is_told_by_mail_with_who_gave_it(app, client):
    member = make_account("coordinator", email="nora@example.org")
    sign_in(client, "administrator", email="claire@example.org")
    submit(visit(client, f"/staff/people/{member.id}"), button="Change the role", role="organiser")
    ready = rendered()
    assert ready.envelope.recipient == "nora@example.org"
    for kind in ("plain", "html"):
        words = " ".join(plain(ready, kind).split())
        assert "Your role in the team is now: Organiser" in words
        assert "claire@example.org" in words
    # Whoever got yet another role meanwhile is told that one only.
    posted = _posted(db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first())
    submit(visit(client, f"/staff/people/{member.id}"), button="Change the role", role="coordinator")
    with pytest.raises(kinds.NotWanted):
        render(posted)


def test_a_withdrawn_access_is_told_though_the_account_is_closed(app, client):
    member = make_account(email="nora@example.org")
    sign_in(client, "administrator", email="claire@example.org")
    submit(visit(client, f"/staff/people/{member.id}/withdrawal"), button="Withdraw access")
    withdrawn = _posted(db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first())
    words = plain(render(withdrawn))
    assert "Your access to the team’s pages has ended." in words
    assert "/staff" not in words
    submit(visit(client, f"/staff/people/{member.id}"), button="Give access back")
    assert "You have access to the team’s pages again" in plain(rendered())
    # The first message, if it still waits, would be wrong now.
    with pytest.raises(kinds.NotWanted):
        render(withdrawn)


def test_an_invitation_that_is_taken_back_sends_no_mail(app, client):
    sign_in(client, "administrator")
    page = visit(client, "/staff/people/new")
    page = submit(page, email="nora@example.org", name="Nora", role="coordinator", language="en")
    before = db.session.scalar(select(func.count(Delivery.id)))
    submit(visit(client, page.link("Take the invitation back")), button="Take the invitation back")
    assert db.session.scalar(select(func.count(Delivery.id))) == before
