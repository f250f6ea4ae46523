"""Campaigns for tests: stored as the pages store them."""

from __future__ import annotations

import uuid
from typing import Any

from sets.campaigns.models import Campaign, CampaignText
from sets.clock import now
from sets.database import db, transaction

BODY = "{greeting}\n\nYour **link**: [join]({join_link}).\n\n{next_meeting}"


def a_campaign(texts: dict[str, tuple[str, str]] | None = None, **values: Any) -> Campaign:
    """Store a draft with these texts (language: subject, body; default: one in French) and return it."""
    texts = texts if texts is not None else {"fr": ("Votre lien", BODY)}
    with transaction() as session:
        facts = {"public_id": str(uuid.uuid4()), "name": "Your link", "filter": {}}
        campaign = Campaign(**facts | {"created_at": now(), "changed_at": now()} | values)
        for language, (subject, body) in texts.items():
            campaign.texts[language] = CampaignText(
                language=language, subject=subject, body=body, changed_at=now()
            )
        session.add(campaign)
    return campaign


def reloaded(campaign: Campaign) -> Campaign:
    """Return a campaign as it is stored now."""
    public_id = campaign.public_id
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Campaign).filter_by(public_id=public_id).one()
