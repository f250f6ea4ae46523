"""The team's pages are tested in English, the source of all translations; so the visitors' browsers ask for it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask


@pytest.fixture
def app(app: Flask) -> Flask:
    """The site, whose visitors prefer English."""

    class Visitor(app.test_client_class):  # type: ignore[misc, name-defined]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"

    app.test_client_class = Visitor
    return app
