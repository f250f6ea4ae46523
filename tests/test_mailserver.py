"""The mail server of the tests behaves, and misbehaves, as it is told."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

import pytest

from tests.mailserver import mail_server, make_certificates


def message(to="one@example.org"):
    """Return a small mail in two parts."""
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = "Été", "sender@example.org", to
    made.set_content("Bonjour à tous\n")
    made.add_alternative("<p>Bonjour</p>", subtype="html")
    return made


def test_it_keeps_what_it_gets(mail):
    with smtplib.SMTP(mail.host, mail.port) as connection:
        connection.send_message(message())
    received = mail.wait_for(1, address="one@example.org")[0]
    assert (received.subject, received.text) == ("Été", "Bonjour à tous\n")
    assert "<p>Bonjour</p>" in received.html


def test_it_refuses_one_address_for_ever_and_greylists_another_once(mail):
    mail.refuse.add("never@example.org")
    mail.greylist.add("later@example.org")
    with smtplib.SMTP(mail.host, mail.port) as connection:
        for address, code in (("never@example.org", 550), ("later@example.org", 451)):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
                connection.send_message(message(address))
            assert refusal.value.recipients[address][0] == code
        connection.send_message(message("later@example.org"))
    assert [received.recipients for received in mail.inbox] == [("later@example.org",)]


def test_it_hangs_up_before_or_after_it_took_the_mail(mail):
    mail.hang_up = 1
    with smtplib.SMTP(mail.host, mail.port) as connection, pytest.raises(smtplib.SMTPServerDisconnected):
        connection.send_message(message())
    assert mail.inbox == []
    mail.hang_up_after = 1
    with smtplib.SMTP(mail.host, mail.port) as connection, pytest.raises(smtplib.SMTPServerDisconnected):
        connection.send_message(message())
    assert len(mail.inbox) == 1


def test_it_asks_for_starttls_and_a_password(tmp_path):
    context, authority = make_certificates(tmp_path)
    with mail_server(tls=context, starttls=True, login=("sets", "secret")) as mail:
        trusting = ssl.create_default_context(cafile=str(authority))
        with smtplib.SMTP(mail.host, mail.port) as connection:
            connection.starttls(context=trusting)
            connection.login("sets", "secret")
            connection.send_message(message())
        with smtplib.SMTP(mail.host, mail.port) as connection, pytest.raises(smtplib.SMTPException):
            connection.send_message(message())
        with smtplib.SMTP(mail.host, mail.port) as connection, pytest.raises(ssl.SSLCertVerificationError):
            connection.starttls(context=ssl.create_default_context())
        assert len(mail.inbox) == 1


def test_it_speaks_tls_from_the_first_byte(tmp_path):
    context, authority = make_certificates(tmp_path)
    with mail_server(tls=context, login=("sets", "secret")) as mail:
        trusting = ssl.create_default_context(cafile=str(authority))
        with smtplib.SMTP_SSL(mail.host, mail.port, context=trusting) as connection:
            connection.login("sets", "secret")
            connection.send_message(message())
        assert len(mail.inbox) == 1
