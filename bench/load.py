"""Clients of a web server: processes with threads that ask as fast as they are answered, over kept connections.

Sockets by hand: on a small machine a real HTTP client would take more of the processor than the server.
"""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

PROCESSES, THREADS = 2, 4
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LOCATION = re.compile(rb"(?i)\r\nlocation: *(?:http://[^/]+)?(\S+)")
_FIELD = re.compile(rb'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(rb'(name|value)="([^"]*)"')


@dataclass(frozen=True)
class Load:
    """What clients did: rounds, how many a second, and how long the slowest hundredth took at least, in seconds."""

    rounds: int
    per_second: float
    p99: float


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._dial()

    def _dial(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self.port), 60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Send a request; return status, head and body. A connection that the server left is replaced."""
        try:
            return self._ask(request)
        except ConnectionError:
            self._socket.close()
            self._dial()
            return self._ask(request)

    def _ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        self._socket.sendall(request)
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self._socket.recv(262_144)
            if not piece:
                raise ConnectionResetError
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        wanted = int(length[1]) if length else 0
        while len(body) < wanted:
            body += self._socket.recv(262_144)
        return int(head[9:12]), head, body


def pages(port: int, path: str, seconds: float, headers: str = "", expected: int = 200) -> Load:
    """Ask for one page again and again."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
    return _run(_ask_again, port, seconds, request, expected)


def sign_ups(port: int, path: str, fields: dict[str, str], seconds: float) -> Load:
    """Sign up again and again, each time another person: form, POST, receipt."""
    return _run(_sign_up_again, port, seconds, path, fields)


def _run(client: Callable[..., None], port: int, seconds: float, *arguments: object) -> Load:
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        until = time.time() + 1.5 + seconds
        parts = [
            pool.submit(_client_process, client, port, until - seconds, until, arguments)
            for _ in range(PROCESSES)
        ]
        times = sorted(taken for part in parts for taken in part.result())
    return Load(len(times), len(times) / seconds, times[int(len(times) * 0.99)] if times else 0.0)


def _client_process(
    client: Callable[..., None], port: int, start: float, until: float, arguments: tuple[object, ...]
) -> list[float]:
    times: list[float] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            time.sleep(max(0.0, start - time.time()))
            client(Connection(port), until, times, *arguments)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return times


def _ask_again(
    connection: Connection, until: float, times: list[float], request: bytes, expected: int
) -> None:
    while (begun := time.time()) < until:
        status, _, body = connection.ask(request)
        if status != expected:
            raise AssertionError(f"{status} instead of {expected}: {body[:300]!r}")
        times.append(time.time() - begun)


def _sign_up_again(
    connection: Connection, until: float, times: list[float], path: str, fields: dict[str, str]
) -> None:
    host = f"Host: 127.0.0.1:{connection.port}\r\n".encode()
    form = b"GET " + path.encode() + b" HTTP/1.1\r\n" + host + b"\r\n"
    target = path.partition("?")[0].encode()
    while (begun := time.time()) < until:
        status, _, page = connection.ask(form)
        if status != 200:
            raise AssertionError(f"The form answers {status}: {page[:300]!r}")
        sent = _hidden(page) | fields | {"email": f"{uuid.uuid4().hex}@example.org"}
        body = urllib.parse.urlencode(sent).encode()
        status, head, page = connection.ask(
            b"POST " + target + b" HTTP/1.1\r\n" + host
            + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )  # fmt: skip
        location = _LOCATION.search(head)
        if status != 303 or location is None:
            raise AssertionError(f"The POST answers {status}: {page[:3000]!r}")
        status, _, page = connection.ask(b"GET " + location[1] + b" HTTP/1.1\r\n" + host + b"\r\n")
        if status != 200:
            raise AssertionError(f"The receipt answers {status}: {page[:300]!r}")
        times.append(time.time() - begun)


def _hidden(page: bytes) -> dict[str, str]:
    found = {}
    for tag in _FIELD.findall(page):
        attributes = {name.decode(): value.decode() for name, value in _ATTRIBUTE.findall(tag)}
        if "name" in attributes:
            found[attributes["name"]] = attributes.get("value", "")
    return found
