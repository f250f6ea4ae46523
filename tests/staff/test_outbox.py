from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from sets.database import db
from sets.mailing import hold
from sets.mailing.models import Delivery, DeliveryStatus
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


def status_of(mail) -> str:
    return db.session.scalar(select(Delivery.status).where(Delivery.id == mail.id))


def rows_of(page) -> list[str]:
    return [" ".join("".join(row.itertext()).split()) for row in page.all("tr")[1:]]


def test_the_list_says_what_waits_what_failed_and_why(client):
    factories.delivery("waits@example.org")
    factories.delivery(
        "gone@example.org", status="failed", reason="refused", smtp_code=550, smtp_text="No such user"
    )
    sign_in(client)
    page = visit(client, "/staff/outbox")
    assert "The oldest one waits since:" in page.text
    failed = next(row for row in rows_of(page) if "gone@example.org" in row)
    assert "Refused for good by the receiver’s server." in failed
    assert "(550)" in failed


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a@example.org", "b@example.org", "c@example.org"}),
        ("?state=failed", {"b@example.org"}),
        ("?state=sent", {"c@example.org"}),
        ("?kind=account", {"c@example.org"}),
        ("?to=A@Example.org", {"a@example.org"}),
        ("?state=failed&kind=account", set()),
        ("?state=nonsense&kind=nonsense", {"a@example.org", "b@example.org", "c@example.org"}),
    ],
)
def test_the_filters_show_what_they_say(client, query, expected):
    factories.delivery("a@example.org")
    factories.delivery("b@example.org", status="failed", reason="refused")
    factories.delivery("c@example.org", status="sent", kind="account", sent_at=factories.clock.now())
    sign_in(client)
    shown = " ".join(rows_of(visit(client, f"/staff/outbox{query}")))
    everybody = {"a@example.org", "b@example.org", "c@example.org"}
    assert {address for address in everybody if address in shown} == expected


def test_the_list_has_pages_that_keep_the_filter(client):
    for number in range(51):
        factories.delivery(f"n{number}@example.org", status="failed", reason="refused")
    sign_in(client)
    page = visit(client, "/staff/outbox?state=failed")
    assert len(rows_of(page)) == 50
    following = page.click("Next page")
    assert "state=failed" in following.url
    assert len(rows_of(following)) == 1
    assert len(rows_of(following.click("Previous page"))) == 50


def test_a_mail_is_read_as_it_was_sent(client):
    mail = factories.delivery(
        status="sent",
        subject="Votre inscription",
        text="Bonjour <b>Amina</b>,\nhttp://localhost/fr/my/•••\n",
        sent_at=factories.clock.now(),
        attempts=1,
    )
    sign_in(client)
    page = visit(client, f"/staff/outbox/{mail.public_id}")
    assert page.heading == "Votre inscription"
    assert "Bonjour <b>Amina</b>," in page.text
    assert "http://localhost/fr/my/•••" in page.text


def test_nobody_reads_the_mail_of_an_account(client):
    mail = factories.delivery(
        kind="account", facts={"purpose": "link", "account_id": 1}, text="a secret link", status="sent"
    )
    sign_in(client, "administrator")
    page = visit(client, f"/staff/outbox/{mail.public_id}")
    assert "secret" not in page.source
    assert "Messages about accounts are not kept" in page.text


def test_a_refused_mail_is_sent_again(client):
    mail = factories.delivery(status="failed", reason="refused", attempts=1)
    sign_in(client)
    page = submit(visit(client, f"/staff/outbox/{mail.public_id}"), button="Send it again")
    assert "The message is queued again." in page.text
    assert status_of(mail) == DeliveryStatus.QUEUED
    line = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert (line.verb, line.rows, line.subject_id) == ("mail_sent_again", 1, mail.public_id)


