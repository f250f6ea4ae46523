"""The pages on which a campaign is written: the list, beginning, texts. Its people: `audience_views`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import training_labels
from ..clock import now
from ..dates import time_words
from ..http import asked_page
from ..languages import LANGUAGES, current_language
from ..questionnaires.answers import AnswerReader
from ..registration.listing import Filter
from ..staff.guard import signed_in_account, staff_blueprint
from . import drafting, listing
from .audience import UNSENT, count_by_language, kept_filter
from .audience_words import audience_words
from .campaign_forms import (
    BLANK,
    KEPT,
    READY,
    BeginForm,
    KeepForm,
    TextForm,
    joined,
    split,
)  # fmt: skip
from .draft_pages import done, draft_or_404, elsewhere, page_words, warning
from .drafting import Written
from .fields import ANSWER, FIELDS, asked_keys
from .models import Audience, Campaign, CampaignState
from .ready_texts import READY as READY_TEXTS
from .ready_texts import gaps_in
from .sending import CampaignRefused, by_registration

ONE = "/<uuid:public_id>"
CHECK = "campaign_checks.show_check"
blueprint = staff_blueprint("campaigns", __name__, url_prefix="/staff/campaigns")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_campaigns() -> Any:
    """Show the campaigns, those changed last first."""
    page = asked_page()
    rows, total = listing.list_page(page)
    if not rows and page > 1:
        return redirect(url_for(".list_campaigns"), 303)
    return render_template(
        "campaigns/list_campaigns.html",
        rows=rows, total=total, page=page, per_page=listing.PER_PAGE, mails=listing.count_mails(rows),
        labels=training_labels(), **page_words(),
    )  # fmt: skip


@blueprint.get("/new")
def new_campaign() -> str:
    """Show whom a new campaign would reach, and ask with which text it begins."""
    chosen, audience = _asked(request.args)
    form = BeginForm(audience=audience, status=joined(chosen.get("status")))
    form.start.data = form.start.choices[0][0]
    return _begin_page(form, chosen, audience)


@blueprint.post("")
def create_campaign() -> Any:
    """Store a new draft."""
    chosen, audience = _asked(request.form)
    form = BeginForm(request.form, audience=audience)
    if not form.validate():
        return _begin_page(form, chosen, audience), 422
    public_id = drafting.begin_campaign(
        audience=audience,
        filter=chosen,
        account_id=signed_in_account().id,
        **_beginning(form, chosen, audience),
    )
    return redirect(url_for(".edit_campaign", public_id=public_id), 303)


@blueprint.get(f"{ONE}/edit")
def edit_campaign(public_id: UUID) -> Any:
    """Show the text of one language (`?language=`)."""
    campaign = draft_or_404(public_id)
    if campaign.state != CampaignState.DRAFT:
        return elsewhere(campaign)
    language = _language(campaign)
    text = campaign.texts.get(language)
    subject, body = (text.subject, text.body) if text else _proposed(campaign, language)
    values = {"subject": subject, "body": body, "revision": str(text.revision if text else 0)}
    return _text_page(campaign, language, TextForm(data=values))


@blueprint.post(f"{ONE}/edit")
def update_campaign(public_id: UUID) -> Any:
    """Store the text of one language; go on to the check when that was asked for."""
    campaign = draft_or_404(public_id)
    language = _language(campaign)
    form = TextForm(request.form, question_keys=asked_keys(), is_news=campaign.audience == Audience.NEWS)
    if _is_background():
        return _save_in_background(campaign, language, form)
    if not form.validate():
        return _text_page(campaign, language, form), 422
    try:
        drafting.write_text(str(public_id), form.written(language), account_id=signed_in_account().id)
    except CampaignRefused as refusal:
        return _refused(refusal, campaign, language, form)
    if request.form.get("then") == "check":
        return redirect(url_for(CHECK, public_id=public_id), 303)
    flash(_("The text is saved."), "done")
    return redirect(url_for(".edit_campaign", public_id=public_id, language=language), 303)


@blueprint.post(f"{ONE}/kept-texts")
def create_kept_text(public_id: UUID) -> Any:
    """Keep the texts of a campaign as the team's own."""
    form = KeepForm(request.form)
    if not form.validate():
        flash(form.kept_name.errors[0], "error")
        return redirect(url_for(".edit_campaign", public_id=public_id), 303)
    name = form.kept_name.data or ""
    words = _("Kept as “%(name)s”: a campaign can begin with it.", name=name)
    return done(
        lambda: drafting.keep_texts(str(public_id), name, account_id=signed_in_account().id),
        ".edit_campaign", public_id, words,
    )  # fmt: skip


@blueprint.post("/kept-texts/deletion")
def delete_kept_text() -> Any:
    """Delete what the team kept under a name."""
    if drafting.delete_kept(request.form.get("kept_name", "")[:120]):
        flash(_("The text is deleted. Campaigns that began with it keep theirs."), "done")
    return redirect(url_for(".new_campaign"), 303)


@blueprint.post(f"{ONE}/copy")
def create_copy(public_id: UUID) -> Any:
    """Store a draft with the people and the texts of a campaign."""
    try:
        copy = drafting.copy_campaign(str(public_id), account_id=signed_in_account().id)
    except CampaignRefused:
        abort(404)
    flash(_("This is a new draft, with the same people and the same texts."), "done")
    return redirect(url_for(".edit_campaign", public_id=copy), 303)


