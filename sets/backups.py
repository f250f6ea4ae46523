"""Backups: one file with the database and what the instance folder alone has; made while the site runs.

Not in it: instance/installation.json. Its absence after a restore is what holds the mail until a person releases it.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from . import schema
from .clock import now

SECRETS = ("secret_key", "password_salt")
# Pseudonyms of exports stay the same after a restore.
KEPT_FILES = (*SECRETS, "erasures.log", "pseudonyms.key")
FOLDERS = ("brochures",)
DATABASE, DUMP, MANIFEST = "sets.db", "database.dump", "manifest.json"


class BackupRefused(RuntimeError):  # noqa: N818  (a refusal)
    """A backup cannot be made or restored; the text says why, and what to do."""


def create_backup(config: Any, target: Path | None = None) -> Path:
    """Write a backup and return its file (mode 600), by default instance/backups/<time>.tar.gz. Safe while running."""
    instance, uri = Path(config["INSTANCE_PATH"]), config["SQLALCHEMY_DATABASE_URI"]
    target = target or instance / "backups" / f"{now():%Y-%m-%d-%H%M%S}.tar.gz"
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        database = _copy_database(uri, Path(folder))
        manifest = {
            "made_at": now().isoformat(),
            "revision": schema.present_revision(uri),
            "database": database.name,
        }
        draft = Path(folder) / "draft.tar.gz"
        with tarfile.open(draft, "w:gz") as archive:
            _add_text(archive, MANIFEST, json.dumps(manifest))
            archive.add(database, database.name)
            for name in (*KEPT_FILES, *FOLDERS):
                if (instance / name).exists():
                    archive.add(instance / name, name)
        draft.chmod(0o600)
        os.replace(draft, target)
    return target


def restore_backup(config: Any, source: Path) -> dict[str, Any]:
    """Put a backup in the place of this installation's data; return its manifest. The site must be stopped.

    What was erased since the backup was made stays named in erasures.log, and mail is held until it is released.
    Raises BackupRefused.
    """
    instance, uri = Path(config["INSTANCE_PATH"]), config["SQLALCHEMY_DATABASE_URI"]
    with tempfile.TemporaryDirectory(dir=instance) as name:
        folder = Path(name)
        try:
            with tarfile.open(source) as archive:
                archive.extractall(folder, filter="data")
            manifest = json.loads((folder / MANIFEST).read_text())
        except (OSError, tarfile.TarError, ValueError) as error:
            raise BackupRefused(f"{source} is not a backup of this site ({type(error).__name__}).") from None
        if manifest["revision"] and not schema.is_known(manifest["revision"]):
            raise BackupRefused(
                "This backup was made by a newer version of the site. Install that version first."
            )
        erased = _erased(instance) | _erased(folder)
        _restore_database(uri, folder / manifest["database"])
        for kept in SECRETS:
            if (folder / kept).exists():
                shutil.copyfile(folder / kept, instance / kept)
                (instance / kept).chmod(0o600)
        for kept in FOLDERS:
            if (folder / kept).is_dir():
                shutil.copytree(folder / kept, instance / kept, dirs_exist_ok=True)
        if erased:
            (instance / "erasures.log").write_text("".join(f"{one}\n" for one in sorted(erased)))
        (instance / "installation.json").unlink(missing_ok=True)
    return manifest


def _copy_database(uri: str, folder: Path) -> Path:
    if uri.startswith(schema.SQLITE):
        path = folder / DATABASE
        with sqlite3.connect(uri.removeprefix(schema.SQLITE), timeout=60) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))
        connection.close()
        return path
    path = folder / DUMP
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={path}", _plain(uri))
    return path


def _restore_database(uri: str, source: Path) -> None:
    if uri.startswith(schema.SQLITE):
        if source.name != DATABASE:
            raise BackupRefused("This backup is of a PostgreSQL database, and the site is set to SQLite.")
        path = Path(uri.removeprefix(schema.SQLITE))
        draft = path.with_suffix(".restored")
        shutil.copyfile(source, draft)
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        os.replace(draft, path)
        return
    if source.name != DUMP:
        raise BackupRefused("This backup is of a SQLite database, and the site is set to PostgreSQL.")
    _run("pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={_plain(uri)}", str(source))


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise BackupRefused(
            f"{program} is missing. Install PostgreSQL's client programs (on Debian: postgresql-client)."
        )
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupRefused(f"{program} failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}")


def _plain(uri: str) -> str:
    return uri.replace("+psycopg", "", 1)


def _erased(folder: Path) -> set[str]:
    path = folder / "erasures.log"
    return set(path.read_text("ascii").split()) if path.exists() else set()


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, io.BytesIO(data))
