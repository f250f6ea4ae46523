"""A second factor that is asked of everybody: who has none sets it up, and does nothing else before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sets.database import db, transaction
from sets.installation import Setting
from sets.staff.models import Account, Activity, StaffSession
from sets.staff.requirement import KEY
from tests.pages import submit, visit
from tests.staff.signing import csrf_token, post, sign_in
from tests.staff.test_second_factor import turn_on


def require(client, choice="everybody"):
    page = visit(client, "/staff/people/second-factor")
    return submit(page, second_factor_of=choice)


def test_who_has_no_second_factor_sets_it_up_and_does_nothing_else_before(app, client, clock):
    sign_in(client, "administrator")
    turn_on(client)
    assert "Everybody" in require(client).text
    colleague = app.test_client()
    sign_in(colleague, "coordinator")
    for path in ("/staff/", "/staff/account", "/staff/registrations", "/staff/nothing-here"):
        answer = colleague.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account/requirement")
    token = csrf_token(colleague, "/staff/account/requirement")
    fields = {"csrf_token": token, "name": "X", "language": "en", "time_zone": "Europe/Paris"}
    answer = colleague.post("/staff/account/profile", data=fields)
    assert answer.headers["Location"] == "/staff/account/requirement"
    page = visit(colleague, "/staff/")
    assert page.heading == "One more step"
    assert page.all("nav") == []
    turn_on(colleague)
    assert colleague.get("/staff/registrations").status_code == 200
    assert visit(colleague, "/staff/account/requirement").path == "/staff/"


def test_asked_of_administrators_it_is_asked_of_nobody_else(app, client, clock):
    sign_in(client, "administrator")
    turn_on(client)
    require(client, "administrators")
    for role, status in (("administrator", 303), ("organiser", 200), ("coordinator", 200)):
        colleague = app.test_client()
        sign_in(colleague, role)
        assert colleague.get("/staff/account").status_code == status


def test_an_administrator_without_one_cannot_ask_it_of_others(client):
    sign_in(client, "administrator")
    page = visit(client, "/staff/people/second-factor")
    page = submit(page, second_factor_of="everybody", status=422)
    assert "Set up a second factor first" in page.text
    assert client.get("/staff/people").status_code == 200
    assert db.session.get(Setting, KEY) is None


def test_a_passkey_counts_when_it_was_used(app, client, clock):
    sign_in(client, "administrator")
    turn_on(client)
    require(client)
    colleague = app.test_client()
    member = sign_in(colleague, "organiser")
    with transaction() as session:
        session.execute(update(StaffSession).where(StaffSession.account_id == member.id).values(factors=2))
    assert colleague.get("/staff/account").status_code == 200


def test_the_choice_is_noted_once(client, clock):
    sign_in(client, "administrator")
    turn_on(client)
    require(client)
    require(client)
    lines = db.session.scalars(select(Activity).where(Activity.verb == "second_factor_of")).all()
    assert [line.filter for line in lines] == [{"choice": "everybody"}]


def test_a_factor_reset_on_the_command_line_is_the_way_back_in(app, client, clock, runner):
    from tests.staff.signing import post_sign_in

    member = sign_in(client, "administrator")
    turn_on(client)
    require(client)
    post(client, "/staff/sign-out")
    assert runner.invoke(args=["staff", "reset-factor", member.email]).exit_code == 0
    assert post_sign_in(client, member.email).headers["Location"] == "/staff/"
    assert visit(client, "/staff/").heading == "One more step"
    clock.shift(timedelta(minutes=1))
    turn_on(client)
    assert visit(client, "/staff/people").heading == "People"


@pytest.mark.parametrize("choice", ["", "all", "\x00"])
def test_a_choice_that_does_not_exist_is_refused(client, clock, choice):
    sign_in(client, "administrator")
    turn_on(client)
    answer = post(client, "/staff/people/second-factor", second_factor_of=choice)
    assert answer.status_code == 422
    assert db.session.scalars(select(Account)).all()
