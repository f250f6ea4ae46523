"""What is a report of a mail of ours that came back, and what only looks like one."""

from __future__ import annotations

import pytest

from sets.mailing.returns import may_be_report, read_report
from tests.mailing import reports
from tests.mailing.reports import ID, report


@pytest.mark.parametrize(
    ("content", "reason", "code", "words"),
    [
        (report(), "returned_mailbox", 550, "5.1.1 <gone@example.net>: Recipient address rejected"),
        (reports.exchange(), "returned_full", 554, "5.2.2 mailbox full; STOREDRV"),
        (reports.gmail(), "returned_domain", None, "The recipient server does not exist"),
        (report(original="text/rfc822-headers"), "returned_mailbox", 550, "5.1.1"),
    ],
    ids=["postfix", "exchange", "gmail", "postfix, headers only"],
)
def test_reports_of_real_servers_are_read(content, reason, code, words):
    found = read_report(content)
    assert found is not None
    assert (found.public_id, found.reason, found.code) == (ID, reason, code)
    assert found.text.startswith(words)
    assert may_be_report(content)


@pytest.mark.parametrize(
    "content",
    [
        reports.absence(),
        report(action="delayed"),
        report(action="delivered"),
        report(action="relayed"),
        report(action=""),
        report(final="X-Nobody: x"),
        report(kind="disposition-notification"),
        report(message_id="<CAF12=abc@mail.example.com>"),
        report(message_id=f"<x-{ID}@example.org>"),
        report(message_id=f"<other@example.org> <{ID}@example.org>"),
        report(message_id=""),
        report(original="text/plain"),
        b"",
        b"\xff\xfe\x00",
        b"Content-Type: multipart/report; report-type=delivery-status\r\n\r\nno parts",
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n--x\r\n'
        b"Content-Type: message/delivery-status\r\n\r\n--x--",
    ],
    ids=["absence", "delayed", "delivered", "relayed", "no action", "no receiver", "read receipt", "not ours",
         "nearly ours", "two ids", "no id", "no original", "nothing", "no text", "no parts", "empty parts"],
)  # fmt: skip
def test_what_only_looks_like_a_report_is_none(content):
    assert read_report(content) is None


@pytest.mark.parametrize(
    ("status", "told", "reason"),
    [
        ("5.1.10", "smtp; 550 5.1.10 not found", "returned_mailbox"),
        ("5.2.1", "smtp; 550 disabled", "returned_mailbox"),
        ("5.3.4", "smtp; 552 too big", "returned_size"),
        ("4.4.7", "smtp; 451 given up", "returned_away"),
        ("5.7.1", "smtp; 554 policy", "returned_policy"),
        ("5.0.0", "smtp; 550 5.1.1 no such user", "returned_mailbox"),
        ("5.0.0", "smtp; 550 no", "returned"),
        ("nonsense", "", "returned"),
    ],
)
def test_the_reason_is_the_reports_own(status, told, reason):
    found = read_report(report(status=status, told=told))
    assert found is not None
    assert found.reason == reason


def test_the_servers_words_are_one_short_line_of_readable_signs():
    found = read_report(report(told="smtp; 550 a\x00\x1b[31m\u202eb \t c" + "x" * 5000))
    assert found is not None
    assert found.text.startswith("a [31m")
    assert len(found.text) <= 500
    assert found.text.isprintable()
