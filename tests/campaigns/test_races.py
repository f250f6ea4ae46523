"""Real processes that send one campaign and write its mails, all at once: everybody has one, on both databases."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from sets.database import db
from sets.mailing.models import Delivery
from sets.staff.models import Activity
from tests import factories
from tests.databases import race
from tests.staff.signing import make_account

from .campaigns import a_campaign, reloaded

SEND_AND_EXPAND = """
import sys
from sets import create_app
from sets.campaigns import sending

campaign, account = sys.argv[2], int(sys.argv[3])
app = create_app()
with app.app_context():
    ready()
    try:
        sending.start_campaign(campaign, revision=1, account_id=account)
        print("sent")
    except sending.CampaignRefused as refusal:
        print(refusal.reason)
    while sending.run_due():
        pass
"""
PEOPLE = 130


def test_four_who_press_at_once_and_write_the_mails_at_once_give_each_person_one_mail(app, settings):
    session = factories.training_session(capacity=None)
    people = [factories.registration(session).learner_id for _ in range(PEOPLE)]
    campaign = a_campaign(filter={"session": session.public_id})
    account = make_account().id
    pressed = race(SEND_AND_EXPAND, 4, settings, arguments=[campaign.public_id, str(account)])
    assert sorted(outcome.strip() for outcome in pressed) == ["sent", "started", "started", "started"]
    assert reloaded(campaign).state == "sending"
    got = Counter(db.session.scalars(select(Delivery.learner_id).where(Delivery.kind == "campaign")))
    assert got == Counter(people)
    assert list(db.session.scalars(select(Activity.rows).where(Activity.verb == "campaign_sent"))) == [PEOPLE]
