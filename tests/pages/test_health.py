"""`/healthz` tells the truth about database, migrations, worker and waiting mails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from sets.database import transaction
from sets.mailing import presence
from tests.mailing import probe


@pytest.fixture
def beat(app):
    """Give the site's worker a sign of life."""
    worker = presence.Presence(presence.folder())
    yield worker.beat
    worker.leave()


def test_all_is_well(app, client, clock, beat):
    beat()
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "worker_seen_at": "2026-03-02T09:00:00+00:00",
        "oldest_waiting_mail_at": None,
    }
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_worker_that_was_not_seen_for_a_minute_is_missed(app, client, clock, beat):
    beat()
    clock.shift(timedelta(seconds=59))
    assert client.get("/healthz").status_code == 200
    clock.shift(timedelta(seconds=2))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["status"]) == (503, "error")


def test_since_when_the_oldest_mail_waits(app, client, clock):
    probe.add_probe(app)
    probe.post("a@example.org")
    clock.shift(timedelta(hours=1))
    probe.post("b@example.org")
    assert client.get("/healthz").json["oldest_waiting_mail_at"] == "2026-03-02T09:00:00+00:00"


def test_migrations_that_were_not_made_are_told(app, client, beat):
    beat()
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["migrations"], answer.json["database"]) == (503, "behind", "ok")
    with transaction() as session:
        session.execute(text("DROP TABLE alembic_version"))
    assert client.get("/healthz").json["migrations"] == "behind"
