"""Sending: each sender is a loop that claims a few mails, renders them, and hands them over one after the other.

No database connection is held while SMTP speaks, and no mail is rendered under a lock. Never twice: see `claims.py`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ..database import db
from . import batch as batches
from . import claims, trouble
from .claims import End
from .kinds import NotWanted, Posted, UnknownKind
from .mime import AddressRefused
from .models import DeliveryStatus, Priority
from .rendering import Ready, render
from .transport import Outcome, ServerTrouble, Transport, make_transport

log = structlog.get_logger()

BATCH = 20
# Seconds between two looks at the outbox when the bell is silent.
LOOK_EVERY = 5.0
# A dialogue that lasts longer gives back what else its sender had claimed.
SLOW = 2.0
# Seconds before a server in trouble is tried again: doubled each time, up to the second.
PAUSE, LONGEST_PAUSE = 1.0, 10.0

T = TypeVar("T")


class Sender:
    """One sender with its own connection. `name` begins with its worker's, and owns its leases."""

    def __init__(self, app: Flask, name: str, highest: int | None = None) -> None:
        self.app, self.name, self.highest = app, name, highest
        self.wake = threading.Event()
        self._stopping = threading.Event()
        self._transport: Transport | None = make_transport(app)
        self._pause = 0.0
        self._begun: float | None = None

    def run(self) -> None:
        """Send until `stop`; the dialogue in flight is finished first."""
        while not self._stopping.is_set():
            self.wake.clear()
            try:
                with self.app.app_context():
                    self.drain()
            except SQLAlchemyError as error:
                log.warning("database_trouble", kind=type(error).__name__)
                self._stopping.wait(1)
            except Exception as error:
                log.exception("sender_failed", kind=type(error).__name__)
                self._stopping.wait(1)
            if not self._stopping.is_set():
                self._rest()
        if self._transport:
            self._transport.close()

    def stop(self) -> None:
        """End the loop after the mail in flight."""
        self._stopping.set()
        self.wake.set()

    def busy_for(self) -> float:
        """Return for how many seconds the dialogue in flight lasts."""
        begun = self._begun
        return 0.0 if begun is None else time.monotonic() - begun

    def drain(self) -> int:
        """Send what is due until nothing is left or the server is in trouble; return how many mails left."""
        sent = 0
        transport = self._transport
        while transport is not None and not self._stopping.is_set() and claims.is_due(self.highest):
            try:
                transport.open()
                sent += self._send(transport, claims.claim(self.name, BATCH, self.highest))
            except ServerTrouble as found:
                self._wait_for_server(found)
                break
            finally:
                self._record(lambda: claims.give_back([self.name]))
            if self._pause:
                self._pause = 0.0
                self._record(trouble.clear)
        return sent

    def _wait_for_server(self, found: ServerTrouble) -> None:
        if not self._pause:
            self._record(lambda: trouble.note(found))
        self._pause = min(max(self._pause * 2, PAUSE), LONGEST_PAUSE)
        log.warning("mail_server_trouble", code=found.code, again_in=self._pause)

    def _rest(self) -> None:
        """Wait for work; after trouble with the server for the pause only, whatever the bell says."""
        if self._pause:
            self._stopping.wait(self._pause)
        else:
            self.wake.wait(LOOK_EVERY)

    def _send(self, transport: Transport, batch: list[Posted]) -> int:
        sent, end = 0, None
        for ready in self._prepared(batch):
            may_leave = self._record(lambda end=end, ready=ready: claims.turn(self.name, end, ready))
            end = None
            if not may_leave:
                continue
            self._begun = time.monotonic()
            try:
                outcome = transport.deliver(ready.envelope, ready.posted.public_id)
            except ServerTrouble:
                self._end(claims.not_tried(ready.posted))
                raise
            finally:
                took, self._begun = self.busy_for(), None
            end = self._ended(ready.posted, outcome)
            sent += outcome.result == "sent"
            if took > SLOW or self._stopping.is_set():
                break
        if end is not None:
            self._end(end)
        return sent

    def _prepared(self, batch: list[Posted]) -> list[Ready]:
        """Return the mails of the batch that are to leave; record those that are not."""
        ready = []
        with batches.composing():
            for posted in batch:
                self._prepare(posted, ready)
        db.session.rollback()
        db.session.expunge_all()
        return ready

    def _prepare(self, posted: Posted, ready: list[Ready]) -> None:
        try:
            ready.append(render(posted))
        except NotWanted as answer:
            self._end(claims.not_sent(posted, DeliveryStatus.CANCELLED, answer.reason))
        except AddressRefused:
            self._end(claims.not_sent(posted, DeliveryStatus.FAILED, "bad_address"))
        except UnknownKind:
            self._end(claims.not_composed(posted, "unknown_kind"))
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.exception("mail_not_composed", kind=type(error).__name__, delivery=posted.public_id)
            self._end(claims.not_composed(posted))

    def _ended(self, posted: Posted, outcome: Outcome) -> End:
        if outcome.result != "sent":
            log.info("mail_not_sent", delivery=posted.public_id, result=outcome.result, code=outcome.code)
        return claims.ended(posted, outcome)

    def _end(self, end: End) -> None:
        self._record(lambda: claims.turn(self.name, end, None))

    def _record(self, write: Callable[[], T]) -> T:
        """Write to the database, as often as it takes: what is known of a mail that left must not be lost."""
        while True:
            try:
                return write()
            except SQLAlchemyError as error:
                db.session.rollback()
                log.warning("record_delayed", kind=type(error).__name__)
                if self._stopping.wait(1):
                    return write()


def make_senders(app: Flask, worker: str, count: int) -> list[Sender]:
    """Return a worker's senders: the first is reserved for confirmations and account mails."""
    return [Sender(app, f"{worker}/{n}", Priority.CONFIRMATION if n == 0 else None) for n in range(count)]
