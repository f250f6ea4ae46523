"""Who got a campaign: the list by state, send again to the refused, decide about the doubtful, take the list out."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext

from .. import clock
from ..http import asked_page
from ..registration import export, export_files
from ..spreadsheets import sent_xlsx
from ..staff.guard import signed_in_account, staff_blueprint
from . import deciding, listing, progress, progress_words, recipients
from .models import Campaign, CampaignState
from .progress import GROUPS
from .recipients import PER_PAGE
from .sending import CampaignRefused

blueprint = staff_blueprint("recipients", __name__, url_prefix="/staff/campaigns")
ONE = "/<uuid:public_id>"


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get(f"{ONE}/recipients")
def list_recipients(public_id: UUID) -> Any:
    """Show one page of the people, of one state or of all."""
    campaign, group = _campaign(public_id), _group()
    page = asked_page()
    lines, total = recipients.list_lines(campaign, group, page), recipients.count_lines(campaign, group)
    if not lines and page > 1:
        return redirect(_here(public_id, group), 303)
    return render_template(
        "campaigns/list_recipients.html",
        progress=progress.read_progress(campaign), campaign=campaign, lines=lines, group=group, page=page,
        total=total, per_page=PER_PAGE, pages=-(-total // PER_PAGE), groups=list(GROUPS), zone=_zone(),
        name=progress_words.campaign_name(campaign), say=progress_words,
    )  # fmt: skip


@blueprint.get(f"{ONE}/recipients.xlsx")
def show_recipients_xlsx(public_id: UUID) -> Response:
    """Send the list as a spreadsheet."""
    campaign, group = _campaign(public_id), _group()
    about = [
        (_("Campaign"), progress_words.campaign_name(campaign)),
        (_("Made"), f"{export.Context(_zone()).moment(clock.now()):%d/%m/%Y %H:%M} ({_zone()})"),
    ]
    sheet = recipients.as_sheet(campaign, group, _zone())
    response, rows = sent_xlsx(
        Path(current_app.instance_path),
        f"campaign-recipients-{clock.now():%Y-%m-%d}.xlsx",
        lambda path: export_files.write_xlsx(sheet, path, about=about, title=_("Recipients")),
    )
    deciding.note_export(campaign.id, rows)
    return response


@blueprint.post(f"{ONE}/requeue")
def create_requeue(public_id: UUID) -> Any:
    """Send again to the refused ones, or decide about doubtful ones: all of them, or those that are ticked."""
    decision, group = request.form.get("decision", ""), request.form.get("group", "")
    only = None if decision.endswith("-all") else set(request.form.getlist("mail")[:PER_PAGE])
    if group == "unknown" and only is not None and not only:
        flash(_("Tick at least one message."), "error")
        return redirect(_here(public_id, group), 303)
    try:
        flash(_decided(str(public_id), group, decision, only), "done")
    except CampaignRefused as refused:
        if refused.reason == "not_found":
            abort(404)
        flash(_("This campaign was stopped, or never left: nothing of it is sent again."), "error")
    return redirect(_here(public_id, "" if only is None else group), 303)


def _decided(public_id: str, group: str, decision: str, only: set[str] | None) -> str:
    """Do what was decided and return what to say."""
    if group == "unknown" and decision.startswith("arrived"):
        number = deciding.note_arrived(public_id, only=only)
        return ngettext("Noted: %(num)d message arrived.", "Noted: %(num)d messages arrived.", number)
    if group == "unknown" and decision.startswith("again"):
        number = deciding.send_again(public_id, doubtful=True, only=only)
    elif group == "failed" and decision == "again-all":
        number = deciding.send_again(public_id)
    else:
        abort(400)
    return ngettext("%(num)d message is queued again.", "%(num)d messages are queued again.", number)


def _campaign(public_id: UUID) -> Campaign:
    campaign = listing.read_campaign(str(public_id)) or abort(404)
    if campaign.state == CampaignState.DRAFT:
        abort(404)
    return campaign


def _group() -> str:
    group = request.args.get("state", "")
    return group if group in GROUPS else ""


def _here(public_id: UUID, group: str) -> str:
    return url_for(".list_recipients", public_id=public_id, state=group or None)


def _zone() -> str:
    return signed_in_account().time_zone
