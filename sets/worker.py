"""The worker's process: `python -m sets.worker`. Senders, the clock of `jobs.py`, signs of life, and a graceful end."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from . import bell, create_app, jobs
from .config import SettingRefused
from .mailing import claims, hold, presence
from .mailing.sending import SLOW, Sender, make_senders
from .mailing.transport import DEADLINE

log = structlog.get_logger()

# Seconds between two rounds of the main thread, which watches over the others.
TICK = 0.5


class Worker:
    """One worker: its threads and what stops them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.stopping = threading.Event()
        self._presence: presence.Presence | None = None
        self._senders: list[Sender] = []
        self._slow: set[str] = set()
        self._beat_at = 0.0

    def run(self) -> None:
        """Work until `stop`."""
        while not self.stopping.is_set() and not self._arrive():
            self.stopping.wait(2)
        threads = [self._thread(sender.run, sender.name) for sender in self._senders]
        threads.append(self._thread(lambda: jobs.Clock(self.app).run(self.stopping), "clock"))
        self._thread(self._listen, "bell")
        while not self.stopping.wait(TICK):
            self._guarded(self._watch)
        for sender in self._senders:
            sender.stop()
        for thread in threads:
            thread.join(DEADLINE + 5)
        if self._presence:
            self._guarded(self._presence.leave)

    def stop(self, *_: Any) -> None:
        """End after the mails in flight."""
        self.stopping.set()

    def _arrive(self) -> bool:
        """Take one's place: is this the database it was, and what did dead workers leave?"""
        return self._guarded(self._settle)

    def _settle(self) -> None:
        hold.check()
        here = presence.folder()
        self._presence = self._presence or presence.Presence(here)
        presence.bury_the_dead(here)
        self._presence.beat()
        self._beat_at = time.monotonic()
        self._senders = make_senders(self.app, self._presence.name, self.app.config["SENDERS"])
        log.info("worker_ready", senders=len(self._senders))

    def _watch(self) -> None:
        for sender in self._senders:
            if sender.busy_for() <= SLOW:
                self._slow.discard(sender.name)
            elif sender.name not in self._slow:
                # Its server or receiver stalls: others take what it had claimed beside that one mail.
                claims.give_back([sender.name])
                self._slow.add(sender.name)
                self._ring()
        if self._presence and time.monotonic() - self._beat_at >= presence.BEAT_EVERY:
            self._presence.beat()
            self._beat_at = time.monotonic()

    def _listen(self) -> None:
        while not self.stopping.is_set():
            if bell.wait(self.app, 1):
                self._ring()

    def _ring(self) -> None:
        for sender in self._senders:
            sender.wake.set()

    def _guarded(self, act: Callable[[], None]) -> bool:
        try:
            with self.app.app_context():
                act()
        except (SQLAlchemyError, OSError) as error:
            log.warning("worker_waits", kind=type(error).__name__)
            return False
        return True

    def _thread(self, work: Callable[[], None], name: str) -> threading.Thread:
        # Daemons, so that a thread that hangs in a name lookup cannot keep the process for ever.
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread


def main() -> int:
    """Run a worker until it is told to stop (SIGINT, SIGTERM)."""
    os.umask(0o077)
    try:
        app = create_app()
    except SettingRefused as refusal:
        print(refusal, file=sys.stderr)  # noqa: T201 - for the person who started it
        return 2
    serve(app)
    return 0


def serve(app: Flask) -> None:
    """Run a worker of this app until SIGINT or SIGTERM; mails in flight are finished."""
    worker = Worker(app)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, worker.stop)
    worker.run()


if __name__ == "__main__":
    sys.exit(main())
