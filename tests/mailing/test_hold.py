"""A restored or copied database sends nothing until a person releases it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sets.database import db, transaction
from sets.installation import Installation
from sets.mailing import claims, hold
from tests.mailing import probe


def send_one(owner="one/0"):
    """Do what a sender does to the next mail."""
    for posted in claims.claim(owner, 1):
        claims.turn(owner, claims.not_sent(posted, "sent", "test"), None)


@pytest.fixture
def folder(site):
    return Path(site.instance_path)


def test_a_new_site_is_not_held(site):
    assert hold.check() is None
    probe.post("a@example.org")
    assert hold.check() is None


def test_a_database_that_is_behind_what_was_sent_is_held(site):
    hold.check()
    probe.post("a@example.org")
    was = db.session.get(Installation, 1).high_water
    send_one()
    with transaction() as session:
        session.query(Installation).update({"high_water": was})
    assert hold.check() == hold.BEHIND
    assert hold.reason() == hold.BEHIND
    assert claims.claim("one/0", 5) == []


def test_another_database_is_held_unless_it_never_sent_anything(site):
    hold.check()
    probe.post("a@example.org")
    with transaction() as session:
        session.query(Installation).update({"identity": "another"})
    assert hold.check() is None
    send_one()
    with transaction() as session:
        session.query(Installation).update({"identity": "a third"})
    assert hold.check() == hold.DIFFERENT


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"identity": 3, "high_water": "x"}'])
def test_waiting_mails_whose_site_is_not_known_are_held(site, folder, content):
    probe.post("a@example.org", "b@example.org")
    assert hold.check() is None
    send_one()
    (folder / "installation.json").unlink()
    if content is not None:
        (folder / "installation.json").write_text(content)
    assert hold.check() == hold.MISSING


def test_a_copied_folder_is_held_and_one_whose_owner_was_set_is_not(site, folder):
    hold.check()
    (folder / "installation.seal").chmod(0o640)
    assert hold.check() is None
    for name in ("installation.seal", "installation.json"):
        shutil.copy2(folder / name, folder / "copy")
        shutil.move(folder / "copy", folder / name)
    (folder / "installation.seal").unlink()
    (folder / "decoy").touch()
    (folder / "installation.seal").touch()
    assert hold.check() == hold.COPIED


def test_a_release_sends_what_waited_and_the_next_start_asks_no_more(site, runner):
    hold.check()
    probe.post("a@example.org", "b@example.org")
    hold.put_on_hold(hold.BEHIND)
    asked = runner.invoke(args=["mail", "release"], input="n\n")
    assert "2  probe" in asked.output
    assert hold.reason() == hold.BEHIND
    done = runner.invoke(args=["mail", "release", "--yes"])
    assert done.exit_code == 0, done.output
    assert hold.reason() is None
    assert hold.check() is None
    assert len(claims.claim("one/0", 5)) == 2
    assert "not on hold" in runner.invoke(args=["mail", "release"]).output


def test_failed_mails_are_queued_again_on_the_command_line(site, runner):
    probe.post("a@example.org")
    (posted,) = claims.claim("one/0", 1)
    claims.turn("one/0", claims.not_sent(posted, "failed", "refused"), None)
    assert "Queued again: 1" in runner.invoke(args=["mail", "retry"]).output
    assert probe.states() == {"a@example.org": "queued"}


def test_what_is_told_to_people_goes_after_its_time_and_the_count_stays(site, clock):
    from datetime import timedelta

    from sets.mailing.retention import forget_texts

    probe.post("a@example.org", what="private")
    probe.post("waits@example.org", what="private")
    send_one()
    clock.shift(timedelta(days=91))
    assert forget_texts() == 1
    assert forget_texts() == 0
    assert sorted(probe.states().items(), key=str) == [("waits@example.org", "queued"), (None, "sent")]
    gone = next(row for row in db.session.query(probe.Delivery) if row.to_address is None)
    assert (gone.facts, gone.subject, gone.text, gone.kind) == ({}, None, None, "probe")
