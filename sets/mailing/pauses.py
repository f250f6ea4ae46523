"""Mails of one campaign that are held: they wait in the outbox, and none leaves, until somebody lets them go on.

Mailing knows campaigns by their number only.
"""

from __future__ import annotations

from sqlalchemy import delete, select

from ..clock import now
from ..database import db
from ..statements import insert_or_ignore
from .models import MailPause

ASKED, REFUSALS = "asked", "refusals"


def pause(campaign_id: int, reason: str = ASKED) -> bool:
    """Hold a campaign's mails, inside the open transaction; tell whether they were not held before."""
    values = {"campaign_id": campaign_id, "paused_at": now(), "reason": reason}
    return insert_or_ignore(MailPause, values, "campaign_id") is not None


def resume(campaign_id: int) -> None:
    """Let a campaign's mails go on, inside the open transaction."""
    db.session.execute(delete(MailPause).where(MailPause.campaign_id == campaign_id))


def pause_of(campaign_id: int) -> MailPause | None:
    """Return since when and why a campaign's mails are held; None when they are not."""
    return db.session.scalar(select(MailPause).where(MailPause.campaign_id == campaign_id))
