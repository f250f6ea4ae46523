"""The lines of a calendar file (RFC 5545, 3.1) that differ from person to person: icalendar takes ten times as long."""

from __future__ import annotations

from collections.abc import Iterator

from icalendar import vText

# Octets of a line, its end not counted.
LONGEST = 75


def line(name: str, value: str) -> bytes:
    """Return a line, folded. `name` may carry parameters; `value` is written as it is, but never as two lines."""
    whole = f"{name}:{value}".replace("\r", "").replace("\n", "")
    if len(whole) <= LONGEST and whole.isascii():
        return f"{whole}\r\n".encode()
    return b"\r\n ".join(_folded(whole)) + b"\r\n"


def text_line(name: str, value: str) -> bytes:
    """Return a line that says a text, with its line breaks, commas and semicolons escaped."""
    return line(name, vText(value).to_ical().decode())


def _folded(whole: str) -> Iterator[bytes]:
    """Yield pieces of at most that many octets, with the blank that goes before each but the first."""
    piece, room = bytearray(), LONGEST
    for character in whole:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            yield bytes(piece)
            piece, room = bytearray(), LONGEST - 1
        piece += octets
    yield bytes(piece)
