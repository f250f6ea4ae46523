"""Retention at night: told a week before, on the programme's clocks; nobody goes who was not announced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from sets import clock as time
from sets.database import db, transaction
from sets.mailing.models import Delivery
from sets.mailing.rendering import render
from sets.protection.announcing import announce, list_soon, run_nightly
from sets.protection.models import RetentionNotice
from sets.registration.models import Learner, LearnerNeed
from sets.staff.activity import record_activity
from sets.staff.deliveries import _posted
from sets.staff.models import Activity
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

pytestmark = pytest.mark.usefixtures("catalogue", "clock")
TWO_YEARS = timedelta(days=731)


def people():
    db.session.rollback()
    return db.session.scalar(select(func.count(Learner.id)))


def nights(clock, count):
    """Let nights pass, each at half past three in Paris; return how much was removed in each."""
    removed = []
    for _ in range(count):
        clock.shift(timedelta(days=1))
        removed.append(run_nightly())
    return removed


@pytest.fixture
def night(clock):
    clock.move_to(datetime(2026, 3, 2, 2, 30, tzinfo=UTC))
    return clock


def test_who_is_due_goes_a_week_after_the_notice_and_not_before(night):
    make_account("administrator", email="ada@example.org")
    make_account("organiser")
    factories.learner()
    night.shift(TWO_YEARS - timedelta(days=1))
    assert run_nightly() == 0
    assert people() == 1
    notice = db.session.scalars(select(RetentionNotice)).one()
    assert (notice.people, notice.needs) == (1, 0)
    mail = db.session.scalars(select(Delivery)).one()
    assert (mail.kind, mail.to_address) == ("retention_ahead", "ada@example.org")
    assert nights(night, 6) == [0] * 6
    assert nights(night, 3) == [1, 0, 0]
    assert people() == 0


def test_each_is_announced_in_one_week_only_and_quiet_weeks_send_nothing(night):
    make_account("administrator")
    for _ in range(3):
        factories.learner()
        night.shift(timedelta(days=5))
    night.shift(TWO_YEARS - timedelta(days=40))
    removed = sum(nights(night, 60))
    counts = [row.people for row in db.session.scalars(select(RetentionNotice).order_by(RetentionNotice.id))]
    assert removed == sum(counts) == 3
    assert len(counts) >= 8
    assert db.session.scalar(select(func.count(Delivery.id))) == len([one for one in counts if one])


def test_announcing_again_in_the_same_week_does_nothing(night):
    assert announce()
    assert not announce()
    night.shift(timedelta(days=6, hours=20))
    assert not announce()
    night.shift(timedelta(days=1))
    assert announce()


def test_by_day_only_what_a_night_missed_goes(night):
    night.shift(timedelta(hours=17.5))
    factories.learner()
    night.shift(timedelta(days=717, hours=-17.5))
    assert nights(night, 14) == [0] * 14
    # Due at half past nine of this day: not in working hours, but in the night after.
    night.shift(timedelta(hours=9))
    assert run_nightly() == 0
    night.shift(timedelta(hours=15))
    assert run_nightly() == 1


def test_what_a_night_missed_goes_by_day(night):
    factories.learner()
    night.shift(timedelta(days=730.56 - 14))
    nights(night, 13)
    # The machine was off for two nights.
    night.shift(timedelta(days=2, hours=12))
    assert run_nightly() == 1


def test_needs_go_on_their_day_whatever_was_announced(night):
    learner = factories.learner()
    with transaction() as session:
        session.add(LearnerNeed(learner_id=learner.id, text="Subtitles", consent_at=time.now()))
    night.shift(timedelta(days=29))
    assert run_nightly() == 0
    night.shift(timedelta(days=1))
    assert run_nightly() == 1


def test_the_mail_says_counts_and_days_and_names_nobody(night):
    make_account("administrator")
    learner = factories.learner(first_name="Zenobia")
    night.shift(TWO_YEARS - timedelta(days=1))
    run_nightly()
    ready = render(_posted(db.session.scalars(select(Delivery)).one()))
    assert ready.subject == "Removed soon – SETS"
    assert "- 1 person" in (ready.text or "")
    assert "/staff/privacy/removals" in (ready.text or "")
    assert "Zenobia" not in (ready.text or "") + str(learner.id)


def test_an_organiser_sees_who_goes_and_keeps_somebody_longer(client, night):
    learner = factories.learner(first_name="Zenobia", last_name="Martin")
    night.shift(TWO_YEARS - timedelta(days=5))
    sign_in(client, "organiser")
    page = visit(client, "/staff/privacy/removals")
    assert "Zenobia Martin" in page.text
    page = visit(client, f"/staff/privacy/people/{learner.public_id}/keeping")
    assert "Choose one of these." in submit(page, form="/keeping", button="Keep longer", status=422).text
    submit(page, form="/keeping", button="Keep longer", until="2028-12-31", reason="proof")
    assert list_soon()[0] == 0
    nights(night, 30)
    assert people() == 1
    note = db.session.scalars(select(Activity).where(Activity.verb == "learner_kept")).one()
    assert note.filter == {"reason": "proof"}
    sign_in(client, "organiser")
    page = visit(client, f"/staff/privacy/people/{learner.public_id}/keeping")
    submit(page, form="/keeping", button="Keep no longer than others")
    assert list_soon()[0] == 1


def test_coordinators_do_not_see_who_goes(client):
    sign_in(client, "coordinator")
    assert client.get("/staff/privacy").status_code == 403


def test_a_person_who_acts_is_kept_anew(night):
    learner = factories.learner()
    night.shift(TWO_YEARS - timedelta(days=10))
    with transaction() as session:
        session.get(Learner, learner.id).acted_at = time.now()
    nights(night, 30)
    assert people() == 1


def test_the_log_is_deleted_as_early_as_the_setting_says(app, night):
    from sets.installation import Setting
    from sets.staff.activity import forget_old_activity

    with transaction() as session:
        record_activity("mail_sent_again")
        session.add(Setting(key="retention_log_days", value=90, changed_at=time.now()))
    assert forget_old_activity() == 0
