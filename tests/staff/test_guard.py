from __future__ import annotations

from uuid import UUID

import pytest
from flask import Blueprint
from sqlalchemy import select

from sets.database import db
from sets.staff.guard import DOORS, needs_role, staff_blueprint
from sets.staff.models import ROLES, StaffSession
from tests.pages import visit
from tests.staff.signing import csrf_token, sign_in


def staff_rules(app):
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]


def address(app, rule) -> str:
    values = {
        name: next(iter(getattr(converter, "items", ())), None)
        or {"IntegerConverter": 1, "UUIDConverter": str(UUID(int=1))}.get(type(converter).__name__, "x")
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        return rule.build(values)[1]


def add(app, blueprint, *views):
    for path, view in views:
        blueprint.add_url_rule(path, view.__name__, view)
    app.register_blueprint(blueprint)


def test_nothing_below_staff_opens_without_signing_in_but_the_doors(app, client):
    opened = []
    token = csrf_token(client, "/staff/sign-in")
    for rule in staff_rules(app):
        for method in rule.methods & {"GET", "POST"}:
            if rule.endpoint in DOORS:
                continue
            answer = client.open(address(app, rule), method=method, data={"csrf_token": token})
            if answer.status_code != 404 and not (
                answer.status_code == 303 and answer.headers["Location"].startswith("/staff/sign-in")
            ):
                opened.append((rule.rule, method, answer.status_code))
    assert opened == []


def test_the_doors_are_those_of_flask_security(app):
    known = {rule.endpoint for rule in staff_rules(app)}
    assert known >= DOORS


def test_every_role_opens_what_it_may_and_nothing_else(app):
    wrong = []
    for position, role in enumerate(ROLES):
        client = app.test_client()
        sign_in(client, role)
        for rule in staff_rules(app):
            wanted = getattr(app.blueprints.get(rule.endpoint.rpartition(".")[0]), "staff_role", None)
            if wanted is None or "GET" not in rule.methods:
                continue
            wanted = getattr(app.view_functions[rule.endpoint], "needed_role", wanted)
            status = client.get(address(app, rule)).status_code
            if position > ROLES.index(wanted) and status != 403:
                wrong.append((role, rule.rule, status))
            if (
                position <= ROLES.index(wanted)
                and status in (401, 403)
                and not rule.rule.endswith("/release")
            ):
                wrong.append((role, rule.rule, status))
    assert wrong == []


def test_every_role_sends_what_it_may_and_nothing_else(app):
    taken = []
    for position, role in enumerate(ROLES):
        client = app.test_client()
        sign_in(client, role)
        token = csrf_token(client, "/staff/account")
        for rule in staff_rules(app):
            wanted = getattr(app.blueprints.get(rule.endpoint.rpartition(".")[0]), "staff_role", None)
            if wanted is None or "POST" not in rule.methods:
                continue
            wanted = getattr(app.view_functions[rule.endpoint], "needed_role", wanted)
            if position > ROLES.index(wanted):
                status = client.post(address(app, rule), data={"csrf_token": token}).status_code
                if status != 403:
                    taken.append((role, rule.rule, status))
    assert taken == []


@pytest.mark.parametrize(
    ("role", "status"), [("coordinator", 403), ("organiser", 403), ("administrator", 200)]
)
def test_a_blueprint_made_without_the_guard_is_closed_to_all_but_administrators(app, client, role, status):
    def show_secret():
        return "secret"

    add(app, Blueprint("forgotten", __name__, url_prefix="/staff/forgotten"), ("", show_secret))
    assert client.get("/staff/forgotten").status_code == 303
    sign_in(client, role)
    assert client.get("/staff/forgotten").status_code == status


def test_a_single_view_may_ask_for_more_than_its_blueprint(app, client):
    @needs_role("administrator")
    def show_more():
        return "more"

    def show_less():
        return "less"

    add(
        app,
        staff_blueprint("mixed", __name__, url_prefix="/staff/mixed"),
        ("/more", show_more),
        ("/less", show_less),
    )
    sign_in(client, "organiser")
    assert client.get("/staff/mixed/less").status_code == 200
    assert client.get("/staff/mixed/more").status_code == 403


def test_a_blueprint_outside_the_staff_area_or_with_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="not below /staff"):
        staff_blueprint("a", __name__, url_prefix="/staffing")
    with pytest.raises(ValueError, match="not a role"):
        staff_blueprint("a", __name__, role="boss")


def test_a_refusal_keeps_the_way_back_with_its_query(client):
    answer = client.get("/staff/outbox?state=failed&to=a%40b.org")
    assert answer.status_code == 303
    assert "state%3Dfailed" in answer.headers["Location"]


def test_what_does_not_exist_is_refused_like_what_does(client):
    assert client.get("/staff/nothing-here").status_code == 303
    sign_in(client)
    assert client.get("/staff/nothing-here").status_code == 404


def test_a_form_sent_after_the_session_ended_says_so(app, client):
    sign_in(client)
    token = csrf_token(client, "/staff/account")
    with_rows_ended()
    answer = client.post("/staff/account/profile", data={"csrf_token": token}, follow_redirects=True)
    assert "what you typed is still in your browser" in answer.get_data(as_text=True)


def with_rows_ended():
    from sets.database import transaction
    from sets.staff.staff_sessions import _end_sessions

    with transaction():
        for row in db.session.scalars(select(StaffSession)):
            _end_sessions(row.account_id)


def test_a_refusal_for_the_wrong_role_is_a_page_in_words(client):
    sign_in(client, "coordinator")
    page = visit(client, "/staff/activity", status=403)
    assert page.heading == "This page is not open to you"


def test_staff_pages_are_kept_by_nobody(client):
    sign_in(client)
    for path in ("/staff/account", "/staff/outbox", "/staff/sign-in"):
        headers = client.get(path).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_the_menu_shows_what_the_role_may_open(app, client):
    sign_in(client, "coordinator")
    assert visit(client, "/staff/outbox").all("a", text="Settings") == []
    administrator = app.test_client()
    sign_in(administrator, "administrator")
    page = visit(administrator, "/staff/activity")
    assert page.one("a", text="Settings", aria_current="page") is not None


def test_a_path_that_only_looks_like_the_staff_area_is_not_guarded(client):
    assert client.get("/staffing").status_code == 404
