"""The database's version: what it is, what it should be, and the way there. Cheap to ask: Alembic is not loaded."""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_REVISION = re.compile(r"^(down_)?revision(?:: [^=]+)? = [\"']([^\"']+)[\"']", re.MULTILINE)
SQLITE = "sqlite:///"


class DatabaseUnreachable(RuntimeError):  # noqa: N818 - what it is
    """The database does not answer."""


def newest_revision() -> str:
    """Return the revision that this code needs: the one that no migration comes after."""
    revisions, followed = _revisions()
    (newest,) = revisions - followed
    return newest


def is_known(revision: str) -> bool:
    """Tell whether this code has that revision; a newer version's it has not."""
    return revision in _revisions()[0]


@lru_cache(maxsize=1)
def _revisions() -> tuple[set[str], set[str]]:
    revisions, followed = set(), set()
    for path in (MIGRATIONS / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(path.read_text("utf-8")):
            (followed if down else revisions).add(revision)
    return revisions, followed


def present_revision(uri: str) -> str | None:
    """Return the revision of that database, None when it is empty; asked without the app.

    Raises DatabaseUnreachable.
    """
    if uri.startswith(SQLITE):
        return _ask_sqlite(Path(uri.removeprefix(SQLITE)))
    import psycopg

    try:
        with psycopg.connect(uri.replace("+psycopg", "", 1), connect_timeout=10) as connection:
            if connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,):
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.Error as error:
        raise DatabaseUnreachable(" ".join(str(error).split())) from None
    return row[0] if row else None


def keep_copy(uri: str, folder: Path, revision: str) -> Path | None:
    """Copy a SQLite database before it is upgraded from `revision`, and return the file; None on PostgreSQL.

    A migration that fails on SQLite may leave half of its tables behind.
    """
    if not uri.startswith(SQLITE):
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"before-{newest_revision()}-from-{revision}.db"
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    connection = sqlite3.connect(uri.removeprefix(SQLITE))
    try:
        connection.execute("VACUUM INTO ?", (str(draft),))
    finally:
        connection.close()
    draft.chmod(0o600)
    draft.replace(path)
    return path


def _ask_sqlite(path: Path) -> str | None:
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        connection = sqlite3.connect(path, timeout=15)
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        raise DatabaseUnreachable(str(error)) from None
    except sqlite3.DatabaseError as error:
        raise DatabaseUnreachable(str(error)) from None
    return row[0] if row else None
