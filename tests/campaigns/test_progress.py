"""The page of a campaign that left: counts, state in words, pause, stop, who comes later. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sets.campaigns import sending
from sets.campaigns.progress import read_progress
from sets.clock import now
from sets.database import db, transaction
from sets.mailing import pauses
from sets.mailing.models import Delivery
from sets.registration.models import Learner
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import make_account, sign_in

from .campaigns import a_campaign, reloaded

pytestmark = pytest.mark.usefixtures("app", "clock")


def a_session(number, **values):
    session = factories.training_session(capacity=None, **values)
    for _ in range(number):
        factories.registration(session)
    return session


def sent(number=3, **values):
    """Return a campaign whose mails are written, to so many people of a new session."""
    session = a_session(number)
    campaign = a_campaign(filter={"session": session.public_id}, **values)
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account(name="Ada Ley").id)
    run()
    return reloaded(campaign), session


def run():
    while sending.run_due():
        pass
    db.session.rollback()


def set_states(campaign, *states, **values):
    with transaction() as store:
        rows = store.query(Delivery).filter_by(campaign_id=campaign.id).order_by(Delivery.id).all()
        for row, state in zip(rows, states, strict=False):
            row.status = state
            for name, value in values.items():
                setattr(row, name, value)


def path(campaign, more=""):
    return f"/staff/campaigns/{campaign.public_id}{more}"


def test_a_draft_opens_where_it_is_written(client):
    campaign = a_campaign()
    sign_in(client)
    answer = client.get(path(campaign))
    assert answer.status_code == 303
    assert answer.headers["Location"] == path(campaign, "/edit")


def test_counts_are_told_by_state_and_language():
    session = a_session(1)
    factories.registration(session, factories.learner(language="it"))
    campaign = a_campaign(filter={"session": session.public_id}, fallback="fr")
    sending.start_campaign(campaign.public_id, revision=1, account_id=make_account().id)
    run()
    set_states(campaign, "sent", "failed")
    found = read_progress(reloaded(campaign))
    assert found.by_language == {"fr": {"sent": 1}, "it": {"failed": 1}}
    assert (found.total, found.open) == (2, 0)


def test_the_page_says_how_far_it_is_who_sent_it_and_when_it_is_done(client):
    campaign, _session = sent(3)
    set_states(campaign, "sent")
    sign_in(client)
    page = visit(client, path(campaign))
    assert page.heading == "Your link"
    for words in ("1 of 3 messages have left.", "Sent by Ada Ley on Monday 2 March 2026", "On its way",
                  "The last message leaves at about", "Votre lien"):  # fmt: skip
        assert words in page.text, words
    assert '<noscript><meta http-equiv="refresh"' in page.source


def test_whoever_had_no_text_in_their_language_is_named_and_written_to_from_there(client):
    campaign, _session = sent(1)
    with transaction() as store:
        store.query(Learner).update({"language": "it"})
        store.query(Delivery).update({"language": "it"})
    set_states(campaign, "cancelled", reason="no_text")
    sign_in(client)
    page = visit(client, path(campaign))
    assert "One person who reads messages in this language got nothing" in page.text
    link = page.one("a", text="Write to those who did not get it")
    assert "1 person" in visit(client, link.get("href")).text


def test_who_came_later_is_told_apart(client, clock):
    campaign, session = sent(2, catch_up_until=now() + timedelta(days=9))
    set_states(campaign, "sent", "sent")
    run()
    clock.shift(timedelta(minutes=1))
    factories.registration(session)
    sending.catch_up()
    sign_in(client)
    assert "2 + 1 later" in visit(client, path(campaign)).text


def test_a_campaign_is_paused_goes_on_and_is_stopped_from_its_page(client):
    campaign, _session = sent(3)
    set_states(campaign, "sent")
    sign_in(client, name="Claire Morel")
    page = submit(visit(client, path(campaign)), button="Pause it")
    assert "Paused by Claire Morel on Monday 2 March 2026" in page.text
    assert "refresh" not in page.source
    assert pauses.pause_of(campaign.id) is not None
    assert "is paused" in visit(client, "/staff/").text
    page = submit(page, button="Let it go on")
    assert pauses.pause_of(campaign.id) is None
    asking = visit(client, path(campaign, "/stop"))
    assert "2 messages that wait do not leave." in asking.text
    assert reloaded(campaign).state == "sending"
    page = submit(asking, button="Stop it for good")
    assert "Stopped: 2 messages do not leave." in page.text
    assert "Stopped by Claire Morel" in page.text
    assert reloaded(campaign).state == "stopped"


def test_a_pause_by_refusals_says_why_on_every_page(client):
    campaign, _session = sent(14)
    set_states(campaign, *["failed"] * 12)
    assert sending.watch() == 1
    sign_in(client)
    assert "too many addresses refused it" in visit(client, "/staff/").text
    page = visit(client, path(campaign))
    assert "Paused by itself" in page.text
    assert "12 addresses refused it." in page.text


def test_what_was_put_off_says_when_it_is_tried_again(client):
    campaign, _session = sent(1)
    set_states(campaign, "retry", next_at=now() + timedelta(minutes=5))
    sign_in(client)
    assert "the next try is on Monday 2 March 2026, 10:05" in visit(client, path(campaign)).text


def test_a_planned_campaign_says_when_in_which_zone_and_how_many_now(client):
    session = a_session(2)
    campaign = a_campaign(filter={"session": session.public_id})
    at = now() + timedelta(hours=3)
    sending.start_campaign(
        campaign.public_id, revision=1, account_id=make_account().id, at=at, zone="Europe/Athens"
    )
    sign_in(client)
    page = visit(client, path(campaign))
    assert "It leaves on Monday 2 March 2026, 14:00, Athens time." in page.text
    assert "2 people would get it now." in page.text


def test_who_comes_later_gets_it_or_not_as_the_page_says(client):
    campaign, _session = sent(1, catch_up=False)
    sign_in(client)
    page = visit(client, path(campaign))
    assert "Who is confirmed later does not get it." in page.text
    page = submit(page, button="Also write to those who come later", until="2026-03-09")
    assert "gets it too, until Monday 9 March 2026" in page.text
    assert reloaded(campaign).catch_up_until is not None
    page = submit(page, button="Write to nobody else")
    assert not reloaded(campaign).catch_up


def test_a_day_that_is_over_is_refused_beside_the_field(client):
    campaign, _session = sent(1, catch_up=False)
    sign_in(client)
    page = submit(
        visit(client, path(campaign)),
        button="Also write to those who come later",
        until="2026-02-09",
        status=422,
    )
    assert "This day is over. Choose a later one." in page.text
    assert 'value="2026-02-09"' in page.source


def test_what_is_no_longer_possible_is_said(client):
    campaign, _session = sent(1)
    sign_in(client)
    page = visit(client, path(campaign))
    sending.stop_campaign(campaign.public_id)
    assert "no longer possible" in submit(page, button="Pause it").text
