"""What administrators do to accounts: the verbs, their pages, and administrators who close each other at once."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from sqlalchemy import func, select

from sets.clock import now
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from sets.staff import team
from sets.staff.accounts import AccountRefused, disable_account
from sets.staff.deliveries import _posted
from sets.staff.models import Account, Activity, Role, WebAuthn
from tests.databases import race
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, csrf_token, make_account, post, post_sign_in, sign_in

NEW = "eight yellow bicycles"
NORA = "nora@example.org"


def invited(role="organiser", **values):
    return team.invite(NORA, **{"name": "Nora", "role": role, "language": "en"} | values)


def link() -> str:
    """Return the link of the last mail."""
    ready = render(_posted(db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()))
    letter = message_from_bytes(ready.envelope.content, policy=policy.default)
    found = re.search(r"http://localhost(/staff/\S+)", letter.get_body(("plain",)).get_content())
    assert found
    return found[1]


def verbs() -> list[str]:
    return list(db.session.scalars(select(Activity.verb).order_by(Activity.id)))


def the(email: str) -> Account:
    return db.session.scalars(select(Account).where(Account.email == email)).one()


def test_a_colleague_is_invited_chooses_a_password_and_is_in(app, client):
    sign_in(client, "administrator")
    page = visit(client, "/staff/people").click("Invite a colleague")
    page = submit(page, email=NORA, name="Nora", role="coordinator", language="en")
    assert page.heading == "Nora"
    assert "Invited" in page.text
    visitor = app.test_client()
    page = visit(visitor, link())
    assert page.heading == "Welcome, Nora"
    page = submit(page, button="Set this password", password=NEW, password_confirm=NEW)
    assert page.path == "/staff/"
    assert post_sign_in(app.test_client(), NORA, NEW).status_code == 302
    assert "Active" in visit(client, f"/staff/people/{the(NORA).id}").text
    assert {"account_invited", "invitation_accepted"} <= set(verbs())
    # The first sign-in is nobody else's: no mail warns of it.
    assert [row.facts["purpose"] for row in db.session.scalars(select(Delivery))][:2] == [
        "invitation",
        "sign_in",
    ]


def test_an_invitation_works_once_for_a_week_and_again_when_sent_again(app, client, clock):
    account_id = invited()
    first = link()
    clock.shift(timedelta(days=7))
    assert visit(client, first, status=410).heading == "This invitation no longer works"
    team.invite_again(account_id)
    assert visit(client, first).heading == "Welcome, Nora"
    second = link()
    submit(visit(client, second), button="Set this password", password=NEW, password_confirm=NEW)
    other = app.test_client()
    for path in (first, second):
        assert visit(other, path, status=410).heading == "This invitation no longer works"
        answer = other.post(
            path, data={"password": PASSWORD, "csrf_token": csrf_token(other, "/staff/sign-in")}
        )
        assert answer.status_code == 410
    assert post_sign_in(other, NORA, NEW).status_code == 302


def test_opening_an_invitation_changes_nothing(app, client):
    invited()
    path = link()
    for _scanner in range(3):
        visit(app.test_client(), path)
    assert the(NORA).password is None
    assert visit(client, path).heading == "Welcome, Nora"


def test_an_invitation_that_was_taken_back_opens_nothing(app, client):
    make_account("administrator")
    account_id = invited()
    path = link()
    team.withdraw(account_id)
    assert visit(client, path, status=410).heading == "This invitation no longer works"
    team.give_back(account_id)
    assert visit(client, path, status=410).heading == "This invitation no longer works"
    assert visit(client, link()).heading == "Welcome, Nora"


@pytest.mark.parametrize("token", ["x", "a" * 32 + ".1.abc", "%00", "é" * 50])
def test_a_made_up_invitation_opens_nothing(client, token):
    assert client.get(f"/staff/invitation/{token}").status_code in (404, 410)


def test_a_first_password_is_checked_and_nothing_else_is_lost(client):
    invited()
    page = submit(
        visit(client, link()),
        button="Set this password",
        password="short",
        password_confirm="other",
        status=422,
    )
    assert "A password has 12 to 128 characters." in page.text
    assert the(NORA).password is None


def test_an_address_that_has_an_account_is_not_invited_again(client):
    sign_in(client, "administrator")
    make_account(email="Claire@example.org")
    page = visit(client, "/staff/people/new")
    page = submit(
        page, email="claire@EXAMPLE.org", name="Claire", role="organiser", language="en", status=422
    )
    assert "has an account already" in page.text
    assert page.value("name") == "Claire"


def test_a_role_is_changed_once_the_person_who_asks_has_seen_the_present_one(client):
    sign_in(client, "administrator")
    other = make_account("coordinator")
    page = visit(client, f"/staff/people/{other.id}")
    stale = visit(client, f"/staff/people/{other.id}")
    page = submit(page, button="Change the role", role="organiser")
    assert "The role is: Organiser." in page.text
    page = submit(stale, button="Change the role", role="administrator")
    assert "Somebody else has changed this role meanwhile: it is “Organiser” now." in page.text
    assert [role.name for role in the(other.email).roles] == ["organiser"]


def test_nobody_changes_closes_or_resets_their_own_account(client):
    own = sign_in(client, "administrator")
    make_account("administrator")
    for path, fields in (
        ("role", {"role": "organiser", "before": "administrator"}),
        ("withdrawal", {}),
        ("factor-reset", {}),
    ):
        post(client, f"/staff/people/{own.id}/{path}", **fields)
        assert "Nobody does this to their own account." in visit(client, "/staff/account").text
    assert visit(client, "/staff/people").heading == "People"


def test_access_is_withdrawn_with_its_sessions_and_given_back_as_it_was(app, client):
    sign_in(client, "administrator")
    colleague = app.test_client()
    other = sign_in(colleague, "organiser", name="Omar")
    page = visit(client, f"/staff/people/{other.id}").click("Withdraw access")
    assert "One signed-in browser is signed out at once." in page.text
    page = submit(page, button="Withdraw access")
    assert "No access" in page.text
    assert colleague.get("/staff/account").status_code == 303
    assert post_sign_in(colleague, other.email).status_code == 200
    page = submit(page, button="Give access back")
    assert post_sign_in(colleague, other.email).status_code == 302
    assert verbs()[-3:] == ["access_withdrawn", "access_given_back", "signed_in"]
    assert "Omar" in visit(client, f"/staff/activity?who={other.id}").text


def test_a_colleague_gets_a_link_and_is_signed_out_one_browser_at_a_time(app, client):
    sign_in(client, "administrator")
    colleague, second = app.test_client(), app.test_client()
    other = sign_in(colleague, "organiser")
    post_sign_in(second, other.email)
    page = visit(client, f"/staff/people/{other.id}")
    forms = [form.get("action") for form in page.all("form") if "/sessions/" in form.get("action", "")]
    post(client, forms[0], page=page.path)
    assert {colleague.get("/staff/account").status_code, second.get("/staff/account").status_code} == {
        200,
        303,
    }
    page = submit(page, button="Send a link")
    assert link().startswith("/staff/reset/")
    assert {"colleague_signed_out", "password_link_sent"} <= set(verbs())


def test_the_last_administrator_is_neither_closed_nor_lowered(app):
    last = make_account("administrator")
    for act in (
        lambda: team.withdraw(last.id),
        lambda: team.change_role(last.id, role="organiser", before="administrator"),
        lambda: disable_account(last.email),
    ):
        with pytest.raises(AccountRefused, match=last.email):
            act()


def test_an_administrator_who_was_closed_this_moment_does_nothing_more(app, client):
    own = sign_in(client, "administrator")
    other, third = make_account("administrator"), make_account("organiser")
    token = csrf_token(client, "/staff/account")
    real = team._lock_administrators

    def closed_meanwhile():
        real()
        db.session.get(Account, own.id).active = False

    team._lock_administrators = closed_meanwhile
    try:
        client.post(f"/staff/people/{third.id}/withdrawal", data={"csrf_token": token})
    finally:
        team._lock_administrators = real
    assert the(third.email).active
    assert the(other.email).active


RACE = """
import sys
from flask import g
from sqlalchemy import text
from sets import create_app
from sets.clock import now
from sets.database import db, transaction
from sets.staff import team
from sets.staff.accounts import AccountRefused
number, ids = int(sys.argv[1]), [int(one) for one in sys.argv[2:]]
app = create_app()
with app.app_context(), app.test_request_context("/staff/people"):
    g.account_id = ids[number]
    db.session.execute(text("SELECT 1"))
    db.session.rollback()
    ready()
    try:
        other = ids[(number + 1) % len(ids)]
        if number % 2:
            team.withdraw(other)
        else:
            team.change_role(other, role="organiser", before="administrator")
        print("done")
    except AccountRefused:
        print("refused")
