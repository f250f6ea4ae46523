"""The mail as bytes: parts, headers, and nothing slipped into either."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime

import pytest

from sets.mailing.kinds import Part
from sets.mailing.mime import AddressRefused, Content, envelope, wire_address

ID = "0b1c2d3e-0000-4000-8000-000000000001"
DATE = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)


def made(content=None, **values):
    content = content or Content("Votre place", "Bonjour\n", "<p>Bonjour</p>")
    defaults = {"public_id": ID, "sender": "SETS <sets@example.org>", "to": "ana@example.org", "date": DATE}
    mail = envelope(content, **defaults | values)
    return mail, email.message_from_bytes(mail.content, policy=email.policy.default)


def test_the_headers_say_who_when_and_that_a_machine_wrote():
    _, mail = made(reply_to="Équipe <team@example.org>")
    assert mail["From"] == "SETS <sets@example.org>"
    assert mail["To"] == "ana@example.org"
    assert mail["Reply-To"].addresses[0].display_name == "Équipe"
    assert mail["Message-ID"] == f"<{ID}@example.org>"
    assert mail["Date"].datetime == DATE
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None


def test_text_and_html_are_alternatives_and_the_emblem_goes_with_the_html():
    content = Content("Été", "Texte é\n" + "x" * 2000, "<p>é</p>", has_emblem=True)
    _, mail = made(content)
    assert mail.get_content_type() == "multipart/alternative"
    text, related = mail.iter_parts()
    assert text.get_content().split() == content.text.split()
    assert related.get_content_type() == "multipart/related"
    html, picture = related.iter_parts()
    assert html.get_content().strip() == "<p>é</p>"
    assert picture["Content-ID"] == "<eu-emblem@mail>"
    assert picture.get_content().startswith(b"\x89PNG")


def test_each_calendar_part_names_its_method():
    content = Content("x", "x", "x", parts=[Part(b"BEGIN:VCALENDAR\r\n", 'se"t\r\n.ics', method="REQUEST")])
    _, mail = made(content)
    assert mail.get_content_type() == "multipart/mixed"
    _, calendar = mail.iter_parts()
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_filename() == "se-t--.ics"
    assert calendar.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\n"


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: x@example.org", "\nX: y", "\u2028X: y", "\x85X: y", "\x00", "\x0bX: y", "\ud800"]
)
def test_nothing_can_be_slipped_into_a_header(evil):
    mail, parsed = made(
        Content(f"Bonjour{evil}", "x", "x"),
        sender=f"SETS{evil} <sets@example.org>",
        headers={"List-Unsubscribe": f"<https://example.org/{evil}>"},
    )
    assert parsed["Bcc"] is None
    assert parsed["X"] is None
    names = [
        line.split(b":")[0] for line in mail.content.split(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "
    ]
    assert len(names) == len(set(names)) == 9


@pytest.mark.parametrize("subject", ["Votre place", "Été à Besançon " * 12, "日本" * 40, "a" * 300])
def test_a_subject_of_any_length_comes_back_whole_in_short_lines(subject):
    mail, parsed = made(Content(subject, "x", "x"))
    assert parsed["Subject"].split() == subject.split()
    assert max(len(line) for line in mail.content.split(b"\r\n")) <= 310
    assert mail.content.isascii()


def test_domains_travel_in_ascii_and_local_parts_as_typed():
    assert wire_address("ana@exämple.org") == "ana@xn--exmple-cua.org"
    mail, _ = made(to="josé@exämple.org")
    assert (mail.recipient, mail.needs_utf8) == ("josé@xn--exmple-cua.org", True)
    assert not made(to="ana@exämple.org")[0].needs_utf8


@pytest.mark.parametrize(
    "address", ["", "nobody", "@x.org", "a@", "a@b@c.org", "a b@c.org", "a@b.org,c@d.org", "<a@b.org>"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(AddressRefused):
        made(to=address)


def test_every_line_ends_in_crlf():
    mail, _ = made(Content("x", "a\nb\r\nc\rd", "<p>\n</p>", has_emblem=True))
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
