"""The page "Can we send?": asked by a button, kept nowhere; and the test message to oneself."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.database import db
from sets.mailing import lookups
from sets.mailing.models import Delivery
from sets.mailing.sending import Sender
from sets.staff.models import Activity
from tests.pages import submit, visit
from tests.staff.signing import sign_in

PAGE = "/staff/outbox/readiness"


@pytest.fixture
def dns(app, monkeypatch):
    """What is asked of the DNS; it answers "there is none"."""
    asked = []

    def ask(name, kind):
        asked.append(name)
        return []

    monkeypatch.setattr(lookups, "resolver", lambda until: ask)
    app.config["MAIL_DEFAULT_SENDER"] = "SETS <trainings@sets.eu>"
    return asked


def test_the_page_says_what_is_missing_with_the_record_to_add(client, dns):
    sign_in(client, "organiser")
    page = visit(client, "/staff/outbox").click("Can we send?")
    assert not dns
    answer = submit(page, button="Look now")
    assert "v=DMARC1; p=none; rua=mailto:trainings@sets.eu" in answer.text
    assert "To be fixed" in answer.text
    assert "No mail server is set." in answer.text
    assert "v=DMARC1" not in visit(client, PAGE).text


def test_the_selector_is_asked_below_the_senders_domain_only(client, dns):
    sign_in(client, "administrator")
    submit(visit(client, PAGE), button="Look now", selector="s1.mail")
    assert "s1.mail._domainkey.sets.eu" in dns
    assert all(name.endswith("sets.eu") for name in dns)


@pytest.mark.parametrize("selector", ["a b", "x.example.com/", "é", "a..b", "-a", "a.", "a" * 130])
def test_a_selector_that_is_none_is_refused_and_kept(client, dns, selector):
    sign_in(client, "organiser")
    page = submit(visit(client, PAGE), button="Look now", selector=selector, status=422)
    assert page.value("selector") == selector
    assert not dns


def test_a_coordinator_sees_neither_the_link_nor_the_page(client):
    sign_in(client, "coordinator")
    assert "Can we send?" not in visit(client, "/staff/outbox").text
    assert client.get(PAGE).status_code == 403


def test_a_test_message_goes_to_oneself_through_the_outbox(app, client, mail):
    app.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=mail.port, MAIL_USE_TLS=False)
    address = sign_in(client, "organiser").email
    page = submit(visit(client, PAGE), button="Send me a test message")
    assert "Test message" in page.heading
    assert db.session.scalars(select(Delivery.to_address)).all() == [address]
    sender = Sender(app, "one/0")
    try:
        sender.drain()
    finally:
        sender._transport.close()  # type: ignore[union-attr]
    (received,) = mail.to(address)
    assert "This message left the site, so it can send." in received.text
    assert "readiness" in received.text
    assert "mail_tested" in db.session.scalars(select(Activity.verb)).all()
