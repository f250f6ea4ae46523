"""A mail server that takes everything at once: `python -m bench.sink PORT FOLDER`. It is never what is slow.

Writes to FOLDER/sink.json how many mails came and when (first, last), each tenth of a second; and the first mails.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

KEPT = 20


class Taken:
    """What came."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count, self.first, self.last = folder, 0, 0.0, 0.0

    def note(self, mail: bytes) -> None:
        """Count a mail."""
        self.last = time.time()
        self.first = self.first or self.last
        if self.count < KEPT:
            (self.folder / f"sink-{self.count}.eml").write_bytes(mail)
        self.count += 1

    def write(self) -> None:
        """Tell how far it is."""
        draft = self.folder / "sink.draft"
        draft.write_text(json.dumps({"count": self.count, "first": self.first, "last": self.last}))
        draft.replace(self.folder / "sink.json")


class Dialogue(asyncio.Protocol):
    """One connection."""

    def __init__(self, taken: Taken) -> None:
        self.taken, self.data, self.in_mail = taken, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer every line, and the end of every mail."""
        self.data += data
        while True:
            end = b"\r\n.\r\n" if self.in_mail else b"\r\n"
            piece, found, rest = self.data.partition(end)
            if not found:
                return
            self.data = rest
            self._answer(piece)

    def _answer(self, piece: bytes) -> None:
        if self.in_mail:
            self.in_mail = False
            self.taken.note(piece)
            self.transport.write(b"250 taken\r\n")
            return
        verb = piece[:4].upper()
        if verb == b"DATA":
            self.in_mail = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")


async def _serve(port: int, folder: Path) -> None:
    taken = Taken(folder)
    server = await asyncio.get_running_loop().create_server(lambda: Dialogue(taken), "127.0.0.1", port)
    async with server:
        while True:
            taken.write()
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
