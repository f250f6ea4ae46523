"""The team's list: what a filter finds, what it counts, and that both databases find it by an index."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from sets.database import db, transaction
from sets.registration import listing
from sets.registration.listing import Filter
from sets.registration.models import Learner, LearnerWord, Registration
from sets.registration.people import index_words
from tests import factories


@pytest.fixture(autouse=True)
def site(app: Any) -> Any:
    return app


def findable(**details: Any) -> Registration:
    """Store a registration of a person whom the search knows."""
    person = factories.learner(**details)
    with transaction():
        index_words(person.id, person)
    return factories.registration(factories.training_session(), person)


def found(q: str) -> list[int]:
    return sorted(registration.id for registration, _learner in listing.list_page(Filter(q=q), 1))


def test_a_search_finds_beginnings_of_words_without_accents_and_all_of_them():
    one = findable(email="a.martin@example.org", first_name="Élodie", last_name="Martin").id
    two = findable(email="b.martin@example.org", first_name="Bruno", last_name="Martín").id
    assert found("mart") == [one, two]
    assert found("elodie MARTIN") == [one]
    assert found("a.martin@example.org") == [one]
    assert found("nobody") == []
    assert found("bruno elodie") == []


def test_a_common_word_is_found_the_same_way(monkeypatch):
    monkeypatch.setattr(listing, "COMMON", 1)
    monkeypatch.setattr(listing, "VERY_COMMON", 2)
    rows = [findable(email=f"p{number}@example.org", last_name="Martin").id for number in range(4)]
    assert found("martin") == rows
    assert found("martin p2") == [rows[2]]
    assert listing.count_up_to(Filter(q="martin")) == (4, {"confirmed": 4})
    assert listing.count_up_to(Filter(q="p1 martin")) == (1, {"confirmed": 1})


def test_counting_stops_where_the_page_says_more_than():
    session = factories.training_session()
    for status in ("confirmed", "confirmed", "cancelled"):
        factories.registration(session, status=status)
    assert listing.count_up_to(Filter()) == (3, {"confirmed": 2, "cancelled": 1})
    assert listing.count_up_to(Filter(), most=2) == (2, {})
    assert listing.count_up_to(Filter(status="rejected")) == (0, {})


def test_by_name_an_erased_person_is_listed_too():
    session = factories.training_session()
    rows = [
        factories.registration(session, factories.learner(last_name=name)) for name in ("Zanetti", "Abril")
    ]
    wanted = Filter(sort="name")
    assert [row.id for row, _ in listing.list_page(wanted, 1)] == [rows[1].id, rows[0].id]
    with transaction() as store:
        store.delete(store.get_one(Learner, rows[0].learner_id))
    assert {row.id for row, _ in listing.list_page(wanted, 1)} == {rows[0].id, rows[1].id}


@pytest.mark.parametrize(("query", "index"), [
    ({}, "ix_registration_created_at_id"),
    ({"sort": "received"}, "ix_registration_created_at_id"),
    ({"sort": "name"}, "ix_learner_name"),
    ({"q": "person77"}, "learner_word"),
    ({"q": "person77@example.org"}, "learner_word"),
])  # fmt: skip
def test_the_list_and_the_search_go_by_an_index(query, index):
    _many(3000)
    of_the_page = _plan(*_statement(Filter.from_query(query)))
    scans = (
        "SCAN learner_word",
        "SCAN registration\n",
        "Seq Scan on learner_word",
        "Seq Scan on registration",
    )
    assert not [scan for scan in scans if scan in of_the_page], of_the_page
    assert any(
        found in of_the_page
        for found in (f"INDEX {index}", f"using {index}", "learner_word_1", "pk_learner_word")
    ), of_the_page


def _statement(wanted: Filter) -> tuple[str, Any]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT registration.id") and "ORDER BY" in statement:
            seen.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        listing.list_page(wanted, 1)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return seen[0]


def _plan(statement: str, values: Any) -> str:
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "\n".join(row[3] for row in rows) + "\n"
    # A table of this size is read whole sooner than by any index: the question is whether one would do.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))


def _many(count: int) -> None:
    session = factories.training_session(capacity=None)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    people, words, rows = [], [], []
    for number in range(1, count + 1):
        at, email = begin + timedelta(minutes=number), f"person{number}@example.org"
        people.append({
            "id": number, "public_id": f"l{number}", "email": email, "email_key": email, "email_slot": 0,
            "first_name": "Zoé", "last_name": f"Person{number}", "language": "fr", "created_at": at,
        })  # fmt: skip
        words += [{"learner_id": number, "word": word} for word in (email, f"person{number}", "zoe", "org")]
        rows.append({
            "public_id": f"r{number}", "learner_id": number, "training_id": session.training_id,
            "training_session_id": session.id, "status": "confirmed", "status_at": at, "created_at": at,
        })  # fmt: skip
    with transaction() as store:
        for model, values in ((Learner, people), (LearnerWord, words), (Registration, rows)):
            store.execute(model.__table__.insert(), values)
    db.session.execute(text("ANALYZE"))
    db.session.commit()
