"""A site that was filled under the first tables is upgraded with all its people, and has the tables of a new one."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests import databases
from tests.conftest import FOLDER, site_settings

FIRST = "0001"
ROWS = (
    "INSERT INTO training (id, slug, position, hours, state, queue_counter) VALUES (1, 'bread', 1, 6, 'published', 2)",
    "INSERT INTO training_session (id, public_id, training_id, language, time_zone, capacity, places_taken, state,"
    " needs_approval, filling, reminders, is_example, practice, created_at, revision) VALUES (1, 's1', 1, 'fr',"
    " 'Europe/Paris', 20, 1, 'published', false, 'offer', '[]', false, false, '2026-01-01 00:00:00', 1)",
    "INSERT INTO meeting (id, public_id, training_session_id, starts_at, ends_at, revision) VALUES (1, 'm1', 1,"
    " '2026-05-01 16:00:00', '2026-05-01 18:00:00', 1)",
    "INSERT INTO learner (id, public_id, email, email_key, email_slot, first_name, last_name, organisation,"
    " organisation_kind, role, country, source, language, time_zone, answers, link_version, feed_version, created_at)"
    " VALUES (1, 'l1', 'zoe@example.org', 'zoe@example.org', 0, 'Zoé', 'Lefèvre', '', '', '', 'FR', '', 'fr', '',"
    " '{}', 1, 1, '2026-01-02 00:00:00')",
    "INSERT INTO registration (id, public_id, learner_id, training_id, training_session_id, status, wants, origin,"
    " silent, answers, confirmed_at, status_at, created_at, revision) VALUES (1, 'r1', 1, 1, 1, 'confirmed', '[]',"
    " 'public', false, '{\"q1\": \"a\"}', '2026-01-02 00:00:00', '2026-01-02 00:00:00', '2026-01-02 00:00:00', 1)",
    "INSERT INTO registration_event (id, registration_id, at, verb, to_status, actor_kind, mailed) VALUES (1, 1,"
    " '2026-01-02 00:00:00', 'register', 'confirmed', 'learner', true)",
    "INSERT INTO attendance_fact (id, registration_id, meeting_id, kind, at) VALUES (1, 1, 1, 'joined',"
    " '2026-05-01 16:01:00')",
)


@pytest.fixture(params=databases.KINDS)
def old_site(request, worker_id, tmp_path):
    """A site whose database is as the first version left it, with somebody in it."""
    from sets import create_app
    from sets.database import db

    store = databases.store(request.param, Path(os.environ[FOLDER]))
    store.template("first", _fill)
    name = f"migrated_{worker_id}"
    url = store.copy("first", name, tmp_path / "instance")
    site = create_app(site_settings(url, tmp_path / "instance"))
    with site.app_context():
        yield site
        db.session.remove()
        db.engine.dispose()
    store.drop(name)


def _fill(url, instance):
    from sets import create_app
    from sets.database import db

    site = create_app(site_settings(url, instance))
    with site.app_context():
        flask_migrate.upgrade(revision=FIRST)
        with db.engine.begin() as connection:
            for row in ROWS:
                connection.exec_driver_sql(row)
        db.engine.dispose()


def test_everybody_is_still_there_after_every_migration(old_site):
    from sets.database import db
    from sets.registration.models import AttendanceFact, Registration

    flask_migrate.upgrade()
    row = db.session.get(Registration, 1)
    assert (row.status, row.learner.full_name, row.answers) == ("confirmed", "Zoé Lefèvre", {"q1": "a"})
    assert (row.session.capacity, row.session.places_taken) == (20, 1)
    # Sessions planned before there were reminders begin with those of a new one.
    assert row.session.reminders == [7 * 24 * 60, 24 * 60, 60]
    assert (row.ended_at, row.session.trainer) == (None, "")
    assert [event.verb for event in row.events] == ["register"]
    assert db.session.get(AttendanceFact, 1).kind == "joined"


def test_the_upgraded_tables_are_those_of_a_new_site(old_site):
    from sets.database import db

    flask_migrate.upgrade()
    with db.engine.connect() as connection, warnings.catch_warnings():
        # Alembic cannot read indexes on expressions back from SQLite, and says so.
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_way_back_keeps_the_people(old_site):
    from sets.database import db

    flask_migrate.upgrade()
    flask_migrate.downgrade(revision=FIRST)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT status FROM registration")).scalar() == "confirmed"
        assert connection.execute(text("SELECT kind FROM attendance_fact")).scalar() == "joined"
