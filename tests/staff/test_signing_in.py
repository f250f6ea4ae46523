from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from sets import clock as site_clock
from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Activity, StaffSession
from sets.staff.staff_sessions import forget_old_sessions
from tests.pages import submit, visit
from tests.staff.signing import PASSWORD, csrf_token, make_account, post, post_sign_in, sign_in

FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def cookie(client, name="staff_session"):
    found = client.get_cookie(name, path="/staff")
    return found.value if found else None


def test_a_member_signs_in_through_the_page_and_comes_where_they_wanted(client):
    make_account("organiser", email="claire@example.org", language="en")
    door = visit(client, "/staff/outbox?state=failed")
    assert door.path == "/staff/sign-in"
    page = submit(door, email="Claire@Example.org", password=PASSWORD)
    assert page.url.endswith("/staff/outbox?state=failed")
    assert page.heading == "Messages"


def test_a_wrong_password_and_an_unknown_address_get_the_same_page(client):
    make_account("organiser", email="claire@example.org", language="en")
    texts = set()
    for email, password in (
        ("claire@example.org", "not the password"),
        ("nobody@example.org", PASSWORD),
    ):
        page = submit(visit(client, "/staff/sign-in"), email=email, password=password)
        assert page.path == "/staff/sign-in"
        texts.add(page.text)
    assert len(texts) == 1
    assert "The address or the password is not right." in texts.pop()


def test_a_disabled_account_gets_the_same_page_as_a_wrong_password(client):
    make_account("organiser", email="gone@example.org", active=False)
    page = submit(visit(client, "/staff/sign-in"), email="gone@example.org", password=PASSWORD)
    assert "The address or the password is not right." in page.text


def test_nothing_typed_is_said_at_the_form(client):
    page = submit(visit(client, "/staff/sign-in"), email="", password="")
    assert page.one("div", class_="summary") is not None


def test_the_cookie_is_for_the_staff_area_and_unreadable_for_scripts(client):
    answer = post_sign_in(client, make_account().email)
    cookies = answer.headers.getlist("Set-Cookie")
    assert {one.partition("=")[0] for one in cookies} == {"staff_session", "staff_browser"}
    for one in cookies:
        assert "HttpOnly" in one
        assert "Path=/staff" in one
        assert "SameSite=Lax" in one


@pytest.mark.settings(SETS_BASE_URL="https://trainings.example.org", SETS_ENV="production")
def test_the_cookie_travels_by_tls_only_when_the_site_does(app):
    client = app.test_client()
    page = client.get("/staff/sign-in", base_url="https://trainings.example.org")
    assert all("Secure" in one for one in page.headers.getlist("Set-Cookie"))


def test_a_copied_cookie_is_dead_after_the_sign_out(app, client):
    sign_in(client)
    thief = app.test_client()
    thief.set_cookie("staff_session", cookie(client), path="/staff")
    assert thief.get("/staff/account").status_code == 200
    post(client, "/staff/sign-out")
    assert thief.get("/staff/account").status_code == 303
    assert client.get("/staff/account").status_code == 303


def test_the_session_is_another_one_after_each_sign_in(client):
    member = sign_in(client)
    post(client, "/staff/sign-out")
    post_sign_in(client, member.email)
    hashes = db.session.scalars(select(StaffSession.id_hash)).all()
    assert len(set(hashes)) == 2
    assert not any(one in (cookie(client) or "") for one in hashes)


def test_a_session_ends_after_eight_idle_hours(client, clock):
    sign_in(client)
    for _hours in range(3):
        clock.shift(timedelta(hours=7, minutes=50))
        assert client.get("/staff/account").status_code == 200
    clock.shift(timedelta(hours=8, minutes=1))
    assert client.get("/staff/account").status_code == 303


def test_a_session_ends_after_seven_days_however_busy(client, clock):
    sign_in(client)
    for _step in range(27):
        clock.shift(timedelta(hours=6))
        assert client.get("/staff/account").status_code == 200
    clock.shift(timedelta(hours=6, minutes=1))
    assert client.get("/staff/account").status_code == 303


def test_seen_is_written_once_in_a_few_minutes_only(client, clock):
    sign_in(client)
    begun = db.session.scalar(select(StaffSession.seen_at))
    clock.shift(timedelta(minutes=4))
    client.get("/staff/account")
    assert db.session.scalar(select(StaffSession.seen_at)) == begun
    clock.shift(timedelta(minutes=2))
    client.get("/staff/account")
    assert db.session.scalar(select(StaffSession.seen_at)) == site_clock.now()


def test_a_sign_in_from_a_new_browser_is_mailed_and_one_from_a_known_browser_is_not(app, client):
    member = sign_in(client)
    post(client, "/staff/sign-out")
    post_sign_in(client, member.email)
    assert db.session.scalars(select(Delivery)).all() == []
    post_sign_in(app.test_client(), member.email, headers=FIREFOX)
    (mail,) = db.session.scalars(select(Delivery)).all()
    assert (mail.kind, mail.to_address, mail.facts["purpose"]) == ("account", member.email, "sign_in")
    assert mail.facts["browser"] == "Firefox, Linux"


def test_a_new_browser_is_mailed_also_after_a_long_absence(app, client, clock):
    member = sign_in(client)
    clock.shift(timedelta(days=40))
    forget_old_sessions()
    post_sign_in(app.test_client(), member.email)
    assert [mail.facts["purpose"] for mail in db.session.scalars(select(Delivery))] == ["sign_in"]


