"""A campaign on its way: to whom, once each, at its time and rate; paused, stopped, caught up. On both databases."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select

from sets.campaigns import deciding, sending
from sets.campaigns.models import Campaign
from sets.campaigns.sending import CampaignRefused
from sets.clock import now
from sets.database import db, transaction
from sets.mailing import claims
from sets.mailing.models import Delivery
from sets.mailing.pauses import pause_of
from sets.registration import erasure, workflow
from sets.registration.applying import LEARNER, Actor
from sets.registration.models import Consent, Registration, TextVersion
from sets.staff.models import Activity
from tests import factories
from tests.staff.signing import make_account

from .campaigns import a_campaign, reloaded

pytestmark = pytest.mark.usefixtures("app", "clock")


def session_with(*statuses, **values):
    session = factories.training_session(**values)
    rows = [factories.registration(session, status=status) for status in statuses]
    return session, rows


def start(campaign, **values):
    account = make_account(email=f"{uuid.uuid4()}@team.example").id
    sending.start_campaign(campaign.public_id, revision=campaign.revision, account_id=account, **values)


def run():
    while sending.run_due():
        pass


def mails(campaign=None):
    db.session.rollback()
    statement = select(Delivery).where(Delivery.kind == "campaign").order_by(Delivery.id)
    if campaign is not None:
        statement = statement.where(Delivery.campaign_id == campaign.id)
    return list(db.session.scalars(statement))


def test_people_with_a_confirmed_place_get_it_once_and_nobody_else():
    session, rows = session_with("confirmed", "confirmed", "waiting", "cancelled", "pending")
    factories.registration(session, silent=True)
    factories.registration()
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    run()
    assert [mail.learner_id for mail in mails()] == [rows[0].learner_id, rows[1].learner_id]
    assert reloaded(campaign).state == "sending"


def test_other_states_are_mailed_only_when_asked_for():
    session, rows = session_with("confirmed", "waiting")
    campaign = a_campaign(
        {"fr": ("Attente", "Bonjour.")}, filter={"session": session.public_id, "status": "waiting"}
    )
    start(campaign)
    run()
    assert [mail.learner_id for mail in mails()] == [rows[1].learner_id]


def test_a_person_with_two_registrations_is_one_recipient_unless_the_text_speaks_of_one():
    person = factories.learner()
    for _ in range(2):
        factories.registration(factories.training_session(), person)
    plain = a_campaign({"fr": ("Merci", "Merci à tous. {my_page}")})
    start(plain)
    run()
    assert len(mails(plain)) == 1
    own = a_campaign()
    start(own)
    run()
    assert len(mails(own)) == 2


def test_who_was_left_out_or_got_another_campaign_is_not_written_to():
    session, rows = session_with("confirmed", "confirmed", "confirmed")
    first = a_campaign(filter={"session": session.public_id}, left_out=[rows[0].learner_id])
    start(first)
    run()
    assert {mail.learner_id for mail in mails(first)} == {rows[1].learner_id, rows[2].learner_id}
    second = a_campaign(filter={"session": session.public_id, "unsent": first.public_id})
    start(second)
    run()
    assert [mail.learner_id for mail in mails(second)] == [rows[0].learner_id]


def test_pressing_twice_is_one_send():
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    with pytest.raises(CampaignRefused, match="started"):
        start(reloaded(campaign))
    run()
    assert len(mails()) == 1


def test_a_draft_that_somebody_changed_since_it_was_read_is_not_sent():
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id}, revision=4)
    with pytest.raises(CampaignRefused, match="changed"):
        sending.start_campaign(campaign.public_id, revision=3, account_id=make_account().id)


def test_a_language_without_a_text_blocks_unless_a_fallback_is_allowed():
    session, _rows = session_with("confirmed")
    factories.registration(session, factories.learner(language="it"))
    campaign = a_campaign(filter={"session": session.public_id})
    with pytest.raises(CampaignRefused, match="no_text"):
        start(campaign)
    with transaction() as store:
        store.get(Campaign, campaign.id).fallback = "fr"
    start(reloaded(campaign))
    run()
    assert sorted(mail.language for mail in mails()) == ["fr", "it"]


def test_nobody_to_write_to_is_refused():
    campaign = a_campaign(filter={"session": "no such session"})
    with pytest.raises(CampaignRefused, match="nobody"):
        start(campaign)


def test_a_scheduled_campaign_goes_at_its_time_to_the_people_of_that_moment(clock):
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign, at=now() + timedelta(hours=3), zone="Europe/Paris")
    run()
    assert mails() == []
    factories.registration(session)
    clock.shift(timedelta(hours=3, seconds=1))
    run()
    assert len(mails()) == 2


def test_a_scheduled_campaign_is_taken_back_before_its_time_and_not_after(clock):
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign, at=now() + timedelta(hours=3))
    sending.back_to_draft(campaign.public_id)
    assert reloaded(campaign).state == "draft"
    with pytest.raises(CampaignRefused, match="started"):
        sending.back_to_draft(campaign.public_id)


def test_more_people_than_a_batch_are_written_in_rounds_each_once(monkeypatch):
    session = factories.training_session(capacity=None)
    for _ in range(sending.BATCH + 30):
        factories.registration(session)
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    monkeypatch.setattr(sending, "ROUND", 0.0001)
    assert sending.run_due() == sending.BATCH
    run()
    found = [mail.learner_id for mail in mails()]
    assert len(found) == len(set(found)) == sending.BATCH + 30


@pytest.mark.settings(SETS_CAMPAIGN_RATE="60")
def test_mails_leave_at_the_rate_that_was_set():
    session, _rows = session_with(*["confirmed"] * 4)
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    times = [mail.next_at for mail in mails()]
    assert [second - first for first, second in pairwise(times)] == [timedelta(seconds=1)] * 3


def test_a_paused_campaign_lets_nothing_leave_and_others_go_on(clock):
    session, _rows = session_with("confirmed", "confirmed")
    one, two = (a_campaign(filter={"session": session.public_id}) for _ in range(2))
    for campaign in (one, two):
        start(campaign)
    run()
    clock.shift(timedelta(minutes=1))
    claimed = claims.claim("w/1", 1)
    sending.pause_campaign(one.public_id)
    assert claimed[0].campaign_id == one.id
    # Paused after it was claimed: it does not leave either.
    from sets.mailing.rendering import render

    assert not claims.turn("w/1", None, render(claimed[0]))
    claims.give_back(["w/1"])
    assert {posted.campaign_id for posted in claims.claim("w/2", 10)} == {two.id}
    claims.give_back(["w/2"])
    sending.resume_campaign(one.public_id)
    assert {posted.campaign_id for posted in claims.claim("w/3", 10)} == {one.id, two.id}


def test_a_stopped_campaign_cancels_what_has_not_left_for_good():
    session, _rows = session_with("confirmed", "confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    assert sending.stop_campaign(campaign.public_id) == 2
    assert {(mail.status, mail.reason) for mail in mails()} == {("cancelled", "stopped")}
    factories.registration(session)
    assert sending.catch_up() == 0
    assert reloaded(campaign).state == "stopped"


def test_who_is_confirmed_later_gets_it_too_until_it_is_outdated(clock):
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id}, catch_up_until=now() + timedelta(days=5))
    start(campaign)
    run()
    clock.shift(timedelta(minutes=5))
    late = factories.registration(session)
    assert sending.catch_up() == 1
    assert sending.catch_up() == 0
    assert mails()[-1].learner_id == late.learner_id
    assert mails()[-1].posted_at > reloaded(campaign).expanded_at
    clock.shift(timedelta(days=6))
    factories.registration(session)
    assert sending.catch_up() == 0


def test_without_catch_up_later_people_get_nothing():
    session, _rows = session_with("confirmed")
    campaign = a_campaign(
        filter={"session": session.public_id}, catch_up=False, catch_up_until=now() + timedelta(days=5)
    )
    start(campaign)
    run()
    factories.registration(session)
    assert sending.catch_up() == 0


@pytest.mark.parametrize(
    ("refused", "sent", "pauses"), [(9, 0, False), (10, 0, True), (10, 300, False), (16, 300, True)]
)
def test_too_many_refusals_pause_it_by_themselves(refused, sent, pauses):
    session, rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    with transaction() as store:
        for number in range(refused + sent):
            store.add(
                Delivery(
                    public_id=f"{number:036}", kind="campaign", priority=50, campaign_id=campaign.id,
                    to_address="x@example.org", language="fr", status="failed" if number < refused else "sent",
                    next_at=now() + timedelta(seconds=number), posted_at=now(), learner_id=rows[0].learner_id,
                )
            )  # fmt: skip
    sending.watch()
    assert (pause_of(campaign.id) is not None) is pauses


def test_a_campaign_is_done_when_every_mail_has_its_end():
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    with transaction() as store:
        store.query(Delivery).update({"status": "sent"})
    run()
    assert reloaded(campaign).state == "done"


def test_news_go_to_those_who_asked_and_have_not_changed_their_mind():
    people = [factories.learner() for _ in range(3)]
    with transaction() as store:
        store.add(TextVersion(id=1, kind="news", number=1, language="fr", body="x", from_at=now()))
        store.flush()
        for person, withdrawn in ((people[0], None), (people[1], now())):
            store.add(
                Consent(
                    learner_id=person.id,
                    kind="news",
                    text_version_id=1,
                    given_at=now(),
                    withdrawn_at=withdrawn,
                )
            )
    campaign = a_campaign({"fr": ("Nouvelles dates", "Bonjour.")}, audience="news")
    start(campaign)
    run()
    assert [mail.learner_id for mail in mails()] == [people[0].id]


def test_erased_people_get_nothing_and_the_count_stays():
    session, rows = session_with("confirmed", "confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    erasure.erase_learner(rows[0].learner.public_id, actor=Actor("staff", 1))
    found = mails()
    assert len(found) == 2
    assert [(mail.status, mail.to_address) for mail in found if mail.learner_id is None] == [
        ("cancelled", None)
    ]


def test_who_left_after_they_were_chosen_is_not_written_to():
    from sets.mailing.kinds import NotWanted
    from sets.mailing.rendering import render
    from tests.registration.letters_read import as_posted

    session, rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    workflow.cancel(db.session.get(Registration, rows[0].id).public_id, actor=LEARNER)
    with pytest.raises(NotWanted, match="no_longer_fits"):
        render(as_posted(mails()[0]))


def test_what_was_sent_by_whom_to_how_many_is_in_the_activity_log():
    session, _rows = session_with("confirmed", "confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    db.session.rollback()
    (row,) = db.session.scalars(select(Activity).where(Activity.verb == "campaign_sent"))
    assert (row.subject_type, row.rows) == ("campaign", 2)


def refuse(campaign, number):
    with transaction() as store:
        ids = store.scalars(
            select(Delivery.id)
            .where(Delivery.campaign_id == campaign.id, Delivery.status == "queued")
            .order_by(Delivery.id)
            .limit(number)
        ).all()
        store.query(Delivery).filter(Delivery.id.in_(ids)).update({"status": "failed", "reason": "refused"})


def test_who_lets_it_go_on_has_seen_the_refusals_and_only_new_ones_pause_it_again():
    session = factories.training_session(capacity=None)
    for _ in range(40):
        factories.registration(session)
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    refuse(campaign, 12)
    assert sending.watch() == 1
    sending.resume_campaign(campaign.public_id)
    assert sending.watch() == 0
    refuse(campaign, 9)
    assert sending.watch() == 0
    refuse(campaign, 1)
    assert sending.watch() == 1


@pytest.mark.settings(SETS_CAMPAIGN_RATE="60")
def test_after_a_pause_what_waited_leaves_at_the_rate_too(clock):
    session, _rows = session_with(*["confirmed"] * 4)
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    sending.pause_campaign(campaign.public_id)
    clock.shift(timedelta(hours=1))
    sending.resume_campaign(campaign.public_id)
    assert [mail.next_at - now() for mail in mails()] == [timedelta(seconds=number) for number in range(4)]


def test_a_finished_campaign_goes_on_while_later_people_are_written_to():
    session, _rows = session_with("confirmed")
    campaign = a_campaign(filter={"session": session.public_id}, catch_up_until=now() + timedelta(days=5))
    start(campaign)
    run()
    finish()
    assert reloaded(campaign).state == "done"
    factories.registration(session)
    sending.catch_up()
    assert reloaded(campaign).state == "sending"
    finish()
    assert reloaded(campaign).state == "done"


def finish():
    with transaction() as store:
        store.query(Delivery).filter_by(status="queued").update({"status": "sent"})
    run()


@pytest.mark.settings(SETS_CAMPAIGN_RATE="60")
def test_send_again_reaches_only_the_failed_of_that_campaign_at_the_rate():
    session, _rows = session_with(*["confirmed"] * 5)
    one, other = (a_campaign(filter={"session": session.public_id}) for _ in range(2))
    for campaign in (one, other):
        start(campaign)
        run()
        refuse(campaign, 2)
    finish()
    assert reloaded(one).state == "done"
    assert deciding.send_again(one.public_id) == 2
    assert reloaded(one).state == "sending"
    assert [mail.status for mail in mails(one)] == ["queued", "queued", "sent", "sent", "sent"]
    assert [mail.status for mail in mails(other)] == ["failed", "failed", "sent", "sent", "sent"]
    assert [mail.next_at - now() for mail in mails(one)[:2]] == [timedelta(0), timedelta(seconds=1)]


def test_a_stopped_campaign_sends_nothing_again():
    session, _rows = session_with("confirmed", "confirmed")
    campaign = a_campaign(filter={"session": session.public_id})
    start(campaign)
    run()
    refuse(campaign, 1)
    sending.stop_campaign(campaign.public_id)
    with pytest.raises(CampaignRefused, match="not_running"):
        deciding.send_again(campaign.public_id)