"""


@pytest.mark.parametrize("count", [2, 3])
def test_administrators_who_end_each_other_at_once_never_leave_the_team_without_one(app, settings, count):
    ids = [make_account("administrator").id for _ in range(count)]
    db.session.rollback()
    outcomes = race(RACE, count, settings, arguments=[str(one) for one in ids])
    left = db.session.scalar(
        select(func.count(Account.id)).where(
            Account.active.is_(True), Account.roles.any(Role.name == "administrator")
        )
    )
    assert left >= 1
    assert left == count - [one.strip() for one in outcomes].count("done")


def test_the_list_says_who_is_in_and_how_they_sign_in(client, clock):
    sign_in(client, "administrator", name="Claire")
    make_account("organiser", name="Omar", tf_primary_method="authenticator")
    invited()
    rows = [" ".join("".join(row.itertext()).split()) for row in visit(client, "/staff/people").all("tr")[1:]]
    assert [row[:4] for row in rows] == ["Clai", "Nora", "Omar"]
    assert "(you)" in rows[0]
    assert "Invited" in rows[1]
    assert "never" in rows[1]
    assert "App" in rows[2]


def test_whoever_has_a_passkey_only_chooses_a_password_without_typing_an_old_one(client):
    account_id = invited()
    page = visit(client, link())
    submit(page, button="Use a passkey", follow=False, status=303)
    assert visit(client, "/staff/").heading == "Choose how you sign in"
    with transaction() as session:
        session.add(
            WebAuthn(
                credential_id=b"1",
                public_key=b"1",
                backup_state=False,
                device_type="single_device",
                create_datetime=now(),
                lastuse_datetime=now(),
                name="Phone",
                usage="first",
                user_id=account_id,
            )
        )
    page = visit(client, "/staff/account/password")
    assert page.all("input", name="password") == []
    submit(page, new_password=NEW, new_password_confirm=NEW)
    assert the(NORA).password
