"""Writing one mail of a campaign when it is sent: to who still fits, in their language, with their own links."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..database import db
from ..languages import current_language
from ..mailing import kinds
from ..mailing.kinds import Letter, NotWanted, Posted
from ..mailing.links import Links
from ..questionnaires.answers import AnswerReader
from ..registration import letters
from ..registration.keys import page_token
from ..registration.models import Consent, Learner, Registration
from ..registration.standing import Standing, standings_among
from ..staff.models import Account
from ..tokens import make_token
from .audience import wanted_by
from .fields import ANSWER, Reader, answers_of, fields_in, value_of
from .filling import as_mail_html, as_mail_text, filled
from .models import Audience, Campaign, CampaignState, CampaignText

KIND = "campaign"
# What the link at the foot of a news mail is sealed for.
NEWS = "news"


def init_app(_app: Flask) -> None:
    """Make the kind of mail known."""
    kinds.register(KIND, compose, title=_l("Message of the team"))


def compose(posted: Posted, links: Links) -> Letter:
    """Write the mail. It is dropped when the person is gone or no longer fits, or the campaign was stopped."""
    campaign = db.session.get(Campaign, posted.campaign_id)
    learner = letters.addressee_of(posted.learner_id)
    if campaign is None or learner is None:
        raise NotWanted("person_gone")
    if campaign.state == CampaignState.STOPPED:
        raise NotWanted("stopped")
    text = text_for(campaign, posted.language)
    if text is None:
        raise NotWanted("no_text")
    standings = standings_among(posted.registration_ids) if posted.registration_ids else []
    check_still_fits(campaign, learner, standings)
    return write(campaign, text, learner, standings[0] if standings else None, links)


def write(
    campaign: Campaign, text: CampaignText, learner: Any, standing: Standing | None, links: Links
) -> Letter:
    """Return the mail of a campaign to one person, in the words of one of its texts."""
    values = values_for(campaign, text, learner, standing, links)
    is_news = campaign.audience == Audience.NEWS
    headers = {}
    manage = links.secret("learner.show_learner", token=page_token(learner))
    unsubscribe = None
    if is_news:
        token = make_token(NEWS, learner.public_id, learner.link_version)
        unsubscribe = links.secret("news.new_unsubscription", token=token)
        headers = {
            "List-Unsubscribe": f"<{unsubscribe.url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    context = {
        "subject": filled(text.subject, values),
        "body_html": as_mail_html(text.body, values),
        "body_text": as_mail_text(text.body, values),
        "text_language": text.language if text.language != current_language() else "",
        "manage_link": manage,
        "unsubscribe_link": unsubscribe,
    }
    posters = letters.posters_of([standing]) if standing else []
    reply_to = standing.reply_to if standing else ""
    return Letter(context=context, posters=posters, reply_to=reply_to, headers=headers)


def text_for(campaign: Campaign, language: str) -> CampaignText | None:
    """Return the text that readers of a language get: their own, else the fallback where one is allowed."""
    own = campaign.texts.get(language)
    if own is not None and own.is_complete:
        return own
    other = campaign.texts.get(campaign.fallback) if campaign.fallback else None
    return other if other is not None and other.is_complete else None


def values_for(
    campaign: Campaign, text: CampaignText, learner: Any, standing: Standing | None, links: Links
) -> dict[str, str]:
    """Return what each field of a text says to that person."""
    names = fields_in(text.subject, text.body)
    sender = db.session.get(Account, campaign.sender_id or campaign.author_id or 0)
    reader = Reader(learner, standing, links, current_language(), sender.name if sender else "")
    answers = {}
    if any(name.startswith(ANSWER) for name in names):
        answers = answers_of(AnswerReader(current_language()), *_answers(learner.id, standing))
    return {name: value_of(name, reader, answers) for name in names}


def check_still_fits(campaign: Campaign, learner: Any, standings: list[Standing]) -> None:
    """Raise NotWanted when somebody left what the campaign is for since they were chosen."""
    if campaign.audience == Audience.NEWS:
        wants = select(Consent.id).where(
            Consent.learner_id == learner.id, Consent.kind == NEWS, Consent.withdrawn_at.is_(None)
        )
        if db.session.scalar(wants) is None:
            raise NotWanted("unsubscribed")
    elif not any(one.status in wanted_by(campaign).status for one in standings):
        raise NotWanted("no_longer_fits")


def _answers(learner_id: int, standing: Standing | None) -> list[Any]:
    stores = [db.session.scalar(select(Learner.answers).where(Learner.id == learner_id))]
    if standing is not None:
        stores.insert(
            0, db.session.scalar(select(Registration.answers).where(Registration.id == standing.id))
        )
    return stores
