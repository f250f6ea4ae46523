"""The list of campaigns, newest change first, and the texts that the team kept. Reads only."""

from __future__ import annotations

from sqlalchemy import func, select

from ..database import db
from ..mailing.models import Delivery, DeliveryStatus
from .models import Audience, Campaign, CampaignState, KeptText

PER_PAGE = 50


def list_page(page: int) -> tuple[list[Campaign], int]:
    """Return one page's campaigns, and how many there are in all."""
    total = db.session.scalar(select(func.count(Campaign.id))) or 0
    statement = select(Campaign).order_by(Campaign.changed_at.desc(), Campaign.id.desc())
    return list(db.session.scalars(statement.limit(PER_PAGE).offset((page - 1) * PER_PAGE))), total


def count_mails(campaigns: list[Campaign]) -> dict[int, tuple[int, int]]:
    """Return for each campaign that has mails how many left, and how many there are."""
    is_sent = Delivery.status == DeliveryStatus.SENT
    rows = db.session.execute(
        select(Delivery.campaign_id, func.count().filter(is_sent).label("sent"), func.count().label("number"))
        .where(Delivery.campaign_id.in_([campaign.id for campaign in campaigns]))
        .group_by(Delivery.campaign_id)
    )
    return {row.campaign_id: (row.sent, row.number) for row in rows}


def read_campaign(public_id: str) -> Campaign | None:
    """Return the campaign of that public id, or None."""
    return db.session.scalar(select(Campaign).where(Campaign.public_id == public_id))


def started_campaigns() -> list[Campaign]:
    """Return the campaigns to people of sessions that were sent, newest first: what somebody may not have got yet."""
    statement = (
        select(Campaign)
        .where(
            Campaign.state.not_in((CampaignState.DRAFT, CampaignState.SCHEDULED)),
            Campaign.audience == Audience.REGISTRATIONS,
        )
        .order_by(Campaign.id.desc())
        .limit(100)
    )
    return list(db.session.scalars(statement))


def kept_names() -> list[str]:
    """Return the names under which the team kept texts."""
    return list(db.session.scalars(select(KeptText.name).distinct().order_by(KeptText.name)))


def kept_texts(name: str) -> dict[str, tuple[str, str]]:
    """Return subject and Markdown by language of the texts kept under a name."""
    rows = db.session.scalars(select(KeptText).where(KeptText.name == name))
    return {row.language: (row.subject, row.body) for row in rows}
