"""Clients of the site inside the test's process, kept apart from the test as a browser or a terminal would be."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient, FlaskCliRunner


class Visitor(FlaskClient):
    """A client whose requests share nothing with the test, as if they went over the wire."""

    def open(self, *args: Any, **options: Any) -> Any:
        """Send a request, and read the whole answer before the test goes on."""
        return _apart(super().open, *args, **options | {"buffered": True})


class Operator(FlaskCliRunner):
    """A command line that shares nothing with the test."""

    def invoke(self, *args: Any, **options: Any) -> Any:
        """Run a command."""
        return _apart(super().invoke, *args, **options)


def _apart(act: Callable[..., Any], *args: Any, **options: Any) -> Any:
    from sets.database import db

    if has_app_context():
        db.session.rollback()
    try:
        return contextvars.Context().run(act, *args, **options)
    finally:
        if has_app_context():
            db.session.rollback()
            db.session.expire_all()
