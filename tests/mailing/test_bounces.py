"""Reading the mailbox to which mails come back: once each, nothing deleted, no trouble that spreads."""

from __future__ import annotations

import imaplib
import ssl

import pytest

from sets.mailing import bounces
from tests.mailing import reports
from tests.mailing.reports import ID, report

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.settings(
        SETS_BOUNCE_IMAP_SERVER="imap.example.org",
        SETS_BOUNCE_IMAP_USERNAME="trainings@example.org",
        SETS_BOUNCE_IMAP_PASSWORD="secret of the mailbox",
    ),
]


class Mailbox:
    """A connection as imaplib gives it, to a mailbox in memory; knows only the commands that may be used."""

    def __init__(self, *mails: bytes) -> None:
        self.mails = dict(enumerate(mails, 7))
        self.seen: set[int] = set()
        self.fetched: list[tuple[int, str]] = []
        self.validity = 1
        self.breaks_at: int | None = None
        self.left = 0
        self.days: list[str] = []

    def select(self, folder):
        assert folder == "INBOX"
        return "OK", [b"2"]

    def response(self, code):
        return code, [str(self.validity).encode()]

    def uid(self, command, *args):
        return getattr(self, command.lower())(*args)

    def search(self, _uid, reach, since, day):
        assert since == "SINCE"
        self.days.append(day)
        first = int(reach.removesuffix(":*"))
        # As servers do: the last one is always found.
        found = [uid for uid in self.mails if uid >= first] or [max(self.mails)]
        return "OK", [" ".join(map(str, found)).encode()]

    def fetch(self, uid, what):
        if self.breaks_at == int(uid):
            raise imaplib.IMAP4.abort("the connection broke, secret@example.org")
        assert "PEEK" in what
        self.fetched.append((int(uid), what))
        return "OK", [(f"1 (UID {uid}".encode(), self.mails[int(uid)]), b")"]

    def store(self, uid, how, flags):
        assert (how, flags) == ("+FLAGS.SILENT", r"(\Seen)")
        self.seen.add(int(uid))
        return "OK", []

    def logout(self):
        self.left += 1
        return "BYE", []


def read(mailbox, known=True):
    found = []

    def note(returned):
        found.append(returned.public_id)
        return known

    count = bounces.read_mailbox(note, lambda: mailbox)
    assert count == (len(found) if known else 0)
    return found


def test_reports_are_taken_and_marked_and_the_rest_is_left_alone(app):
    mailbox = Mailbox(reports.absence(), report(), report(action="delayed"), reports.gmail())
    assert read(mailbox) == [ID, ID]
    assert mailbox.seen == {8, 10}
    assert mailbox.left == 1


def test_a_private_mail_is_not_even_fetched(app):
    mailbox = Mailbox(reports.absence())
    read(mailbox)
    assert mailbox.fetched == [(7, "(BODY.PEEK[HEADER])")]


def test_each_message_is_looked_at_once(app):
    mailbox = Mailbox(report())
    assert read(mailbox) == [ID]
    assert read(mailbox) == []
    mailbox.mails[8] = reports.exchange()
    assert read(mailbox) == [ID]
    assert mailbox.seen == {7, 8}


def test_a_report_about_a_mail_that_nobody_knows_is_left_unmarked(app):
    mailbox = Mailbox(report())
    assert read(mailbox, known=False) == [ID]
    assert mailbox.seen == set()


def test_a_mailbox_that_counts_anew_is_read_anew(app):
    mailbox = Mailbox(report())
    read(mailbox)
    mailbox.validity = 2
    assert read(mailbox) == [ID]


def test_what_was_read_before_the_connection_broke_is_not_read_again(app, capsys):
    mailbox = Mailbox(report(), report(action="delayed"), report())
    mailbox.breaks_at = 9
    assert read(mailbox) == [ID]
    when, trouble = bounces.last_visit() or (None, None)
    assert when is not None
    assert trouble == "abort"
    assert "secret@example.org" not in capsys.readouterr().err
    mailbox.breaks_at, mailbox.fetched = None, []
    assert read(mailbox) == [ID]
    assert {uid for uid, _ in mailbox.fetched} == {9}
    assert (bounces.last_visit() or (None, None))[1] == ""


def test_a_server_in_trouble_is_not_an_error_of_the_site(app):
    def refuse():
        raise ssl.SSLCertVerificationError("self-signed certificate")

    assert bounces.read_mailbox(lambda _: True, refuse) == 0
    assert (bounces.last_visit() or (None, None))[1] == "SSLCertVerificationError"


def test_a_visit_ends_in_time(app, monkeypatch):
    monkeypatch.setattr(bounces, "VISIT_LIMIT", -1.0)
    mailbox = Mailbox(report())
    assert read(mailbox) == []
    monkeypatch.undo()
    assert read(mailbox) == [ID]


def test_the_connection_verifies_certificates_and_gives_up_in_time(app, monkeypatch):
    asked = {}

    class Server(Mailbox):
        def __init__(self, host, port, **options):
            super().__init__(report())
            asked.update(options, host=host, port=port)

        def login(self, name, password):
            asked.update(name=name, password=password)

    monkeypatch.setattr(imaplib, "IMAP4_SSL", Server)
    assert bounces.read_mailbox(lambda _: True) == 1
    assert (asked["host"], asked["port"], asked["timeout"]) == ("imap.example.org", 993, 10.0)
    assert asked["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert asked["ssl_context"].check_hostname
    assert (asked["name"], asked["password"]) == ("trainings@example.org", "secret of the mailbox")


def test_without_a_mailbox_nobody_is_asked(app):
    app.config["BOUNCE_IMAP_SERVER"] = ""
    assert bounces.read_mailbox(lambda _: True, lambda: pytest.fail("asked")) == 0
    assert bounces.last_visit() is None


def test_the_first_visit_looks_back_two_weeks(app, clock):
    mailbox = Mailbox(report())
    read(mailbox)
    assert mailbox.days == ["16-Feb-2026"]
