"""Several of the team write questions at once: one draft, and nothing of anybody's is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from sets.database import db
from sets.questionnaires import editing, releasing
from sets.questionnaires.editing import FormRefused, WrittenQuestion
from sets.questionnaires.models import FormVersion, Question
from sets.questionnaires.scopes import mark_of_version
from tests.staff.signing import make_account


def at_once(app, act, number):
    """Call `act(number)` so many times at the same moment; return what came of each."""
    ready = Barrier(number)

    def run(which):
        with app.app_context():
            ready.wait()
            try:
                return act(which)
            except FormRefused as refusal:
                return refusal.reason
            finally:
                db.session.remove()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.fixture
def author(app, clock):
    identifier = make_account("organiser").id
    db.session.rollback()
    return identifier


def add(author, words="Votre ville ?"):
    written = WrittenQuestion("short_text", {"fr": words})
    return editing.add_question(None, written, source="fr", account_id=author)


def test_whoever_begins_a_draft_at_the_same_moment_writes_in_the_same_one(app, author):
    ids = at_once(app, lambda _which: add(author), 6)
    db.session.rollback()
    (draft,) = db.session.scalars(select(FormVersion)).all()
    assert {entry["id"] for entry in draft.content["questions"]} == set(ids)
    assert len(set(db.session.scalars(select(Question.key)))) == 6


def test_a_draft_goes_live_once_however_many_press(app, author):
    add(author)
    mark = mark_of_version(editing.find_version(None, "draft"))
    db.session.rollback()
    found = at_once(app, lambda _which: releasing.make_live(None, mark=mark, account_id=author), 4)
    db.session.rollback()
    assert sorted(map(str, found)) == ["1", "changed", "changed", "changed"]
    assert [row.state for row in db.session.scalars(select(FormVersion))] == ["live"]
