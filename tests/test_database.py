"""One way to write: what a use case stores is stored whole, and reading beside it never waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sets import clock
from sets.database import TransactionNested, after_commit, db, transaction
from sets.installation import Setting


def rows():
    db.session.rollback()
    return [row.key for row in db.session.query(Setting).order_by(Setting.key)]


def put(key):
    db.session.add(Setting(key=key, value=1, changed_at=clock.now()))


def test_what_fails_leaves_nothing(app):
    def fail():
        with transaction():
            put("one")
            db.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows() == []


def test_another_connection_reads_while_a_transaction_writes(app):
    with transaction():
        put("one")
        db.session.flush()
        with db.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM setting")).scalar() == 0
    assert rows() == ["one"]


def test_a_connection_that_reads_first_does_not_take_the_writers_place(app):
    with transaction(), db.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM setting"))
        put("one")
        db.session.flush()
    assert rows() == ["one"]


def test_transactions_do_not_nest(app):
    def nest():
        with transaction(), transaction():
            pass

    with pytest.raises(TransactionNested):
        nest()
    with transaction():
        put("one")
    assert rows() == ["one"]


def test_what_follows_a_commit_comes_after_it_and_cannot_undo_it(app):
    seen = []

    def look():
        seen.append(rows())
        raise ValueError

    with transaction():
        put("one")
        after_commit(look)
        after_commit(look)
    assert seen == [["one"]]
    assert rows() == ["one"]
