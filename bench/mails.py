"""Rows of the mail: confirmations through a local sink, each with its durable record, by one worker and by two."""

from __future__ import annotations

import json
import re
import smtplib
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .measuring import Line, in_fresh_process
from .serving import LOCAL, free_port, running, settings_of
from .sites import catalogue_site, open_session, postgresql


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of both databases."""
    count, rounds = (600, 1) if quick else (3000, 3)
    yield from _on("SQLite", folder, count, rounds)
    with postgresql(folder) as database:
        yield from _on("PostgreSQL", folder, count, rounds, database("site"))


def _on(name: str, folder: Path, count: int, rounds: int, url: str = "") -> Iterator[Line]:
    instance = catalogue_site(folder, url)
    slug, public_id = open_session(instance, url)
    rates: dict[int, list[float]] = {1: [], 2: []}
    floors = []
    for _ in range(rounds):
        for workers in (1, 2):
            in_fresh_process(post, instance, url, count, slug, public_id)
            rate, mails = _drained(instance, url, count, workers)
            rates[workers].append(rate)
            floors.append(_sent_plainly(mails, count))
    one, two, floor = (statistics.median(values) for values in (rates[1], rates[2], floors))
    least = 0.9 if name == "SQLite" else 1.3
    yield Line(f"mails, one worker, {name}", one, "/s", 0.25, at_least=True, floor=floor, ratio=one / floor)
    yield Line(
        f"mails, two workers, {name}", two, "/s", least, at_least=True, floor=one, ratio=two / one,
        note="floor: one worker",
    )  # fmt: skip


def post(instance: Path, url: str, count: int, slug: str, public_id: str) -> None:
    """Have that many confirmations wait, on hold: of some sign-ups, each confirmed again and again."""
    from sqlalchemy import insert, select, update

    from sets.catalogue.models import TrainingSession
    from sets.clock import now
    from sets.database import transaction
    from sets.installation import Installation
    from sets.mailing.models import Delivery, DeliveryRegistration
    from sets.registration import signing_up
    from sets.registration.applying import Application, Choice

    from .seed import make_site

    with make_site(instance, url or None).app_context():
        with transaction() as session:
            session.execute(update(Installation).values(mail_hold_at=now()))
            session.execute(update(Delivery).values(status="cancelled", lease_by=None, lease_until=None))
            chosen = session.execute(
                select(TrainingSession.training_id, TrainingSession.id).where(
                    TrainingSession.public_id == public_id
                )
            ).one()
        for _ in range(50):
            name = uuid.uuid4().hex
            signing_up.register(
                Application(name, "fr", "Zoé", "Lefèvre", f"{name}@example.org", (Choice(*chosen),))
            )
        with transaction() as session:
            mails = [
                dict(row._mapping)
                for row in session.execute(
                    select(Delivery.__table__).where(Delivery.__table__.c.status == "queued")
                )
            ]
            about = dict(
                session.execute(
                    select(DeliveryRegistration.delivery_id, DeliveryRegistration.registration_id)
                )
                .tuples()
                .all()
            )
            for _ in range(count // len(mails) - 1):
                for mail in mails:
                    values = {name: value for name, value in mail.items() if name != "id"}
                    values |= {"public_id": str(uuid.uuid4()), "once_key": None}
                    made = session.execute(insert(Delivery.__table__).values(values)).inserted_primary_key[0]
                    session.execute(
                        insert(DeliveryRegistration.__table__).values(
                            delivery_id=made, registration_id=about[mail["id"]]
                        )
                    )


def release(instance: Path, url: str, workers: int) -> None:
    """Let the mails leave, and wake every worker."""
    from sqlalchemy import update

    from sets import bell
    from sets.database import transaction
    from sets.installation import Installation

    from .seed import make_site

    site = make_site(instance, url or None)
    with site.app_context():
        with transaction() as session:
            session.execute(update(Installation).values(mail_hold_at=None))
        for _ in range(workers):
            bell.huey_of(site).storage.enqueue(b"ring")


def _drained(instance: Path, url: str, count: int, workers: int) -> tuple[float, list[bytes]]:
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(_sink(place))
        more = {"SETS_SQLALCHEMY_DATABASE_URI": url} if url else {}
        settings = settings_of(
            instance, SETS_MAIL_SERVER=LOCAL, SETS_MAIL_PORT=str(port), SETS_MAIL_USE_TLS="false", **more
        )
        for _ in range(workers):
            stack.enter_context(running([sys.executable, "-m", "sets.worker"], settings, instance))
        time.sleep(6 + workers)
        in_fresh_process(release, instance, url, workers)
        told = _wait_for(place, count)
        mails = [path.read_bytes() for path in sorted(place.glob("sink-*.eml"))]
    return (told["count"] - 1) / (told["last"] - told["first"]), mails


def _sent_plainly(mails: list[bytes], count: int) -> float:
    """Return the floor: one connection that sends finished bytes."""
    with tempfile.TemporaryDirectory() as folder, _sink(Path(folder)) as port:
        addresses = [_address(mail) for mail in mails]
        with smtplib.SMTP(LOCAL, port) as connection:
            for number in range(count):
                sender, receiver = addresses[number % len(mails)]
                connection.sendmail(sender, receiver, mails[number % len(mails)])
        told = _wait_for(Path(folder), count)
    return (told["count"] - 1) / (told["last"] - told["first"])


def _address(mail: bytes) -> tuple[str, str]:
    found = [re.search(rb"(?m)^%s: .*?([^<\s]+@[^>\s]+)" % name, mail) for name in (b"From", b"To")]
    return tuple(match[1].decode() if match else "a@example.org" for match in found)  # type: ignore[return-value]


@contextmanager
def _sink(folder: Path) -> Iterator[int]:
    port = free_port()
    with running([sys.executable, "-m", "bench.sink", str(port), str(folder)], {}, folder):
        until = time.monotonic() + 20
        while not (folder / "sink.json").exists() and time.monotonic() < until:
            time.sleep(0.05)
        yield port


def _wait_for(folder: Path, count: int, limit: float = 120) -> dict[str, float]:
    until = time.monotonic() + limit
    while time.monotonic() < until:
        told = json.loads((folder / "sink.json").read_text())
        if told["count"] >= count:
            return told
        time.sleep(0.05)
    raise TimeoutError(f"{count} mails were expected: {told}")