def test_a_doubtful_mail_is_decided_by_a_person(client):
    arrived, lost = (factories.delivery(status="unknown", reason="no_answer") for _ in range(2))
    sign_in(client)
    submit(visit(client, f"/staff/outbox/{arrived.public_id}"), button="It arrived")
    submit(visit(client, f"/staff/outbox/{lost.public_id}"), button="Send it again")
    assert status_of(arrived) == DeliveryStatus.SENT
    assert status_of(lost) == DeliveryStatus.QUEUED


def test_a_mail_that_was_sent_is_not_sent_again(client):
    mail = factories.delivery(status="failed", reason="refused")
    sign_in(client)
    page = visit(client, f"/staff/outbox/{mail.public_id}")
    set_status(mail, "sent")
    page = submit(page, button="Send it again")
    assert "no longer one to send again" in page.text
    assert status_of(mail) == DeliveryStatus.SENT


def set_status(mail, status):
    from sets.database import transaction

    with transaction() as session:
        session.get(Delivery, mail.id).status = status


def test_all_refused_mails_are_sent_again_and_the_doubtful_are_not(client):
    failed = [factories.delivery(status="failed", reason="refused") for _ in range(3)]
    doubtful = factories.delivery(status="unknown", reason="interrupted")
    sign_in(client)
    page = visit(client, "/staff/outbox").click("Send the refused ones again")
    assert "3 messages were refused." in page.text
    page = submit(page, button="Send them again")
    assert "3 messages are queued again." in page.text
    assert {status_of(mail) for mail in failed} == {DeliveryStatus.QUEUED}
    assert status_of(doubtful) == DeliveryStatus.UNKNOWN


def test_opening_the_pages_changes_nothing(client):
    mail = factories.delivery(status="unknown", reason="no_answer")
    sign_in(client, "administrator")
    for path in ("", "/retries", "/release", f"/{mail.public_id}"):
        client.get(f"/staff/outbox{path}")
    assert status_of(mail) == DeliveryStatus.UNKNOWN


def test_an_unknown_mail_does_not_exist(client):
    sign_in(client)
    for name in (str(uuid.uuid4()), "nonsense"):
        assert client.get(f"/staff/outbox/{name}").status_code == 404


def test_mail_on_hold_is_told_on_every_page_and_released_by_an_administrator(app, client):
    factories.delivery("waits@example.org")
    hold.put_on_hold(hold.BEHIND)
    sign_in(client, "administrator")
    assert "Mail is on hold" in visit(client, "/staff/account").text
    page = visit(client, "/staff/outbox").click("See what would leave")
    assert "a second time" in page.text
    page = submit(page, button="Release the mail")
    assert "Mail is released" in page.text
    assert hold.reason() is None
    line = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert (line.verb, line.rows) == ("mail_released", 1)


def test_only_an_administrator_releases_mail(client):
    hold.put_on_hold(hold.BEHIND)
    sign_in(client, "organiser")
    page = visit(client, "/staff/outbox")
    assert "An administrator can release it." in page.text
    assert client.get("/staff/outbox/release").status_code == 403
    from tests.staff.signing import post

    assert post(client, "/staff/outbox/release").status_code == 403
    assert hold.reason() == hold.BEHIND


def test_without_a_mail_server_the_pages_say_where_mails_go(client):
    sign_in(client)
    assert "messages become files on this machine" in visit(client, "/staff/account").text


@pytest.mark.settings(SETS_ENV="production", SETS_BASE_URL="http://localhost")
def test_in_production_without_a_mail_server_the_pages_say_that_messages_wait(client):
    sign_in(client)
    assert "No mail server is set: messages wait." in visit(client, "/staff/account").text


@pytest.mark.settings(SETS_MAIL_SERVER="127.0.0.1", SETS_MAIL_DEFAULT_SENDER="SETS <sets@example.org>")
def test_mails_that_could_leave_and_do_not_are_told(client, clock):
    from datetime import timedelta

    factories.delivery()
    sign_in(client)
    assert "is the worker running" not in visit(client, "/staff/account").text
    clock.shift(timedelta(minutes=6))
    assert "is the worker running?" in visit(client, "/staff/account").text
