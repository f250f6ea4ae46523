"""Lines of calendar files: folded by octets, escaped, and never two where one was meant."""

from __future__ import annotations

import pytest
from icalendar import Event

from sets.registration.calendar_lines import LONGEST, line, text_line


@pytest.mark.parametrize(
    "text",
    [
        "short",
        "x" * 75,
        "x" * 400,
        "é" * 200,
        "日本語" * 60,
        "a, b; c\\d\nsecond line, " + "ï" * 90,
        "🙂" * 40,
    ],
)
def test_a_text_is_read_back_as_it_was_and_no_line_is_too_long(text):
    written = text_line("DESCRIPTION", text)
    assert all(len(piece) <= LONGEST for piece in written.split(b"\r\n"))
    assert written.decode()
    event = Event.from_ical(b"BEGIN:VEVENT\r\n" + written + b"END:VEVENT\r\n")
    assert event["DESCRIPTION"] == text


def test_nothing_typed_becomes_a_line_of_its_own():
    assert line("URL", "https://example.org/\r\nATTENDEE:mailto:x@example.org").count(b"\r\n") == 1
