"""A campaign that left: how far it is, pausing and stopping it, and who gets it later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words
from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.notices import Notice, staff_notice
from . import deciding, listing, progress, progress_words, sending
from .audience import UNSENT, wanted_by
from .audience_words import SHAPES, audience_words, state_words
from .models import Campaign, CampaignState
from .progress_forms import CatchUpForm
from .sending import CampaignRefused

blueprint = staff_blueprint("campaign_progress", __name__, url_prefix="/staff/campaigns")
ONE = "/<uuid:public_id>"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(ONE)
def show_campaign(public_id: UUID) -> Any:
    """Show how far a campaign is; a draft opens where it is written."""
    campaign = _campaign(public_id)
    if campaign.state == CampaignState.DRAFT:
        return redirect(url_for("campaigns.edit_campaign", public_id=public_id), 303)
    return _page(campaign, CatchUpForm(zone=_zone(), until=campaign.catch_up_until))


@blueprint.post(f"{ONE}/pause")
def create_pause(public_id: UUID) -> Any:
    """Let nothing more leave for now."""
    return _act(public_id, sending.pause_campaign, _("Paused: nothing more leaves until you let it go on."))


@blueprint.post(f"{ONE}/resumption")
def create_resumption(public_id: UUID) -> Any:
    """Let it go on."""
    return _act(public_id, sending.resume_campaign, _("It goes on."))


@blueprint.get(f"{ONE}/stop")
def new_stop(public_id: UUID) -> Any:
    """Ask before a campaign ends for good, and say how many messages do not leave."""
    found = progress.read_progress(_campaign(public_id))
    if not found.can_stop:
        return redirect(_here(public_id), 303)
    return render_template("campaigns/new_stop.html", progress=found, name=_name(found.campaign))


@blueprint.post(f"{ONE}/stop")
def create_stop(public_id: UUID) -> Any:
    """End it for good."""

    def said(stopped: int) -> str:
        return ngettext(
            "Stopped: %(num)d message does not leave.", "Stopped: %(num)d messages do not leave.", stopped
        )

    return _act(public_id, sending.stop_campaign, said)


@blueprint.post(f"{ONE}/catch-up")
def create_catch_up(public_id: UUID) -> Any:
    """Have people who are confirmed later get it too."""
    form = CatchUpForm(request.form, zone=_zone())
    if not form.validate():
        return _page(_campaign(public_id), form), 422
    return _act(
        public_id,
        lambda one: deciding.catch_up_until(one, form.moment()),
        _("From now on, who comes later gets it too."),
    )


@blueprint.post(f"{ONE}/catch-up/end")
def delete_catch_up(public_id: UUID) -> Any:
    """Have nobody else get it."""
    return _act(
        public_id,
        lambda one: deciding.catch_up_until(one, None),
        _("From now on, who comes later does not get it."),
    )


def _campaign(public_id: UUID) -> Campaign:
    return listing.read_campaign(str(public_id)) or abort(404)


def _page(campaign: Campaign, form: CatchUpForm) -> str:
    found, zone = progress.read_progress(campaign), _zone()
    return render_template(
        "campaigns/show_campaign.html",
        progress=found, campaign=campaign, name=_name(campaign), form=form, zone=zone, say=progress_words,
        groups=progress.GROUPS, language_words=language_words, rate=current_app.config["CAMPAIGN_RATE"],
        sentence=audience_words(campaign), wanted=wanted_by(campaign), unsent=UNSENT,
        state_words=state_words, shapes=SHAPES,
    )  # fmt: skip


def _act(public_id: UUID, verb: Any, said: Any) -> Any:
    """Do something with a campaign, then show it again with what was done, or why not."""
    try:
        result = verb(str(public_id))
    except CampaignRefused as refused:
        if refused.reason == "not_found":
            abort(404)
        flash(_("This is no longer possible: read below how it stands."), "error")
    else:
        flash(str(said(result) if callable(said) else said), "done")
    return redirect(_here(public_id), 303)


def _here(public_id: UUID) -> str:
    return url_for(".show_campaign", public_id=public_id)


def _name(campaign: Campaign) -> str:
    return progress_words.campaign_name(campaign)


def _zone() -> str:
    return signed_in_account().time_zone


@staff_notice
def _notice_of_pause() -> Notice | None:
    """Say on every page when a campaign is held up; its own page says it itself."""
    held = progress.is_held_up()
    if held is None or request.endpoint == f"{blueprint.name}.show_campaign":
        return None
    public_id, name, reason = held
    url = url_for("campaign_progress.show_campaign", public_id=public_id)
    return {"text": progress_words.notice_words(name, reason), "url": url, "link": _("See how it stands")}
