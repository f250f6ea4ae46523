"""Fixtures of every test: the app on both databases, its client, a clock to set, a mail server."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import flask_migrate
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from jinja2 import FileSystemBytecodeCache

from tests import databases
from tests.mailserver import MailServer, mail_server
from tests.visitors import Operator, Visitor

# A Monday in winter, in the morning in Paris: the clock changes four weeks later.
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FOLDER = "TESTS_FOLDER"
# Hundreds of tests sign in; the cost that protects a password protects nobody here.
CHEAP_HASHES = {"argon2__rounds": 1, "argon2__memory_cost": 1024, "argon2__parallelism": 1}

pytest_plugins = ["tests.browser"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that all processes of this run share."""
    config.addinivalue_line("markers", "settings(**values): settings of the site for this test, by full name")
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="sets-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the PostgreSQL server and remove the shared folder, whatever became of the workers."""
    if not hasattr(config, "workerinput") and (folder := os.environ.pop(FOLDER, None)):
        databases.stop_server(Path(folder))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, worker_id: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings of a fresh database with its instance folder; runs the test on SQLite and on PostgreSQL."""
    template = "catalogue" if "catalogue" in request.fixturenames else "migrated"
    store = databases.store(request.param, Path(os.environ[FOLDER]))
    store.template(template, _fill_with_catalogue if template == "catalogue" else _fill)
    instance = tmp_path / "instance"
    url = store.copy(template, f"test_{worker_id}", instance)
    yield site_settings(url, instance)
    store.drop(f"test_{worker_id}")


@pytest.fixture
def settings(database: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """The site's settings: the database's, and those of the marks `settings(SETS_…=…)`."""
    return database | {
        name: value for mark in request.node.iter_markers("settings") for name, value in mark.kwargs.items()
    }


@pytest.fixture
def app(settings: dict[str, str]) -> Iterator[Flask]:
    """The site on an empty, migrated database, with an app context open for the test itself."""
    from sets import create_app
    from sets.database import db

    site = create_app(settings, TESTING=True, SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS=CHEAP_HASHES)
    site.test_client_class, site.test_cli_runner_class = Visitor, Operator
    # Each test has its own app; what its templates compile to is shared by all.
    site.jinja_env.bytecode_cache = FileSystemBytecodeCache(os.environ[FOLDER])
    with site.app_context():
        yield site
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def catalogue(app: Flask) -> Flask:
    """The site whose database holds the catalogue of SETS, without sessions."""
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor of the site."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """The command line of the site: `runner.invoke(args=["catalogue", "load"])`."""
    return app.test_cli_runner()


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """The time, stopped at START: `clock.move_to(moment)`, `clock.shift(timedelta)`."""
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A real SMTP server on loopback."""
    with mail_server() as server:
        yield server


def site_settings(url: str, instance: Path) -> dict[str, str]:
    return {
        "SETS_ENV": "local",
        "SETS_BASE_URL": "http://localhost",
        "SETS_INSTANCE_PATH": str(instance),
        "SETS_SQLALCHEMY_DATABASE_URI": url,
        "SETS_RATELIMIT_ENABLED": "false",
    }


def _fill(url: str, instance: Path, *commands: list[str]) -> None:
    from sets import create_app
    from sets.database import db

    with time_machine.travel(START, tick=False):
        site = create_app(site_settings(url, instance))
        with site.app_context():
            flask_migrate.upgrade()
            for command in commands:
                result = site.test_cli_runner().invoke(args=command)
                assert result.exit_code == 0, result.output
            db.session.remove()
            db.engine.dispose()


def _fill_with_catalogue(url: str, instance: Path) -> None:
    _fill(url, instance, ["catalogue", "load"])
