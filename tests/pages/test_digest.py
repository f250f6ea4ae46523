"""The digest: chosen by each colleague, once in their morning, counts and links, nobody's name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from sets import clock as time
from sets.database import db, transaction
from sets.installation import Setting
from sets.mailing.models import Delivery, DeliveryStatus
from sets.mailing.rendering import render
from sets.pages.digest import post_digests
from sets.staff.deliveries import _posted
from sets.staff.models import Account
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

pytestmark = pytest.mark.usefixtures("catalogue", "clock")
# A Monday, at half past seven in Paris.
MONDAY = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def posted(kind="digest"):
    db.session.rollback()
    return list(db.session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def letter(row):
    return render(_posted(row)).text or ""


def test_a_daily_digest_leaves_once_in_the_morning_of_its_reader(clock):
    make_account("organiser", digest="daily")
    make_account("organiser", digest="daily", time_zone="America/New_York", email="far@example.org")
    make_account("organiser", digest="never")
    make_account("organiser")
    clock.move_to(MONDAY - timedelta(hours=1))
    factories.registration(factories.training_session(capacity=2))
    assert post_digests() == 0
    clock.move_to(MONDAY)
    assert post_digests() == 1
    clock.shift(timedelta(minutes=20))
    assert post_digests() == 0
    assert len(posted()) == 1
    clock.move_to(MONDAY + timedelta(hours=6))
    assert post_digests() == 1
    assert [row.to_address for row in posted()][1] == "far@example.org"


def test_a_day_without_news_sends_nothing_and_a_week_says_so(clock):
    make_account("organiser", digest="daily")
    make_account("organiser", digest="weekly", email="week@example.org")
    clock.move_to(MONDAY)
    assert post_digests() == 1
    (row,) = posted()
    assert row.to_address == "week@example.org"
    assert "Nothing happened this week, and nothing waits for you." in letter(row)
    clock.shift(timedelta(days=1))
    assert post_digests() == 0


def test_the_mail_has_counts_and_links_and_names_nobody(clock):
    clock.move_to(MONDAY)
    make_account("organiser", digest="daily")
    session = factories.training_session(capacity=1)
    factories.registration(session, factories.learner(first_name="Zenobia"))
    factories.registration(session, factories.learner("zenobia@example.org"), status="waiting")
    factories.delivery(status=DeliveryStatus.FAILED)
    assert post_digests() == 1
    (row,) = posted()
    text = letter(row)
    assert "- 2 new registrations since yesterday\n  http://localhost/staff/registrations" in text
    assert "- 1 person waits\n  http://localhost/staff/registrations?status=waiting" in text
    assert "- 1 message was refused\n  http://localhost/staff/outbox?state=failed" in text
    assert "enobia" not in text + str(row.facts)


def test_it_speaks_the_language_of_its_reader_and_stops_with_the_account(clock):
    clock.move_to(MONDAY)
    account = make_account("coordinator", digest="weekly", language="fr")
    post_digests()
    (row,) = posted()
    assert row.language == "fr"
    with transaction() as session:
        session.get(Account, account.id).active = False
    clock.shift(timedelta(days=7))
    assert post_digests() == 0


def test_who_has_chosen_nothing_gets_what_the_settings_say(clock):
    clock.move_to(MONDAY)
    make_account("coordinator")
    with transaction() as session:
        session.add(Setting(key="digest", value="weekly", changed_at=time.now()))
    assert post_digests() == 1


def test_it_is_chosen_on_the_page_of_the_account(client):
    account = sign_in(client, "coordinator")
    page = visit(client, "/staff/account")
    assert "As the settings of the site say (Never)" in page.text
    submit(page, form="/profile", digest="weekly")
    db.session.rollback()
    assert db.session.get(Account, account.id).digest == "weekly"
    submit(visit(client, "/staff/account"), form="/profile", digest="")
    db.session.rollback()
    assert db.session.get(Account, account.id).digest is None


def test_refused_messages_are_told_to_administrators_once_a_day(clock):
    clock.move_to(MONDAY + timedelta(hours=5))
    make_account("administrator", email="ada@example.org")
    make_account("organiser")
    factories.delivery(status=DeliveryStatus.FAILED)
    assert post_digests() == 1
    factories.delivery(status=DeliveryStatus.FAILED)
    assert post_digests() == 0
    (row,) = posted("mail_refused")
    assert row.to_address == "ada@example.org"
    assert "1 message was refused by a mail server in the last day." in letter(row)
    clock.shift(timedelta(days=3))
    assert post_digests() == 0


@pytest.mark.parametrize(("choice", "count"), [("nobody", 0), ("organisers", 2)])
def test_the_settings_say_who_is_told_of_refused_messages(clock, choice, count):
    make_account("administrator")
    make_account("organiser")
    with transaction() as session:
        session.add(Setting(key="told_of_refused_mail", value=choice, changed_at=time.now()))
    factories.delivery(status=DeliveryStatus.FAILED)
    assert post_digests() == count
