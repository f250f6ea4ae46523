"""The connection to the mail server: verified, or not made."""

from __future__ import annotations

import pytest

from sets.mailing.mime import Envelope
from sets.mailing.transport import Result, ServerTrouble, SMTPTransport
from tests.mailserver import mail_server, make_certificates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MAIL = Envelope("sets@example.org", "ana@example.org", b"Subject: x\r\n\r\nBody\r\n.\r\n..two\r\nend")


def transport_to(site, port, **config):
    site.config.update(MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_USE_TLS=False, MAIL_USE_SSL=False)
    site.config.update(config)
    return SMTPTransport(site)


@pytest.mark.parametrize("way", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
def test_a_server_whose_certificate_is_verified_gets_the_mail(site, tmp_path, way):
    context, authority = make_certificates(tmp_path)
    with mail_server(tls=context, starttls=way == "MAIL_USE_TLS") as server:
        transport = transport_to(site, server.port, **{way: True}, MAIL_CA_FILE=str(authority))
        assert transport.deliver(MAIL, "x").result == Result.SENT
        transport.close()
    assert server.inbox[0].content.endswith(b"Body\r\n.\r\n..two\r\nend\r\n")


@pytest.mark.parametrize("way", ["MAIL_USE_TLS", "MAIL_USE_SSL"])
@pytest.mark.parametrize("wrong", ["unknown authority", "other name"])
def test_a_server_whose_certificate_is_not_its_own_gets_nothing(site, tmp_path, way, wrong):
    context, authority = make_certificates(
        tmp_path, name="127.0.0.1" if wrong == "unknown authority" else "mx.example"
    )
    with mail_server(tls=context, starttls=way == "MAIL_USE_TLS") as server:
        ca = "" if wrong == "unknown authority" else str(authority)
        transport = transport_to(site, server.port, **{way: True}, MAIL_CA_FILE=ca)
        with pytest.raises(ServerTrouble, match="certificate"):
            transport.deliver(MAIL, "x")
    assert server.inbox == []


def test_a_server_that_offers_no_tls_gets_nothing_in_clear(site, mail):
    with pytest.raises(ServerTrouble, match="STARTTLS"):
        transport_to(site, mail.port, MAIL_USE_TLS=True).open()
    assert mail.inbox == []


@pytest.mark.parametrize(("password", "taken"), [("right", True), ("wrong", False)])
def test_the_password_is_asked_for(site, tmp_path, password, taken):
    context, authority = make_certificates(tmp_path)
    with mail_server(tls=context, login=("sets", "right")) as server:
        transport = transport_to(
            site,
            server.port,
            MAIL_USE_SSL=True,
            MAIL_CA_FILE=str(authority),
            MAIL_USERNAME="sets",
            MAIL_PASSWORD=password,
        )
        if taken:
            assert transport.deliver(MAIL, "x").result == Result.SENT
        else:
            with pytest.raises(ServerTrouble) as refused:
                transport.deliver(MAIL, "x")
            assert refused.value.code == 535
        transport.close()


def test_a_greeting_that_refuses_is_trouble(site, script):
    script.greeting = "554 no service"
    with pytest.raises(ServerTrouble) as refused:
        transport_to(site, script.port).open()
    assert (refused.value.code, refused.value.text) == (554, "no service")


def test_one_connection_serves_many_mails(site, mail):
    transport = transport_to(site, mail.port)
    for _ in range(3):
        transport.open()
        assert transport.deliver(MAIL, "x").result == Result.SENT
    transport.close()
    assert (len(mail.inbox), mail.connections) == (3, 1)


def test_letters_beyond_ascii_need_a_server_that_takes_them(site, mail, script):
    letter = Envelope("sets@example.org", "josé@example.org", "Subject: é\r\n\r\n".encode(), needs_utf8=True)
    transport = transport_to(site, mail.port)
    assert transport.deliver(letter, "x").result == Result.SENT
    assert mail.inbox[0].recipients == ("josé@example.org",)
    transport.close()
    transport = transport_to(site, script.port)
    assert transport.deliver(letter, "x").result == Result.PERMANENT
    assert transport.deliver(MAIL, "x").result == Result.SENT
    transport.close()
