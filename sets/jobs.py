"""Every background and periodic job, on one page. Mail itself is sent by `mailing.sending`, run by `worker.py`.

Each step is one use case, harmless when repeated or when two workers run it at once. A step that has more to do than
one round allows says so by returning how much it did: it is called again after a short pause.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import structlog
from flask import Flask

log = structlog.get_logger()

# A round of a step writes at most so many rows; between two rounds others get their turn.
PAUSE_BETWEEN_ROUNDS = 0.05
ROUNDS = 200


@dataclass(frozen=True)
class Step:
    """A periodic job: what is called (`module:function`), and every how many seconds.

    One that waits for other people's servers, or takes long, runs `apart`: no other step waits for it.
    """

    call: str
    every: float
    apart: bool = False

    def function(self) -> Callable[[], int | None] | None:
        """Return the function, or None while its capability is not there."""
        module, _, name = self.call.partition(":")
        try:
            present = find_spec(module) is not None
        except ModuleNotFoundError:
            present = False
        return getattr(import_module(module), name, None) if present else None


STEPS = [
    # Offers that ended, decisions that are due, places to fill, sessions that began.
    Step("sets.registration.clock_steps:run_due", every=20),
    Step("sets.registration.clock_steps:purge_submissions", every=600),
    # Reminders and "still coming?" whose hour has come; waits for a date that are asked about, or over.
    Step("sets.registration.reminders:post_due", every=30),
    Step("sets.registration.renewals:ask_and_end", every=600),
    # Files of earlier registrations: checked, registered, taken back; their lines forgotten.
    Step("sets.registration.importing_steps:run_due", every=1),
    Step("sets.registration.importing_steps:forget", every=600),
    # Campaigns: what is due begins, people become mails, later ones are caught up, too many refusals pause.
    Step("sets.campaigns.sending:run_due", every=1),
    Step("sets.campaigns.sending:catch_up", every=60),
    Step("sets.campaigns.sending:watch", every=5),
    # Large exports, made beside everything else; their files end after a day.
    Step("sets.registration.exporting:make_due", every=2, apart=True),
    Step("sets.registration.exporting:forget_exports", every=600),
    # A mail whose worker is gone is shown as doubtful.
    Step("sets.mailing.claims:expire", every=30),
    # Mails that came back to the sender's mailbox, where one is configured.
    Step("sets.registration.returned_mail:read_bounces", every=300, apart=True),
    # Brochures whose texts changed, and how often brochures were downloaded.
    Step("sets.catalogue.brochures:make_due", every=3),
    Step("sets.catalogue.downloads:count_downloads", every=60),
    # What may not be kept any longer.
    Step("sets.mailing.retention:forget_texts", every=3600),
    Step("sets.registration.addresses:forget_addresses", every=3600),
    # At night, on the programme's clocks; told a week before.
    Step("sets.protection.announcing:run_nightly", every=600),
    # In the morning of each colleague's zone: the digest they chose; and that messages were refused.
    Step("sets.pages.digest:post_digests", every=600),
    # Settings that begin later than they were changed.
    Step("sets.pages.settings:begin_settings", every=600),
    Step("sets.registration.noting:forget_notes", every=3600),
    Step("sets.limiting:forget_old_limits", every=600),
    Step("sets.staff.staff_sessions:forget_old_sessions", every=3600),
    Step("sets.staff.activity:forget_old_activity", every=3600),
]


class Clock:
    """Runs the steps when they are due, one after the other, but for those apart, which have a thread of their own.

    A step that fails is tried again at its next time.
    """

    def __init__(self, app: Flask, steps: list[Step] | None = None) -> None:
        self.app = app
        self.steps = STEPS if steps is None else steps
        self._due = dict.fromkeys(self.steps, 0.0)
        self._apart: dict[Step, threading.Thread] = {}

    def run(self, stopping: threading.Event) -> None:
        """Run until `stopping` is set."""
        while not stopping.is_set():
            for step in self.steps:
                if not stopping.is_set() and time.monotonic() >= self._due[step]:
                    self._due[step] = time.monotonic() + step.every
                    (self._run_apart if step.apart else self.run_step)(step, stopping)
            stopping.wait(1)

    def _run_apart(self, step: Step, stopping: threading.Event) -> None:
        """Begin a step in its own thread, unless the one of last time still runs; nobody waits for it at the end."""
        before = self._apart.get(step)
        if before is None or not before.is_alive():
            thread = threading.Thread(
                target=self.run_step, args=(step, stopping), name=step.call, daemon=True
            )
            self._apart[step] = thread
            thread.start()

    def run_step(self, step: Step, stopping: threading.Event) -> None:
        """Run one step until it has nothing left to do."""
        try:
            function = step.function()
            for _ in range(ROUNDS if function else 0):
                with self.app.app_context():
                    done = function() if function else 0
                if not done or stopping.wait(PAUSE_BETWEEN_ROUNDS):
                    return
        except Exception:
            log.exception("step_failed", step=step.call)
