"""What a person decides about a campaign that left: whether doubtful mails arrived, and who gets it later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update

from ..clock import now
from ..database import db, transaction
from ..mailing.models import Delivery, DeliveryStatus
from ..staff.activity import record_activity
from .models import Campaign, CampaignState
from .sending import CampaignRefused, locked_campaign


def note_arrived(public_id: str, *, only: Collection[str] | None = None) -> int:
    """Note that doubtful mails of a campaign did arrive (all, or those with these public ids); return how many."""
    with transaction():
        campaign = locked_campaign(public_id)
        statement = (
            update(Delivery)
            .where(Delivery.campaign_id == campaign.id, Delivery.status == DeliveryStatus.UNKNOWN)
            .values(
                status=DeliveryStatus.SENT, reason="arrived", sent_at=now(), lease_by=None, lease_until=None
            )
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        )
        if only is not None:
            statement = statement.where(Delivery.public_id.in_(list(only)))
        number = len(db.session.execute(statement).all())
        if number:
            _log(campaign, "campaign_arrived", number)
        return number


def catch_up_until(public_id: str, until: datetime | None) -> None:
    """Have people who are confirmed later get a campaign too, until a moment; None: nobody else.

    Raises CampaignRefused: "past", or "not_running" for one that was stopped or is a draft.
    """
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state in (CampaignState.STOPPED, CampaignState.DRAFT):
            raise CampaignRefused("not_running")
        if until is not None and until <= now():
            raise CampaignRefused("past")
        campaign.catch_up = until is not None
        if until is not None:
            campaign.catch_up_until = until
        _log(campaign, "campaign_catch_up_on" if until else "campaign_catch_up_off")


def note_export(campaign_id: int, rows: int) -> None:
    """Write into the log that the recipients of a campaign were taken out: the one thing that its GET stores."""
    with transaction():
        record_activity("campaign_exported", subject_type="campaign", subject_id=campaign_id, rows=rows)


def _log(campaign: Campaign, verb: str, rows: int | None = None) -> None:
    record_activity(verb, subject_type="campaign", subject_id=campaign.id, rows=rows)
