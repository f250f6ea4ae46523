"""Whom a draft is for: its people with their names, and who is left out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..http import asked_page
from ..staff.guard import signed_in_account, staff_blueprint
from . import drafting
from .audience import count_by_language, recipients
from .audience_words import audience_words
from .campaign_forms import AudienceForm, number
from .draft_pages import done, draft_or_404, elsewhere, page_words, warning
from .models import Campaign, CampaignState
from .sending import CampaignRefused, by_registration

ONE = "/<uuid:public_id>"
# Names shown at once.
NAMES = 200
blueprint = staff_blueprint("campaign_audience", __name__, url_prefix="/staff/campaigns")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{ONE}/audience")
def edit_audience(public_id: UUID) -> Any:
    """Show whom a draft is for, with their names."""
    campaign = draft_or_404(public_id)
    if campaign.state != CampaignState.DRAFT:
        return elsewhere(campaign)
    return _audience_page(campaign, AudienceForm(campaign=campaign, zone=signed_in_account().time_zone))


@blueprint.post(f"{ONE}/audience")
def update_audience(public_id: UUID) -> Any:
    """Store whom a draft is for."""
    campaign = draft_or_404(public_id)
    form = AudienceForm(request.form, campaign=campaign, zone=signed_in_account().time_zone)
    if not form.validate():
        return _audience_page(campaign, form), 422
    try:
        drafting.change_audience(str(public_id), **form.changes(campaign.filter))
    except CampaignRefused as refusal:
        return _audience_refused(refusal, campaign, form)
    flash(_("Saved."), "done")
    return redirect(url_for(".edit_audience", public_id=public_id), 303)


@blueprint.post(f"{ONE}/left-out")
def update_left_out(public_id: UUID) -> Any:
    """Leave out those who were shown and are not ticked."""
    shown, chosen = (
        [number(one) for one in request.form.getlist(name)[: 2 * NAMES]] for name in ("shown", "chosen")
    )
    return done(
        lambda: drafting.leave_out(str(public_id), shown=shown, chosen=chosen),
        "campaign_audience.edit_audience", public_id, _("Saved."),
    )  # fmt: skip


def _audience_page(campaign: Campaign, form: AudienceForm) -> str:
    per_registration = by_registration(campaign)
    everyone = Campaign(filter=campaign.filter, audience=campaign.audience, left_out=[])
    people = list({one.learner_id: one for one in recipients(everyone, by_registration=False)}.values())
    last = max(1, -(-len(people) // NAMES))
    page = asked_page(last)
    return render_template(
        "campaigns/edit_audience.html",
        campaign=campaign, form=form, sentence=audience_words(campaign), warning=warning(campaign),
        counts=count_by_language(campaign, by_registration=per_registration), per_registration=per_registration,
        people=people[(page - 1) * NAMES : page * NAMES], total=len(people), page=page, pages=last, names=NAMES,
        **page_words(),
    )  # fmt: skip


def _audience_refused(refusal: CampaignRefused, campaign: Campaign, form: AudienceForm) -> Any:
    """Show what somebody else chose above what was chosen here; saving again then replaces it knowingly."""
    if refusal.reason != "changed":
        return elsewhere(campaign)
    stored = draft_or_404(UUID(campaign.public_id))
    form.tag.data = drafting.audience_tag(stored)
    form.form_errors.append(
        _(
            "Somebody changed this in the meantime: the sentence under the title says to whom now. "
            "Save again to replace it."
        )
    )
    return _audience_page(stored, form), 409
