"""How the activity log calls what the team does to campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Flask, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..database import db
from ..staff.activity_listing import name_subjects, name_verbs
from .models import Campaign

VERBS = {
    "campaign_begun": _l("Began a campaign"),
    "campaign_deleted": _l("Deleted the draft of a campaign"),
    "campaign_scheduled": _l("Planned the sending of a campaign"),
    "campaign_unscheduled": _l("Took a planned campaign back"),
    "campaign_tested": _l("Sent themselves the test of a campaign"),
    "campaign_sent": _l("Sent a campaign"),
    "campaign_paused": _l("Paused a campaign"),
    "campaign_resumed": _l("Let a campaign go on"),
    "campaign_stopped": _l("Stopped a campaign"),
    "campaign_sent_again": _l("Sent messages of a campaign again"),
    "campaign_arrived": _l("Noted that messages of a campaign arrived"),
    "campaign_filled": _l("Sent a campaign to chosen people"),
    "campaign_catch_up_on": _l("Opened a campaign to those who come later"),
    "campaign_catch_up_off": _l("Closed a campaign to those who come later"),
    "campaign_exported": _l("Exported the recipients of a campaign"),
    "campaign_texts_kept": _l("Kept the texts of a campaign"),
    "campaign_texts_deleted": _l("Deleted kept texts"),
}


def init_app(_app: Flask) -> None:
    """Tell the log the words of this capability."""
    name_verbs(VERBS)
    name_subjects("campaign", _name_campaigns)


def _name_campaigns(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    numbers = [int(one) for one in ids if one.isdecimal()]
    found = db.session.execute(
        select(Campaign.id, Campaign.public_id, Campaign.name).where(Campaign.id.in_(numbers))
    )
    return {
        str(row.id): (row.name or _("No name"), url_for("campaigns.edit_campaign", public_id=row.public_id))
        for row in found
    }
