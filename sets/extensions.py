"""Flask extensions that several capabilities share, made once and connected here; and who may POST what."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, request
from flask_limiter import Limiter
from flask_wtf import CSRFProtect
from werkzeug.routing import BaseConverter

from .http import is_foreign_post, visitor_address
from .languages import LANGUAGES

csrf = CSRFProtect()
limiter = Limiter(visitor_address, default_limits=[], strategy="fixed-window", headers_enabled=False)

STAFF = "/staff/"


class LanguageConverter(BaseConverter):
    """The language at the start of a path: `/<language:lang>/…`."""

    regex = "|".join(LANGUAGES)
    part_isolating = True


def init_app(app: Flask) -> None:
    """Connect the extensions to the app."""
    app.url_map.converters["language"] = LanguageConverter
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)
    csrf.init_app(app)
    app.before_request(_refuse_foreign_posts)


def _refuse_foreign_posts() -> Any:
    """Check every unsafe request: staff by token, everybody else by where the page came from.

    Learners carry no cookie, so another site's page could do nothing in their name; the check keeps their forms from
    being sent by other sites all the same. A refusal needs a present, foreign value: old browsers send none.
    """
    if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
        return
    if request.path.startswith(STAFF):
        csrf.protect()
    elif is_foreign_post():
        abort(403)
