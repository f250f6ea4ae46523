"""`make run`: checks settings, prepares the database, says where the site is, and keeps web and worker running.

In production the same command serves; or gunicorn and `python -m sets.worker` as units of the system's own supervisor.
"""

from __future__ import annotations

import errno
import gc
import os
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import schema, templating
from .config import LOCAL, SettingRefused, load_settings

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent.parent


# Loaded before the fork, beside the site itself.
SHARED = (
    "concurrent.futures.thread",
    "gunicorn.app.wsgiapp",
    "gunicorn.glogging",
    "gunicorn.workers.gthread",
    "sets.supervising",
    "sets.weblogs",
    "sets.worker",
)


class StartRefused(RuntimeError):  # noqa: N818 - a refusal, like SettingRefused
    """The site cannot start; the text says why, and what to do."""


def main() -> int:
    """Start the site and stay until it is stopped; 2 when it cannot start."""
    # What is made in instance/ is nobody else's to read.
    os.umask(0o077)
    try:
        settings = load_settings()
        _refuse_taken_port(settings["BIND"])
        present = _present_revision(settings)
    except (SettingRefused, StartRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 2
    app = _load(settings)
    is_ready = present == schema.newest_revision()
    # In a process of its own: what a migration and the brochures load would stay in memory.
    preparing = 0 if is_ready else _apart(lambda: _prepare_database(app, present))
    # Templates that were never compiled take a while: what is not done in the meantime is done when it is needed.
    templating.load(app, enough=lambda: bool(preparing) and _has_ended(preparing))
    if preparing and (code := os.waitstatus_to_exitcode(os.waitpid(preparing, 0)[1])):
        return code
    _show_first_pages(app)
    print(greeting(settings), flush=True)
    _keep_running(app)
    return 0


def greeting(settings: Mapping[str, Any]) -> str:
    """Return what a person who starts the site wants to know."""
    is_local = settings["ENV"] == LOCAL
    environment = "SETS_ENV=local " if is_local else ""
    flask = os.path.relpath(Path(sys.executable).with_name("flask"))
    if settings["MAIL_SERVER"]:
        mail = f"Mails are sent through {settings['MAIL_SERVER']}."
    elif is_local:
        mail = f"Mails are not sent: each becomes a file in {Path(settings['INSTANCE_PATH']) / 'mail'}."
    else:
        mail = "Mails wait: no mail server is set (SETS_MAIL_SERVER)."
    lines = (
        f"The site: {settings['BASE_URL']} (listens on {settings['BIND']})",
        mail,
        "An administrator is made by:",
        f"  {environment}{flask} --app wsgi staff add EMAIL --role administrator",
        "Ctrl-C stops everything.",
    )
    return "\n".join(lines)


def _refuse_taken_port(bind: str) -> None:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = "another program listens there. Stop it, or choose another port"
            elif error.errno == errno.EACCES:
                why = "this account may not use that port. Choose one above 1023"
            else:
                why = f"this machine cannot listen there ({error.strerror}). Choose another address"
            raise StartRefused(
                f"SETS_BIND is {bind!r}, but {why}. Example: SETS_BIND=127.0.0.1:8001"
            ) from None


def _present_revision(settings: Mapping[str, Any]) -> str | None:
    """Return the database's version, None when it is new. Raises StartRefused."""
    try:
        present = schema.present_revision(settings["SQLALCHEMY_DATABASE_URI"])
    except schema.DatabaseUnreachable as error:
        raise StartRefused(
            f"The database of SETS_SQLALCHEMY_DATABASE_URI does not answer: {error}. "
            "Example: postgresql://sets:password@localhost/sets"
        ) from None
    if present is not None and not schema.is_known(present):
        raise StartRefused(
            f"The database is of a newer version of the site (revision {present}). "
            "Start that version, or restore a backup made with this one."
        )
    return present


def _apart(work: Callable[[], None]) -> int:
    """Do some work in a fork of this process, which ends with 0 when it is done; return its pid."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        gc.enable()
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _has_ended(pid: int) -> bool:
    """Tell whether a child has ended; how, is still to be asked."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _prepare_database(app: Flask, present: str | None) -> None:
    """Create or upgrade the database; a new one gets the catalogue, and examples on one's own machine."""
    from . import migrating

    settings = app.config
    uri = settings["SQLALCHEMY_DATABASE_URI"]
    copy = schema.keep_copy(uri, Path(settings["INSTANCE_PATH"]) / "backups", present) if present else None
    print("The database is upgraded." if present else "A new database is made.", flush=True)
    if copy:
        print(f"It was copied first, to {copy}", flush=True)
    with app.app_context():
        migrating.upgrade()
        if present is None:
            _fill(is_local=settings["ENV"] == LOCAL)
        else:
            from .pages.loading import remember_loaded

            remember_loaded()


def _fill(*, is_local: bool) -> None:
    from .catalogue.examples import make_examples
    from .pages.loading import load_catalogue

    load_catalogue()
    if is_local:
        make_examples()


def _load(settings: Mapping[str, Any]) -> Flask:
    """Load all that web and worker will share."""
    # Nothing that is loaded now is garbage: looking for it takes a sixth of the start, and would copy what is shared.
    gc.disable()
    from importlib import import_module

    from sqlalchemy.orm import configure_mappers

    from wsgi import app

    from . import bell, jobs

    # Here, so that no fork has to.
    for name in (*SHARED, *(step.call.partition(":")[0] for step in jobs.STEPS)):
        import_module(name)
    bell.load(settings["QUEUE_URL"])
    configure_mappers()
    return app


def _show_first_pages(app: Flask) -> None:
    """Ask for pages as the first visitor does: the catalogue's picture and the statements are then shared too."""
    from .database import db
    from .languages import DEFAULT, LANGUAGES

    with app.test_client() as client:
        for path in (*(f"/{language}/" for language in LANGUAGES), f"/{DEFAULT}/register"):
            client.get(path, base_url=app.config["BASE_URL"])
    with app.app_context():
        # A connection has one owner: every program opens its own.
        db.engine.dispose()


def _keep_running(app: Flask) -> None:
    """Run web and worker as forks of this process."""
    from gunicorn.app.wsgiapp import WSGIApplication

    from .supervising import Keeper
    from .worker import serve

    # Its configuration is read here: it touches so many objects that a fork which reads it copies 8 MB.
    sys.argv = ["gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), "wsgi:app"]
    web = WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]")
    gc.freeze()

    def serve_web() -> None:
        web.run()

    def work() -> None:
        gc.enable()
        serve(app)

    Keeper({"web": serve_web, "worker": work}).run()


if __name__ == "__main__":
    sys.exit(main())