def test_a_forged_mark_of_a_known_browser_is_worth_nothing(app, client):
    member = sign_in(client)
    stranger = app.test_client()
    stranger.set_cookie("staff_browser", "A" * 22 + ":" + "0" * 32, path="/staff")
    post_sign_in(stranger, member.email)
    assert len(db.session.scalars(select(Delivery)).all()) == 1


def test_a_form_without_its_token_is_refused(client):
    member = make_account()
    client.get("/staff/sign-in")
    answer = client.post("/staff/sign-in", data={"email": member.email, "password": PASSWORD})
    assert answer.status_code == 400
    assert db.session.scalars(select(StaffSession)).all() == []


def test_a_form_whose_cookie_is_gone_is_offered_again(client):
    member = make_account()
    page = visit(client, "/staff/sign-in")
    client.delete_cookie("staff_session", path="/staff")
    page = submit(page, email=member.email, password=PASSWORD)
    assert page.heading == "Sign in"
    assert "Please try again." in page.text
    assert submit(page, email=member.email, password=PASSWORD).path == "/staff/"


def test_old_sessions_are_forgotten(client, clock):
    sign_in(client)
    clock.shift(timedelta(days=29))
    assert forget_old_sessions() == 0
    clock.shift(timedelta(days=2))
    assert forget_old_sessions() == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/staff/",
        "/\\evil.example",
        "http://[",
        "/fr/",
        "/staff/\r\nX-Evil: 1",
        "javascript:alert(1)",
        "/staff//evil.example",
    ],
)
def test_the_way_back_never_leads_elsewhere(client, target):
    member = make_account()
    token = csrf_token(client, "/staff/sign-in")
    page = client.get("/staff/sign-in", query_string={"next": target})
    assert page.status_code == 303
    assert page.headers["Location"] == "/staff/sign-in"
    for where in ({"query_string": {"next": target}}, {}):
        fields = {"email": member.email, "password": PASSWORD, "csrf_token": token}
        if not where:
            fields["next"] = target
        answer = client.post("/staff/sign-in", data=fields, **where)
        assert answer.status_code == 400, answer.headers.get("Location")


def test_the_pages_of_the_door_speak_the_readers_language(client):
    for code in ("fr", "en", "es", "it"):
        page = visit(client, "/staff/sign-in", headers={"Accept-Language": code})
        assert page.language == code


def test_the_pages_behind_the_door_speak_the_accounts_language(client):
    sign_in(client, language="it")
    assert visit(client, "/staff/account", headers={"Accept-Language": "fr"}).language == "it"


def test_signing_in_is_noted(client):
    member = sign_in(client)
    (line,) = db.session.scalars(select(Activity)).all()
    assert (line.verb, line.actor_id, line.subject_id) == ("signed_in", member.id, str(member.id))


@pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")
def test_guessing_at_one_account_is_stopped_but_not_in_its_own_browser(app, client):
    member = sign_in(client)
    post(client, "/staff/sign-out")
    guesser = app.test_client()
    # The first sign-in of the member, in a browser that was not known yet, was one of the ten tries.
    answers = [post_sign_in(guesser, member.email, f"guess {n}").status_code for n in range(10)]
    assert answers == [200] * 9 + [429]
    assert post_sign_in(guesser, member.email).status_code == 429
    assert post_sign_in(client, member.email).status_code == 302


@pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")
def test_guessing_stops_for_an_unknown_address_in_the_same_way(client):
    answers = [post_sign_in(client, "nobody@example.org", f"guess {n}").status_code for n in range(11)]
    assert answers == [200] * 10 + [429]


@pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")
def test_a_person_is_not_locked_out_for_long(client, clock):
    member = make_account()
    for n in range(11):
        post_sign_in(client, member.email, f"guess {n}")
    assert post_sign_in(client, member.email).status_code == 429
    clock.shift(timedelta(minutes=10))
    assert post_sign_in(client, member.email).status_code == 302


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/staff/sign-in", {"email": "\0", "password": "\0"}),
        ("/staff/sign-in", {"email": "x" * 100_000, "password": "y" * 100_000}),
        ("/staff/sign-in", {"email": ["a", "b"], "password": ["c"]}),
        ("/staff/reset", {"email": "a\0@example.org"}),
        ("/staff/reset/not-a-token", {"password": "\0" * 20, "password_confirm": "\0" * 20}),
        ("/staff/sign-in/code", {"code": "é" * 300}),
        ("/staff/sign-in/recovery-code", {"code": "\0"}),
        ("/staff/sign-in/passkey/not-a-token", {"credential": "{"}),
    ],
)
def test_any_input_at_the_door_is_answered_in_words(client, path, fields):
    token = csrf_token(client, "/staff/sign-in")
    answer = client.post(path, data=fields | {"csrf_token": token}, follow_redirects=True)
    assert answer.status_code in (200, 400)


def test_json_is_not_spoken_at_the_door(client):
    headers = {"X-CSRFToken": csrf_token(client, "/staff/sign-in")}
    answer = client.post(
        "/staff/sign-in", json={"email": "a@example.org", "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 415


def test_no_cookie_and_no_session_on_public_pages(client):
    sign_in(client)
    answer = client.get("/fr/")
    assert answer.headers.getlist("Set-Cookie") == []
    assert "Cookie" not in answer.headers.get("Vary", "")
