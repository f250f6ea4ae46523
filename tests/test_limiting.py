from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from sets.database import db, transaction
from sets.installation import RateLimit
from sets.limiting import DatabaseStorage, forget_old_limits, is_over

limits_on = pytest.mark.settings(SETS_RATELIMIT_ENABLED="true")


@limits_on
def test_the_limit_is_counted_and_starts_again(app, clock):
    assert [is_over("2 per minute", "key") for _ in range(4)] == [False, False, True, True]
    assert not is_over("2 per minute", "other key")
    clock.shift(timedelta(minutes=1))
    assert not is_over("2 per minute", "key")


def test_all_processes_share_one_count(app):
    def hit(_number: int) -> int:
        with app.app_context():
            return DatabaseStorage().incr("key", 600)

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(hit, range(40)))
    assert sorted(counts) == list(range(1, 41))
    assert DatabaseStorage().get("key") == 40


def test_no_address_is_stored_and_its_hash_changes_every_day(app, clock):
    DatabaseStorage().incr("203.0.113.7", 600)
    clock.shift(timedelta(days=1))
    DatabaseStorage().incr("203.0.113.7", 600)
    hashes = db.session.scalars(select(RateLimit.key_hash)).all()
    assert len(set(hashes)) == 2
    assert not any("203" in one and "113" in one for one in hashes)


def test_a_limit_is_refused_inside_a_transaction(app):
    with pytest.raises(RuntimeError), transaction():
        DatabaseStorage().incr("key", 60)


def test_old_counts_are_forgotten(app, clock):
    DatabaseStorage().incr("key", 600)
    clock.shift(timedelta(days=2))
    DatabaseStorage().incr("key", 600)
    assert [forget_old_limits(), forget_old_limits()] == [1, 0]


def test_a_key_is_cleared(app):
    storage = DatabaseStorage()
    storage.incr("key", 600)
    storage.clear("key")
    assert storage.get("key") == 0
    storage.incr("key", 600)
    storage.reset()
    assert storage.get("key") == 0
    assert storage.check()


def test_switched_off_nothing_is_counted(app):
    assert not any(is_over("1 per minute", "key") for _ in range(5))
    assert db.session.scalars(select(RateLimit)).all() == []


@limits_on
def test_views_are_limited_with_the_usual_decorator(app, client):
    from sets.extensions import limiter

    @limiter.limit("2 per minute")
    def limited():
        return "fine"

    app.add_url_rule("/limited", "limited", limited)
    assert [client.get("/limited").status_code for _ in range(3)] == [200, 200, 429]
