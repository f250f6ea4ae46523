"""`make run`: one command that refuses what is wrong in a sentence, and keeps web and worker running."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sets import schema, start
from tests.databases import ROOT, SQLiteStore

FOLDER = "TESTS_FOLDER"


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def environment(tmp_path, port):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SETS_")}
    return clean | {
        "SETS_ENV": "local",
        "SETS_INSTANCE_PATH": str(tmp_path / "instance"),
        "SETS_BIND": f"127.0.0.1:{port}",
        "SETS_WEB_WORKERS": "1",
    }


def run(environment, **values):
    return subprocess.run(
        [sys.executable, "-m", "sets.start"],
        cwd=ROOT,
        env=environment | values,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"SETS_ENV": "staging"}, ("SETS_ENV", "'staging'", "production")),
        ({"SETS_BIND": "8000"}, ("SETS_BIND", "'8000'", "127.0.0.1:8000")),
        ({"SETS_WEB_WORKERS": "many"}, ("SETS_WEB_WORKERS", "'many'", "2")),
        ({"SETS_ENV": "production"}, ("SETS_BASE_URL", "https://")),
        ({"SETS_SECRET_KEY": "short"}, ("SETS_SECRET_KEY", "32")),
        ({"SETS_BOUNCE_IMAP_SERVER": "imap.example.org"}, ("SETS_BOUNCE_IMAP_USERNAME", "needs both")),
        ({"SETS_MAIL_SERVR": "x"}, ("SETS_MAIL_SERVR", "not a setting")),
        (
            {"SETS_SQLALCHEMY_DATABASE_URI": "postgresql://127.0.0.1:1/sets"},
            ("SETS_SQLALCHEMY_DATABASE_URI",),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_refused_in_one_sentence(environment, values, named):
    done = run(environment, **values)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    for word in named:
        assert word in done.stderr


def test_a_taken_port_is_said(environment, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        done = run(environment)
    assert done.returncode == 2
    assert f"SETS_BIND is '127.0.0.1:{port}', but another program listens there" in done.stderr


def test_a_database_of_a_newer_version_is_left_alone(environment, tmp_path):
    (tmp_path / "instance").mkdir()
    path = tmp_path / "instance" / "sets.db"
    _write(
        path, "CREATE TABLE alembic_version (version_num TEXT)", "INSERT INTO alembic_version VALUES ('9999')"
    )
    done = run(environment)
    assert done.returncode == 2
    assert "9999" in done.stderr
    assert not (tmp_path / "instance" / "backups").exists()


def test_a_database_is_copied_before_it_is_upgraded(tmp_path):
    path = tmp_path / "sets.db"
    _write(path, "CREATE TABLE t (x)", "INSERT INTO t VALUES ('kept')")
    copy = schema.keep_copy(f"sqlite:///{path}", tmp_path / "backups", "0001")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT x FROM t").fetchall() == [("kept",)]
    connection.close()
    assert copy.stat().st_mode & 0o777 == 0o600


def test_the_newest_revision_is_the_one_alembic_names(app):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "sets" / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.newest_revision()]
    assert schema.present_revision(app.config["SQLALCHEMY_DATABASE_URI"]) == schema.newest_revision()
    assert schema.is_known(schema.newest_revision())
    assert not schema.is_known("9999")


def test_the_greeting_says_where_and_what_becomes_of_mails():
    settings = {
        "ENV": "local", "BASE_URL": "http://127.0.0.1:8000", "BIND": "127.0.0.1:8000", "MAIL_SERVER": "",
        "INSTANCE_PATH": "/data",
    }  # fmt: skip
    words = start.greeting(settings)
    assert "http://127.0.0.1:8000" in words
    assert "/data/mail" in words
    assert "SETS_ENV=local" in words
    assert "flask --app wsgi staff add EMAIL --role administrator" in words
    assert "wait" in start.greeting(settings | {"ENV": "production"})
    assert "smtp.example.org" in start.greeting(settings | {"MAIL_SERVER": "smtp.example.org"})


@pytest.mark.slow
def test_one_command_serves_brings_back_what_is_killed_and_leaves_no_orphan(environment, tmp_path, port):
    _database_for(tmp_path / "instance")
    log = (tmp_path / "log").open("w")
    site = subprocess.Popen(
        [sys.executable, "-m", "sets.start"], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    try:
        _until(lambda: _get(port) == 200, site)
        for killed in _children(site.pid):
            os.kill(killed, signal.SIGKILL)
            _until(lambda killed=killed: len({*_children(site.pid)} - {killed}) == 2, site)
        _until(lambda: _get(port) == 200, site)
        family = _descendants(site.pid)
        assert len(family) == 3
        site.kill()
        site.wait(30)
        _until(lambda: not any(_lives(pid) for pid in family))
    finally:
        log.close()
        for pid in _descendants(site.pid) if site.poll() is None else []:
            os.kill(pid, signal.SIGKILL)
        site.kill()
        site.wait(30)


@pytest.mark.slow
def test_a_stop_ends_all_and_says_nothing_of_visitors(environment, tmp_path, port):
    _database_for(tmp_path / "instance")
    log = (tmp_path / "log").open("w")
    site = subprocess.Popen(
        [sys.executable, "-m", "sets.start"], cwd=ROOT, env=environment, stdout=log, stderr=log
    )
    try:
        _until(lambda: _get(port) == 200, site)
        _get(port, "/fr/my/a-secret-token?q=ana@example.org")
        family = _descendants(site.pid)
        site.send_signal(signal.SIGTERM)
        assert site.wait(60) == 0
        assert not any(_lives(pid) for pid in family)
    finally:
        site.kill()
        site.wait(30)
        log.close()
    said = (tmp_path / "log").read_text()
    assert "secret-token" not in said
    assert "ana@example.org" not in said
    assert "127.0.0.1:" + str(port) in said


def _database_for(instance: Path) -> None:
    from tests.conftest import _fill

    store = SQLiteStore(Path(os.environ[FOLDER]))
    store.template("migrated", _fill)
    store.copy("migrated", "start", instance)
    shutil.rmtree(instance / "mail", ignore_errors=True)


def _write(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def _get(port: int, path: str = "/healthz") -> int:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid:
            found.append(int(folder.name))
    return found


def _descendants(pid: int) -> list[int]:
    children = _children(pid)
    return children + [one for child in children for one in _descendants(child)]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(condition, site=None, limit: float = 90) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert site is None or site.poll() is None, "The site ended."
        assert time.monotonic() < end, "It never came."
        time.sleep(0.1)
