"""Rows of the first visit: bytes over the wire and requests of each public page, with a cold cache and brotli."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

from .measuring import Line
from .pages import TRAINING
from .serving import LOCAL, site
from .sites import catalogue_site

PAGES = ("/fr/", TRAINING, "/fr/register", "/fr/about", "/fr/privacy", "/fr/my")
_PART = re.compile(rb"<(?:link|script|img|source)\b[^>]*>")
_ADDRESS = re.compile(rb'(?:href|src)="(/[^"]*)"')
_FETCHED = re.compile(rb'^<(?:script|img|source)|rel="(?:stylesheet|icon|preload|modulepreload|manifest)"')


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the heaviest page's bytes, and the most requests."""
    with site(catalogue_site(folder)) as server:
        found = {path: _visit(server.port, path) for path in PAGES[: 3 if quick else None]}
    heaviest = max(found, key=lambda path: found[path][0])
    most = max(found, key=lambda path: found[path][1])
    yield Line("first visit, bytes", found[heaviest][0] / 1000, "kB", 30, note=heaviest)
    yield Line("first visit, requests", found[most][1], "requests", 5, note=most)


def _visit(port: int, path: str) -> tuple[int, int]:
    size, page = _get(port, path)
    parts = {
        address[1].decode()
        for tag in _PART.findall(page)
        if _FETCHED.search(tag) and (address := _ADDRESS.search(tag))
    }
    return size + sum(_get(port, part)[0] for part in parts), 1 + len(parts)


def _get(port: int, path: str) -> tuple[int, bytes]:
    """Return how many bytes the answer takes, head and body, and the body in clear."""
    connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
    connection.request("GET", path, headers={"Accept-Encoding": "br, gzip"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise AssertionError(f"{path} answers {answer.status}")
    head = 17 + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    connection.close()
    encoding = answer.headers.get("Content-Encoding")
    if encoding == "br":
        import brotli

        return head + len(body), brotli.decompress(body)
    if encoding == "gzip":
        import gzip

        return head + len(body), gzip.decompress(body)
    return head + len(body), body
