"""How gunicorn serves the site: as the SETS_ variables say, with the app loaded once and shared by the workers."""

from __future__ import annotations

import gc
import os

from sets import lifeline
from sets.config import load_settings
from sets.weblogs import QuietLogger

# Nothing that is loaded at the start is garbage: looking for it takes a sixth of the start, and would copy what the
# workers share. Each worker collects what it makes itself.
gc.disable()

_settings = load_settings()

bind = _settings["BIND"]
worker_class = "gthread"
workers = _settings["WEB_WORKERS"]
threads = _settings["WEB_THREADS"]
preload_app = True
timeout = 30
graceful_timeout = 20
keepalive = 5
# Addresses from the outside are believed only as far as SETS_PROXIES says (sets/http.py); gunicorn believes nobody.
forwarded_allow_ips = ""
control_socket_disable = True
umask = 0o077
accesslog = None
errorlog = "-"
loglevel = "warning"
logger_class = QuietLogger
limit_request_line = 4094
limit_request_fields = 64
# The sign of life of each worker is a file; in memory it waits for no disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108


def when_ready(server):
    """Leave what is loaded out of every later collection."""
    gc.freeze()


def post_fork(server, worker):
    """End with the master, and share no connection with it."""
    from sets.database import db

    lifeline.tie(worker.ppid)
    gc.enable()

    app = server.app.wsgi()
    app.extensions["bell"] = None
    with app.app_context():
        db.engine.dispose(close=False)


def post_worker_init(worker):
    """Ask once per start whether this database is the one it was."""
    if worker.age == 1:
        from sets.mailing import hold

        with worker.wsgi.app_context():
            hold.check_at_start()
