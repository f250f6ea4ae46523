"""Before a campaign leaves: what is odd about it, the mail as each one gets it, a test to oneself, and the sending."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words
from ..dates import datetime_words
from ..http import CSP
from ..registration.people import folded
from ..staff.guard import signed_in_account, staff_blueprint
from . import sending, trying
from .audience import Recipient, count_by_language, wanted_by
from .audience_words import audience_words, state_warning
from .blanks import LOOKED_AT
from .check_forms import SendingForm
from .checking import Review, links_of, read_campaign, review, until_words
from .letters import text_for
from .link_checking import MOST_LINKS, Link, check_links
from .models import Audience, Campaign, CampaignState
from .sending import CampaignRefused, by_registration

blueprint = staff_blueprint("campaign_checks", __name__, url_prefix="/staff/campaigns")
ONE = "/<uuid:public_id>"
# People whose name fits that are offered for the preview.
OFFERED = 10
# A mail brings its own styles and the pictures inside it, and may be shown in a frame of our own pages. Nothing else.
FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'; sandbox"
)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.after_request
def _allow_frames(response: Response) -> Response:
    """Let these pages, and no others, show the mail in a frame."""
    response.headers.setdefault("Content-Security-Policy", f"{CSP}; frame-src 'self'")
    return response


@blueprint.get(f"{ONE}/check")
def show_check(public_id: UUID) -> Any:
    """Show what is missing or odd, the mail as people get it, and the form that sends it."""
    campaign = _campaign(public_id)
    if campaign.state not in (CampaignState.DRAFT, CampaignState.SCHEDULED):
        return redirect(_after(public_id), 303)
    return _page(campaign, _form(campaign))


@blueprint.get(f"{ONE}/check/mail")
def show_mail(public_id: UUID) -> Any:
    """Show the HTML of the mail as one recipient gets it, with its links masked, to stand in a frame."""
    campaign = _campaign(public_id)
    people = trying.everybody(campaign)
    found = next((one for one in people if one.handle == request.args.get("recipient")), None)
    mail = trying.preview(campaign, found) if found else None
    if mail is None:
        abort(404)
    response = make_response(mail.html)
    response.headers["Content-Security-Policy"] = FRAME
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.post(f"{ONE}/links")
def create_link_check(public_id: UUID) -> Any:
    """Ask where the links lead, which may take ten seconds, and show the page with what was found."""
    urls = links_of(str(public_id))
    found = check_links(urls)
    campaign = _campaign(public_id)
    return _page(campaign, _form(campaign), links=found)


@blueprint.post(f"{ONE}/test")
def create_test_mail(public_id: UUID) -> Any:
    """Send the mail of each language to whoever is signed in."""
    account = signed_in_account()
    to = account.email
    try:
        number = trying.post_tests(str(public_id), account_id=account.id)
        flash(_tested_words(number, to), "done")
    except CampaignRefused as refusal:
        if refusal.reason == "not_found":
            abort(404)
        flash(_("There is no text to try yet."), "error")
    return redirect(url_for(".show_check", public_id=public_id), 303)


@blueprint.post(f"{ONE}/sending")
def create_sending(public_id: UUID) -> Any:
    """Send the draft now or at a time; whoever presses a second time is told that it left already."""
    campaign = _campaign(public_id)
    form = _form(campaign, request.form)
    if campaign.state == CampaignState.DRAFT and not form.validate():
        return _page(campaign, form), 422
    try:
        sending.start_campaign(str(public_id), account_id=signed_in_account().id, **form.chosen())
    except CampaignRefused as refusal:
        return _refused(public_id, form, refusal)
    flash(_planned_words(form.moment(), form.zone.key), "done")
    return redirect(_after(public_id), 303)


@blueprint.post(f"{ONE}/unscheduling")
def create_unscheduling(public_id: UUID) -> Any:
    """Take a scheduled campaign back."""
    try:
        sending.back_to_draft(str(public_id))
    except CampaignRefused as refusal:
        if refusal.reason == "not_found":
            abort(404)
        flash(_("There is nothing to take back: it does not wait for an hour."), "error")
    else:
        flash(_("Taken back. It is a draft again, and nothing leaves."), "done")
    return redirect(url_for(".show_check", public_id=public_id), 303)


def _campaign(public_id: UUID) -> Campaign:
    return read_campaign(str(public_id)) or abort(404)


def _form(campaign: Campaign, typed: Any = None) -> SendingForm:
    total = sum(count_by_language(campaign, by_registration=by_registration(campaign)).values())
    return SendingForm(typed, zone=signed_in_account().time_zone, total=total, revision=campaign.revision)


def _page(campaign: Campaign, form: SendingForm, *, links: Sequence[Link] = ()) -> str:
    found, people = review(campaign), trying.everybody(campaign)
    chosen, is_news = _chosen(people), campaign.audience == Audience.NEWS
    zone = signed_in_account().time_zone
    return render_template(
        "campaigns/show_check.html",
        campaign=campaign, form=form, review=found, is_draft=campaign.state == CampaignState.DRAFT,
        sentence=audience_words(campaign), warning="" if is_news else state_warning(*wanted_by(campaign).status),
        per_registration=by_registration(campaign), sentence_of_sending=_sending_words(found, zone),
        answers={link.url: link for link in links}, link_words=_link_words, most_links=MOST_LINKS,
        looked_at=LOOKED_AT,
        chosen=chosen, mail=trying.preview(campaign, chosen) if chosen else None, offered=_offered(people),
        firsts=trying.first_of_each_language(people), sought=request.args.get("q", "").strip()[:80],
        tests=sum(text_for(campaign, code) is not None for code in found.counts), language_words=language_words,
    )  # fmt: skip


def _sending_words(found: Review, zone: str) -> str:
    """Return who gets it, how many in each language, how fast it leaves and until when."""
    each = [
        _("%(number)s in %(language)s", number=number, language=language_words(code))
        for code, number in found.counts.items()
    ]
    rate = current_app.config["CAMPAIGN_RATE"]
    mails = ngettext(
        "One mail leaves: %(each)s.", "%(num)d mails leave: %(each)s.", found.total, each=", ".join(each)
    )
    speed = ngettext("At most one a minute.", "At most %(num)d a minute.", rate)
    return f"{mails} {speed} {until_words(found.total, zone)}"


def _chosen(people: list[Recipient]) -> Recipient | None:
    """Return whose mail is shown: who was asked for, else the first."""
    handle = request.args.get("recipient")
    firsts = [*trying.first_of_each_language(people).values(), None]
    return next((one for one in people if one.handle == handle), firsts[0])


def _offered(people: list[Recipient]) -> list[Recipient]:
    """Return some recipients whose name or address has all the words that are sought."""
    sought = folded(request.args.get("q", "")).split()
    if not sought:
        return []
    found = (one for one in people if all(word in folded(f"{one.name} {one.email}") for word in sought))
    return list(islice(found, OFFERED))


def _link_words(link: Link) -> str:
    sentences = {
        "fine": _("The page is there."),
        "dead": _("Nothing is there. Check the address."),
        "unsafe": _("Its certificate is not valid: browsers warn of it."),
        "inside": _("It leads inside a private network, and was not asked."),
    }
    return sentences.get(link.state, _("Cannot tell: no answer in time, or not to us. Open it yourself."))


def _refused(public_id: UUID, form: SendingForm, refusal: CampaignRefused) -> Any:
    if refusal.reason == "started":
        flash(_("It had been sent already. It leaves once, however often the button is pressed."), "done")
        return redirect(_after(public_id), 303)
    campaign = _campaign(public_id)
    form.show_again(campaign.revision, _refusal_words(refusal.reason))
    return _page(campaign, form), 409


def _refusal_words(reason: str) -> str:
    sentences = {
        "changed": _("Somebody changed this draft since you read it. Read it again, then send it."),
        "people_changed": _(
            "The number of people has changed since you read it. Read it again, then send it."
        ),
        "no_text": _(
            "A language that has recipients has no text. Write it, or allow another language instead."
        ),
        "unknown_field": _("A text names a field that there is not. Correct it first."),
        "nobody": _("There is nobody to write to."),
        "past": _("This moment has passed. Choose a later one."),
    }
    return sentences.get(reason, _("This cannot be sent now. Read it again, then send it."))


def _tested_words(number: int, to: str) -> str:
    return ngettext(
        "One test is on its way to %(to)s.", "%(num)d tests are on their way to %(to)s.", number, to=to
    )


def _planned_words(moment: Any, zone: str) -> str:
    if moment:
        return _("Planned: it leaves on %(moment)s.", moment=datetime_words(moment, zone))
    return _("It is on its way.")


def _after(public_id: UUID) -> str:
    return url_for("campaign_progress.show_campaign", public_id=public_id)
