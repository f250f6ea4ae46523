"""What the pages of a draft share: finding it, doing a step, leading elsewhere once it is on its way."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words
from ..staff.guard import signed_in_account
from . import listing
from .audience import wanted_by
from .audience_words import SHAPES, audience_words, people_words, state_warning, state_words
from .models import Audience, Campaign
from .sending import CampaignRefused

PROGRESS = "campaign_progress.show_campaign"


def draft_or_404(public_id: UUID) -> Campaign:
    """Return the campaign, or answer that there is none."""
    return listing.read_campaign(str(public_id)) or abort(404)


def done(step: Any, endpoint: str, public_id: UUID, words: str) -> Any:
    """Do a step and say that it is done, then show a page; lead elsewhere when it is a draft no more."""
    campaign = draft_or_404(public_id)
    try:
        step()
    except CampaignRefused:
        return elsewhere(campaign)
    flash(words, "done")
    values: dict[str, Any] = {} if endpoint == "campaigns.list_campaigns" else {"public_id": public_id}
    return redirect(url_for(endpoint, **values), 303)


def elsewhere(campaign: Campaign) -> Any:
    """Lead to the page of a campaign that is a draft no more."""
    if request.method == "POST":
        flash(_("This campaign is on its way already: it cannot be changed."), "error")
    return redirect(url_for(PROGRESS, public_id=campaign.public_id), 303)


def warning(campaign: Campaign) -> str:
    """Return what to remember of people who have no confirmed place."""
    return "" if campaign.audience == Audience.NEWS else state_warning(*wanted_by(campaign).status)


def page_words() -> dict[str, Any]:
    """Return what every page of a draft shows its words and hours with."""
    return {
        "zone": signed_in_account().time_zone,
        "language_words": language_words,
        "state_words": state_words,
        "audience_words": audience_words,
        "people_words": people_words,
        "shapes": SHAPES,
        "ngettext": ngettext,
    }
