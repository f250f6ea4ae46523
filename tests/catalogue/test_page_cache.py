"""Kept pages: the same bytes until something changes, then at once the new ones, in every process."""

from __future__ import annotations

import gzip
from datetime import timedelta

import brotli
import pytest
from sqlalchemy import text

from sets import create_app
from sets.catalogue import page_cache, places, showing
from sets.clock import now
from sets.database import db, transaction
from tests import factories
from tests.pages import visit

TRAINING = "/en/trainings/social-economy"


@pytest.fixture
def rendered(monkeypatch):
    """The pages that were made anew, by path."""
    from flask import request

    made = []
    original = page_cache.snapshot

    def count():
        made.append(request.path)
        return original()

    monkeypatch.setattr(page_cache, "snapshot", count)
    return made


def test_a_page_is_made_once_whatever_its_query_says(catalogue, client, rendered):
    first = client.get(TRAINING)
    assert client.get(TRAINING + "?utm_source=mail").data == first.data
    assert client.head(TRAINING).headers["ETag"] == first.headers["ETag"]
    assert rendered == [TRAINING]
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("no-cache", "Accept-Encoding")


def test_a_browser_that_has_the_page_gets_304_with_the_same_headers(catalogue, client):
    first = client.get(TRAINING)
    again = client.get(TRAINING, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert client.get(TRAINING, headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_encoding_has_its_own_bytes_and_tag(catalogue, client):
    plain = client.get(TRAINING)
    small = client.get(TRAINING, headers={"Accept-Encoding": "gzip, deflate, br"})
    zipped = client.get(TRAINING, headers={"Accept-Encoding": "gzip, br;q=0"})
    assert brotli.decompress(small.data) == gzip.decompress(zipped.data) == plain.data
    assert len({answer.headers["ETag"] for answer in (plain, small, zipped)}) == 3
    assert len(small.data) < 6000
    assert "Content-Encoding" not in client.get(TRAINING, headers={"Accept-Encoding": "identity"}).headers


def test_a_full_session_shows_on_the_next_request_in_every_process(catalogue, client, settings, clock):
    session = factories.training_session(factories.training("social-economy"), capacity=1)
    site = create_app(settings, TESTING=True)
    other = site.test_client()
    for visitor in (client, other):
        assert "Last places" in visitor.get(TRAINING).text
    with transaction():
        places.lock([], [session.id])
        places.take(session.id)
    for visitor in (client, other):
        assert "Full: waiting list" in visitor.get(TRAINING).text
    with site.app_context():
        db.engine.dispose()


def test_a_place_that_changes_no_word_leaves_the_page_as_it_is(catalogue, client, clock, rendered):
    session = factories.training_session(factories.training("social-economy"), capacity=100)
    client.get(TRAINING)
    with transaction():
        places.lock([], [session.id])
        places.take(session.id)
    client.get(TRAINING)
    assert rendered == [TRAINING]


def test_the_clock_alone_closes_a_session_on_a_kept_page(catalogue, client, clock):
    factories.training_session(
        factories.training("social-economy"),
        closes_at=now() + timedelta(hours=1),
        starts=now() + timedelta(days=2),
    )
    assert "Places available" in client.get(TRAINING).text
    clock.shift(timedelta(minutes=59))
    assert "Places available" in client.get(TRAINING).text
    clock.shift(timedelta(minutes=1))
    assert "Registration is closed" in client.get(TRAINING).text


def test_the_form_is_kept_by_what_it_was_asked_for_with_a_nonce_for_each_visitor(catalogue, client, rendered):
    one = visit(client, "/en/register?training=social-economy")
    two = visit(client, "/en/register?training=social-economy&source=x")
    three = visit(client, "/en/register")
    assert rendered == ["/en/register"] * 2
    nonces = {page.value("form_nonce") for page in (one, two, three)}
    assert len(nonces) == 3
    assert "~form" not in one.source
    assert one.value("training-social-economy") != three.value("training-social-economy")
    assert "ETag" not in one.response.headers


def test_an_answer_that_is_no_page_is_never_kept(catalogue, client):
    assert client.get("/en/trainings/nothing").status_code == 404
    assert client.get("/en/trainings/nothing").status_code == 404
    assert client.application.wsgi_app.pages == {}


def test_over_tls_a_kept_page_says_so_and_the_plain_one_does_not(catalogue, client):
    assert "Strict-Transport-Security" not in client.get(TRAINING).headers
    assert "Strict-Transport-Security" in client.get(TRAINING, base_url="https://localhost").headers
    assert "Strict-Transport-Security" not in client.get(TRAINING).headers


def test_strange_queries_do_not_fill_the_memory(catalogue, client, monkeypatch):
    monkeypatch.setattr(page_cache, "MOST", 5)
    for number in range(12):
        client.get(f"/en/register?session={number}")
    assert len(client.application.wsgi_app.pages) <= 5


def test_a_database_that_is_away_gives_an_answer_in_words(catalogue, client, monkeypatch):
    client.get(TRAINING)

    def fail(engine):
        raise RuntimeError("no database")

    monkeypatch.setattr(page_cache, "read_version", fail)
    assert client.get(TRAINING).status_code == 200


def test_what_is_not_stored_yet_is_never_shown(catalogue, client):
    before = showing.snapshot().programme.name
    with transaction() as session:
        session.execute(text("UPDATE installation SET catalogue_version = catalogue_version + 1"))
        session.execute(text("UPDATE setting SET value = '{}' WHERE key = 'programme'"))
        if db.engine.dialect.name != "sqlite":
            assert showing.snapshot().programme.name == before
        session.rollback()
    assert showing.snapshot().programme.name == before
