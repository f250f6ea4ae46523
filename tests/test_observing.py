"""Logs tell operators what happened, and nothing about people."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]


def test_an_exception_is_named_and_placed_but_not_quoted(capsys, app):
    try:
        try:
            {}["ana@example.org"]
        except KeyError as error:
            raise ValueError("Ana Silva") from error
    except ValueError:
        structlog.get_logger().exception("it_failed", step="one")
    (line,) = lines(capsys)
    assert (line["event"], line["step"], line["level"]) == ("it_failed", "one", "error")
    assert line["exception"] == ["builtins.ValueError", "builtins.KeyError"]
    assert "test_observing.py" in line["at"][-1]
    assert "Ana" not in str(line)
    assert "ana@" not in str(line)


def test_what_other_libraries_say_is_kept_without_what_they_filled_in(capsys, app):
    logging.getLogger("somebody").warning(
        "cannot read %s after %d tries", "/fr/my/token?q=ana@example.org", 3
    )
    (line,) = lines(capsys)
    assert line["event"] == "cannot read %s after %d tries"
    assert line["numbers"] == [3]
    assert "ana@" not in str(line)


def test_what_changes_something_is_logged_by_its_endpoint(capsys, app, client):
    client.post("/fr/my/a-secret-token?q=ana@example.org", data={"email": "ana@example.org"})
    client.get("/healthz?q=ana@example.org")
    said = [line for line in lines(capsys) if line["event"] == "request"]
    assert [(line["method"], line["status"] >= 400) for line in said] == [("POST", True), ("GET", True)]
    assert "secret-token" not in str(said)
    assert "ana@" not in str(said)
