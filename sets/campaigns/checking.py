"""What is missing or odd about a campaign before it leaves. Reads only; the network is `link_checking`'s."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..clock import now
from ..database import db
from ..dates import time_words, zone_words
from .models import Campaign


def read_campaign(public_id: str) -> Campaign | None:
    """Return a campaign with its texts."""
    statement = select(Campaign).where(Campaign.public_id == public_id).options(selectinload(Campaign.texts))
    return db.session.scalar(statement)


def until_words(people: int, zone: str) -> str:
    """Return by when the last of so many mails leaves at the rate that is set, if it began now."""
    minutes = people / current_app.config["CAMPAIGN_RATE"]
    if minutes <= 1:
        return _("The last one leaves within a minute.")
    last = now() + timedelta(minutes=minutes)
    return _(
        "The last one leaves at about %(hour)s, %(zone)s.", hour=time_words(last, zone), zone=zone_words(zone)
    )
