"""Keeps programs running: each is a fork of this process, brought back when it ends, and ended with it.

The app is loaded once, here, and its memory is shared by all: a program that was killed is back at once, for it has
nothing to load. A child whose parent is killed ends by itself (`lifeline`).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from . import lifeline

log = structlog.get_logger()

STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# Seconds that a child has to finish what it does (a dialogue with a mail server lasts 30).
PATIENCE = 40.0
# A child that lives for less than so many seconds is brought back after a pause, doubled up to the longest.
YOUNG, PAUSE, LONGEST_PAUSE = 5.0, 0.5, 30.0


@dataclass
class _Child:
    run: Callable[[], int | None]
    pid: int = 0
    begun: float = 0.0
    due: float = 0.0
    pause: float = 0.0


@dataclass
class Keeper:
    """The programs by name, and the loop that looks after them."""

    programs: Mapping[str, Callable[[], int | None]]
    _children: dict[str, _Child] = field(default_factory=dict)
    _stopping: bool = False

    def run(self) -> None:
        """Run all programs until SIGTERM, SIGINT or SIGHUP; return when all have ended."""
        self._children = {name: _Child(run) for name, run in self.programs.items()}
        bell, clapper = os.pipe()
        for end in (bell, clapper):
            os.set_blocking(end, False)
        # Every signal also writes a byte, so that the loop sleeps until something happens.
        signal.set_wakeup_fd(clapper, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP:
            signal.signal(number, self._stop)
        while not self._stopping:
            self._bring_back()
            self._sleep(bell, self._next())
            self._bury()
        self._end_all(bell)

    def _stop(self, *_: Any) -> None:
        self._stopping = True

    def _bring_back(self) -> None:
        parent = os.getpid()
        for child in self._children.values():
            if not child.pid and time.monotonic() >= child.due and not self._stopping:
                child.begun = time.monotonic()
                child.pid = os.fork() or _become(child.run, parent)

    def _next(self) -> float | None:
        waits = [child.due - time.monotonic() for child in self._children.values() if not child.pid]
        return max(0.0, min(waits)) if waits else None

    def _sleep(self, bell: int, seconds: float | None) -> None:
        if select.select([bell], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                while os.read(bell, 512):
                    pass

    def _bury(self) -> None:
        for name, child in self._children.items():
            if child.pid and (status := _ended(child.pid)) is not None:
                lived = time.monotonic() - child.begun
                child.pid = 0
                child.pause = min(max(child.pause * 2, PAUSE), LONGEST_PAUSE) if lived < YOUNG else 0.0
                child.due = time.monotonic() + child.pause
                if not self._stopping:
                    log.warning("program_ended", program=name, status=status, again_in=child.pause)

    def _end_all(self, bell: int) -> None:
        self._signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while any(child.pid for child in self._children.values()) and time.monotonic() < until:
            self._sleep(bell, until - time.monotonic())
            self._bury()
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        for child in self._children.values():
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, number)


def _become(run: Callable[[], int | None], parent: int) -> int:
    """Be the child: never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (*STOP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        # Ctrl-C in a terminal is the parent's: it tells the children in its own way.
        os.setpgrp()
        lifeline.tie(parent)
        code = run() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int) -> int | None:
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if found else None