@blueprint.post(f"{ONE}/deletion")
def delete_campaign(public_id: UUID) -> Any:
    """Delete a draft."""
    return done(
        lambda: drafting.delete_draft(str(public_id)),
        "campaigns.list_campaigns",
        public_id,
        _("The draft is deleted."),
    )


def _asked(sent: Any) -> tuple[dict[str, Any], str]:
    """Return the filter that a new campaign begins with, and whom it is for."""
    chosen = kept_filter(Filter.from_query(sent, zone=signed_in_account().time_zone).as_stored())
    audience = Audience.NEWS if sent.get("audience") == Audience.NEWS else Audience.REGISTRATIONS
    return chosen | {UNSENT: sent.get(UNSENT, "")[:36]}, str(audience)


def _begin_page(form: BeginForm, chosen: dict[str, Any], audience: str) -> str:
    campaign = Campaign(filter=chosen, audience=audience, left_out=[])
    return render_template(
        "campaigns/new_campaign.html",
        form=form, pairs=[*Filter.from_stored(chosen).pairs(), (UNSENT, chosen[UNSENT])],
        audience=audience, sentence=audience_words(campaign),
        counts=count_by_language(campaign, by_registration=False), warning=warning(campaign),
        kept=listing.kept_names(), **page_words(),
    )  # fmt: skip


def _beginning(form: BeginForm, chosen: dict[str, Any], audience: str) -> dict[str, Any]:
    """Return name and texts of a new draft: in the languages that have recipients now."""
    if "status" in form:
        chosen["status"] = split(form.status.data)
    start = form.start.data or BLANK
    values: dict[str, Any] = {"name": _("Message"), "texts": []}
    stored: dict[str, tuple[str, str]] = {}
    if ready := READY_TEXTS.get(start.removeprefix(READY)):
        values |= {"name": str(ready.title), "purpose": ready.key, "catch_up": ready.catch_up}
        stored = dict(ready.texts)
    elif start.startswith(KEPT):
        values["name"] = start.removeprefix(KEPT)
        stored = listing.kept_texts(values["name"])
    counts = count_by_language(Campaign(filter=chosen, audience=audience, left_out=[]), by_registration=False)
    values["texts"] = [
        Written(code, *stored[code]) for code in (counts or [current_language()]) if code in stored
    ]
    return values


def _proposed(campaign: Campaign, language: str) -> tuple[str, str]:
    """Return what a language that has no text yet begins with: the ready-made or kept text of the others."""
    if ready := READY_TEXTS.get(campaign.purpose):
        return ready.texts.get(language, ("", ""))
    return listing.kept_texts(campaign.name).get(language, ("", ""))


def _text_page(campaign: Campaign, language: str, form: TextForm, theirs: Any = None) -> str:
    counts = count_by_language(campaign, by_registration=by_registration(campaign))
    shown = [code for code in LANGUAGES if code in counts or code in campaign.texts or code == language]
    return render_template(
        "campaigns/edit_campaign.html",
        campaign=campaign, form=form, language=language, counts=counts, shown=shown,
        others=[code for code in LANGUAGES if code not in shown], sentence=audience_words(campaign),
        theirs=theirs, page_error=theirs is not None, warning=warning(campaign),
        per_registration=by_registration(campaign),
        gaps=gaps_in(form.subject.data or "", form.body.data or ""),
        fields=[
            (f"{{{name}}}", field.words)
            for name, field in FIELDS.items()
            if campaign.audience != Audience.NEWS or not field.of_registration
        ],
        answers=[(f"{{{ANSWER}{one.key}}}", one.words(current_language())) for one in _questions()],
        keep=KeepForm(data={"kept_name": campaign.name}), **page_words(),
    )  # fmt: skip


def _refused(refusal: CampaignRefused, campaign: Campaign, language: str, form: TextForm) -> Any:
    """Show both texts when somebody saved theirs in between; saving again then replaces it knowingly."""
    if refusal.reason != "changed":
        return elsewhere(campaign)
    stored = draft_or_404(UUID(campaign.public_id))
    theirs = stored.texts.get(language)
    form.revision.data = str(theirs.revision if theirs else 0)
    return _text_page(stored, language, form, theirs), 409


def _is_background() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _save_in_background(campaign: Campaign, language: str, form: TextForm) -> Any:
    """Answer the script that saves while somebody writes: the new revision, or why nothing is saved."""
    if not form.validate():
        words = next(iter(form.errors.values()))[0]
        return {"words": _("This is not saved yet: %(why)s", why=words)}, 422
    try:
        revision = drafting.write_text(
            campaign.public_id, form.written(language), account_id=signed_in_account().id
        )
    except CampaignRefused as refusal:
        if refusal.reason == "changed":
            return {
                "words": _("This is not saved: somebody changed the text. Press “Save” to see both.")
            }, 409
        return {"words": _("This campaign is on its way already: it cannot be changed.")}, 409
    hour = time_words(now(), signed_in_account().time_zone)
    return {"revision": revision, "words": _("Saved at %(hour)s.", hour=hour)}


def _language(campaign: Campaign) -> str:
    """Return the language asked for; else the first that has recipients and no whole text, or any text."""
    asked = request.args.get("language", "")
    if asked in LANGUAGES:
        return asked
    counts = count_by_language(campaign, by_registration=False)
    missing = [code for code in counts if code not in campaign.texts]
    return next(iter((*missing, *counts, *campaign.texts)), current_language())


def _questions() -> Any:
    return AnswerReader(current_language()).columns()
