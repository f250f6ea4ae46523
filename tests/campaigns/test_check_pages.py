"""The last page before a campaign leaves: what is odd, the mail as people get it, and the sending, once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sets.campaigns import sending
from sets.database import db
from sets.mailing.models import Delivery
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in

from .campaigns import a_campaign, reloaded


@pytest.fixture
def coordinator(client, clock):
    sign_in(client, "coordinator")
    return client


def check(campaign):
    return f"/staff/campaigns/{campaign.public_id}/check"


def people(count, **values):
    session = factories.training_session(capacity=None, **values)
    for _ in range(count):
        factories.registration(session)
    return session


def mails():
    while sending.run_due():
        pass
    db.session.rollback()
    return list(db.session.scalars(select(Delivery).where(Delivery.kind == "campaign")))


def test_a_draft_is_sent_to_the_people_that_the_page_counts(coordinator):
    campaign = a_campaign(filter={"session": people(2).public_id})
    page = visit(coordinator, check(campaign))
    assert "2 people get it" in page.text
    submit(page, form="sending", follow=False, status=303)
    assert reloaded(campaign).state == "expanding"
    assert len(mails()) == 2
