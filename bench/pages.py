"""Rows of the public pages: the training page uncached, kept and unchanged; what a first visit costs."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from . import load
from .measuring import Line, compared
from .serving import LOCAL, Server, floor, site
from .sites import catalogue_site

TRAINING = "/fr/trainings/social-economy"


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of the training page."""
    seconds, rounds = (1.0, 3) if quick else (2.5, 5)
    with ExitStack() as stack:
        instance = catalogue_site(folder)
        ours = stack.enter_context(site(instance))
        uncached = stack.enter_context(site(instance, "bench.uncached:app"))
        page = stack.enter_context(floor("page", folder))
        hello = stack.enter_context(floor("hello", folder))

        def rate(server: Server, path: str, headers: str = "", expected: int = 200) -> float:
            return server.rate(lambda port: load.pages(port, path, seconds, headers, expected))

        yield compared(
            "training page, made anew", "/s", 0.5,
            lambda: rate(uncached, TRAINING), lambda: rate(page, "/"), rounds=rounds, at_least=True,
        )  # fmt: skip
        yield compared(
            "training page, kept", "/s", 1.0,
            lambda: rate(ours, TRAINING), lambda: rate(page, "/"), rounds=rounds, at_least=True,
        )  # fmt: skip
        yield compared(
            "training page, 304", "/s", 0.8,
            lambda: rate(ours, TRAINING, f"If-None-Match: {tag_of(ours.port, TRAINING)}\r\n", 304),
            lambda: rate(hello, "/"), rounds=rounds, at_least=True,
        )  # fmt: skip


def tag_of(port: int, path: str) -> str:
    """Return the ETag of a page as a client without compression gets it."""
    connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers["ETag"]
