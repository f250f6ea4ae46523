"""Outside judges of pages: axe-core for accessibility, the Nu checker for HTML."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

MARK = "Missing on this machine"


def give_up(what: str) -> NoReturn:
    """Skip the test for want of a tool, or fail it in CI, where every tool must be there."""
    message = f"{MARK}: {what}. `make test` brings it where it can."
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
