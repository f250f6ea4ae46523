"""A worker killed while it makes a large export, with real processes: another makes it whole, from the start."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from sqlalchemy import select, update

from sets.clock import now
from sets.database import db, transaction
from sets.registration import exporting
from sets.registration.export_models import ExportFile
from sets.registration.exporting import Order
from sets.registration.listing import Filter
from tests.databases import ROOT
from tests.mailing.test_killed_workers import some_people
from tests.staff.signing import make_account

PEOPLE = 6000


@pytest.mark.slow
def test_an_export_whose_worker_is_killed_is_made_whole_by_the_next(app: Any, start: Any):
    some_people(PEOPLE)
    order = Order("full", "csv", Filter(), make_account().id, "fr", "Europe/Paris")
    public_id = exporting.request_export(order)
    worker = start(slowly=True)
    _until(lambda: _row(public_id).state == "making" and _row(public_id).rows_done > 0)
    torn = exporting.path_of(_row(public_id))
    worker.send_signal(signal.SIGKILL)
    worker.wait(30)
    assert _row(public_id).state == "making"
    with transaction() as session:
        session.execute(update(ExportFile).values(claimed_until=now()))
    worker = start()
    _until(lambda: _row(public_id).state == "ready")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0

    row = _row(public_id)
    assert (row.rows_done, row.rows_total, row.attempts) == (PEOPLE, PEOPLE, 2)
    whole = exporting.path_of(row)
    assert whole != torn
    lines = list(csv.reader(io.StringIO(whole.read_text("utf-8-sig")), delimiter=";"))
    assert len(lines) == PEOPLE + 1
    assert len({line[-1] for line in lines}) > 1
    os.utime(torn, (1, 1))
    exporting.forget_exports()
    assert not torn.exists()
    assert whole.exists()


@pytest.fixture
def start(settings: dict[str, str], tmp_path: Any) -> Any:
    """Return `start()`: a worker in a process of its own; a slow one rests after each thousand rows."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SETS_")
    } | settings
    started = []

    def begin(*, slowly: bool = False) -> Any:
        slow = "import time; from sets.registration import exporting as e; n = e._note; e.NOTED_EVERY = 0.0\n"
        slow += "e._note = lambda *a, **v: (n(*a, **v), time.sleep(0.7))[0]\n"
        code = (slow if slowly else "") + "import sys; from sets.worker import main; sys.exit(main())"
        with (tmp_path / "worker.log").open("a") as log:
            started.append(
                subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=log)
            )
        return started[-1]

    yield begin
    for worker in started:
        worker.kill()
        worker.wait(30)


def _row(public_id: str) -> ExportFile:
    db.session.rollback()
    return db.session.scalars(select(ExportFile).where(ExportFile.public_id == public_id)).one()


def _until(condition: Any, limit: float = 60) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "It never came."
        time.sleep(0.05)
