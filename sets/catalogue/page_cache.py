"""Public pages kept whole in memory: bytes, headers, ETag, compressed forms, answered before Flask is asked.

A kept page is good for one version of the catalogue (read at each request) and until the clock changes a session's
state. Views ask for it with `cached_page`.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import structlog
from flask import Flask, make_response, request
from sqlalchemy.engine import Engine

from ..clock import now
from ..database import engine_of
from .showing import read_version, snapshot

log = structlog.get_logger()

MARK = "sets.cached_page"
# Pages with a query of their own could fill the memory; beyond this many all are forgotten.
MOST = 600
BROTLI_QUALITY, FRESH_QUALITY = 6, 1
# Headers of the body, which a 304 does not carry.
OF_THE_BODY = {"content-type", "content-length", "content-encoding"}
Fresh = Callable[[], Mapping[bytes, bytes]]
Key = tuple[str, bool, tuple[str, ...]]


@dataclass(frozen=True)
class Terms:
    """What a view says of its page: good for a version until a moment, told apart by these values of its query."""

    version: int
    until: datetime | None
    query: tuple[str, ...]
    fresh: Fresh | None


@dataclass
class KeptPage:
    """One page. `bodies` holds each encoding's bytes with its headers, made when first asked for."""

    terms: Terms
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    bodies: dict[str, tuple[str, bytes, list[tuple[str, str]]]] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)

    def encoded(self, encoding: str) -> tuple[str, bytes, list[tuple[str, str]]]:
        """Return (ETag, bytes, headers) in that encoding."""
        if encoding not in self.bodies:
            tag = f'"{self.etag}{"-" + encoding if encoding else ""}"'
            body = compressed(self.body, encoding, BROTLI_QUALITY)
            self.bodies[encoding] = (tag, body, [*self.headers, ("ETag", tag), *_of_body(body, encoding)])
        return self.bodies[encoding]


def cached_page(*, query: tuple[str, ...] = (), fresh: Fresh | None = None) -> Callable[[Any], Any]:
    """Keep what a GET view answers with 200. `query` names the arguments that make another page of it.

    With `fresh`, each answer has the marks that it names (bytes of the page) replaced by its values, and no ETag; it is
    called in an app context, outside any request. The view must read the catalogue through `snapshot()` only.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def shown(*arguments: Any, **values: Any) -> Any:
            moment, seen = now(), snapshot()
            response = make_response(view(*arguments, **values))
            if request.method in ("GET", "HEAD") and response.status_code == 200:
                response.headers.setdefault("Cache-Control", "no-cache")
                response.vary.add("Accept-Encoding")
                request.environ[MARK] = Terms(seen.version, seen.next_change(moment), query, fresh)
            return response

        shown.kept_query = query  # type: ignore[attr-defined]
        return shown

    return decorate


class PageCache:
    """The outermost layer of the site: answers kept pages, and keeps those that views marked."""

    def __init__(self, app: Flask, inner: Any) -> None:
        self.app, self.inner = app, inner
        self.pages: dict[Key, KeptPage] = {}
        self.queries: dict[str, tuple[str, ...]] = {}
        self._engine: Engine | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        path = environ.get("PATH_INFO", "")
        if (names := self.queries.get(path)) is not None:
            page = self.pages.get(self._key(path, environ, names))
            if page is not None and self._is_good(page):
                return self._answer(page, environ, start_response)
        if method == "HEAD":
            return self.inner(environ, start_response)
        return self._ask(path, environ, start_response)

    def _ask(self, path: str, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answered: list[Any] = []

        def hold(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if environ.get(MARK) is None or exc_info is not None or not status.startswith("200"):
                return start_response(status, headers, exc_info)
            answered.append(headers)
            return answered.append

        chunks = self.inner(environ, hold)
        if not answered:
            return chunks
        body = b"".join(chunks)
        if close := getattr(chunks, "close", None):
            close()
        page = _kept(environ[MARK], answered[0], body)
        if not any(name.lower() == "set-cookie" for name, _ in page.headers):
            self._keep(path, environ, page)
        return self._answer(page, environ, start_response)

    def _keep(self, path: str, environ: dict[str, Any], page: KeptPage) -> None:
        if len(self.pages) >= MOST:
            self.pages.clear()
        self.queries[path] = page.terms.query
        self.pages[self._key(path, environ, page.terms.query)] = page

    def _is_good(self, page: KeptPage) -> bool:
        if page.terms.until is not None and now() >= page.terms.until:
            return False
        if self._engine is None:
            self._engine = engine_of(self.app)
        try:
            return read_version(self._engine) == page.terms.version
        except Exception:
            # Flask is asked, and tells of the trouble in its own words.
            log.warning("catalogue_version_unreadable", exc_info=True)
            return False

    def _answer(self, page: KeptPage, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        encoding = _encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if page.terms.fresh is not None:
            with self.app.app_context():
                marks = page.terms.fresh()
            body = compressed(
                b"".join(marks.get(part, part) for part in _parts(page, marks)), encoding, FRESH_QUALITY
            )
            headers = [*page.headers, *_of_body(body, encoding)]
        else:
            tag, body, headers = page.encoded(encoding)
            if (asked := environ.get("HTTP_IF_NONE_MATCH")) and (tag in asked or asked.strip() == "*"):
                start_response("304 NOT MODIFIED", [*page.headers, ("ETag", tag)])
                return []
        start_response("200 OK", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _key(self, path: str, environ: dict[str, Any], names: tuple[str, ...]) -> Key:
        values: tuple[str, ...] = ()
        if names:
            sent = parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=None)
            values = tuple("\0".join(sent.get(name, ())) for name in names)
        return path, self._is_secure(environ), values

    def _is_secure(self, environ: dict[str, Any]) -> bool:
        # Over TLS a page carries one header more.
        scheme = environ.get("wsgi.url_scheme")
        if proxies := self.app.config["PROXIES"]:
            told = environ.get("HTTP_X_FORWARDED_PROTO", "").split(",")
            scheme = told[-proxies].strip() if len(told) >= proxies else scheme
        return scheme == "https"


def init_app(app: Flask) -> None:
    """Put the kept pages in front of the site; the last of what wraps it."""
    app.wsgi_app = PageCache(app, app.wsgi_app)


def compressed(body: bytes, encoding: str, quality: int) -> bytes:
    """Return the bytes in that encoding ("br", "gzip" or none)."""
    if encoding == "br":
        import brotli  # a site behind a compressing proxy never needs it

        return brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality)
    return gzip.compress(body, compresslevel=quality, mtime=0) if encoding == "gzip" else body


def _kept(terms: Terms, headers: list[tuple[str, str]], body: bytes) -> KeptPage:
    kept = [(name, value) for name, value in headers if name.lower() not in OF_THE_BODY | {"etag", "date"}]
    return KeptPage(terms, kept, body, sha256(body).hexdigest()[:20])


def _of_body(body: bytes, encoding: str) -> list[tuple[str, str]]:
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    return [*headers, ("Content-Encoding", encoding)] if encoding else headers


def _parts(page: KeptPage, marks: Mapping[bytes, bytes]) -> list[bytes]:
    if not page.parts:
        pattern = b"(" + b"|".join(re.escape(mark) for mark in marks) + b")"
        page.parts = re.split(pattern, page.body) if marks else [page.body]
    return page.parts


def _encoding(accepted: str) -> str:
    """Return the best encoding that the client takes. A client that refuses one says so with q=0."""
    for encoding in ("br", "gzip"):
        if encoding in accepted and not re.search(rf"{encoding}\s*;\s*q=0(\.0*)?\s*(,|$)", accepted):
            return encoding
    return ""
