"""An SMTP server whose every answer a test writes, also those that aiosmtpd would never give."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HANG_UP = "hang up"
Answer = str | Callable[[Any], None]


@dataclass
class Script:
    """What is answered to each verb (`MAIL`, `RCPT`, `DATA`, `.`), for one address or for all ("*").

    An answer is a line, HANG_UP, or a function that is given the connection.
    """

    port: int = 0
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    greeting: Answer = "220 ready"
    extensions: tuple[str, ...] = ("8BITMIME",)

    def answer(self, verb: str, address: str, default: str) -> Answer:
        """Return what is answered now."""
        return self.answers.get((verb, address)) or self.answers.get((verb, "*")) or default


class _Dialogue(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        script: Script = self.server.script  # type: ignore[attr-defined]
        address = ""
        if not self.say(script.greeting):
            return
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            script.seen.append(verb)
            if verb == "EHLO":
                said = "\r\n".join([*(f"250-{one}" for one in script.extensions), "250 OK"])
            elif verb == "RCPT":
                address = rest.removeprefix("TO:").strip("<>")
                said = script.answer(verb, address, "250 OK")
            elif verb == "DATA":
                said = script.answer(verb, address, "354 go on")
                if said == "354 go on":
                    self.say(said)
                    while self.rfile.readline() not in (b".\r\n", b""):
                        pass
                    said = script.answer(".", address, "250 taken")
                    if said == "250 taken":
                        script.accepted.append(address)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                said = script.answer(verb, "*", "250 OK")
            if not self.say(said):
                return

    def say(self, answer: Answer) -> bool:
        """Answer; tell whether the connection goes on."""
        if callable(answer):
            answer(self)
            return True
        if answer == HANG_UP:
            return False
        self.wfile.write(answer.encode() + b"\r\n")
        return True


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients leave as they like."""


@contextmanager
def scripted_server(port: int = 0) -> Iterator[Script]:
    """Run a server for the length of the block; change its script at any time."""
    with _Server(("127.0.0.1", port), _Dialogue) as server:
        script = Script(port=server.server_address[1])
        server.script = script  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield script
        finally:
            server.shutdown()


def stall(until: threading.Event) -> Callable[[Any], None]:
    """Return an answer that does not come before `until` is set, and puts off then."""

    def wait(dialogue: Any) -> None:
        until.wait(60)
        with contextlib.suppress(OSError):
            dialogue.say("451 4.4.1 too slow")

    return wait


def drip(dialogue: Any) -> None:
    """Answer for ever, a byte at a time."""
    try:
        for _ in range(600):
            dialogue.wfile.write(b"2")
            time.sleep(0.05)
    except OSError:
        return
