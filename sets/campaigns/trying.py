"""A campaign's mail before it leaves: as a recipient gets it, and as a test to whoever writes it.

Links of learners are masked in both. A test speaks of nobody: dates of a registration, name of the writer.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..clock import now
from ..database import db, transaction
from ..languages import LANGUAGES, speaking
from ..mailing import kinds, outbox
from ..mailing.kinds import Letter, NotWanted, Posted
from ..mailing.links import MASK, Links, SecretLink
from ..mailing.mime import with_emblem
from ..mailing.models import Priority
from ..mailing.rendering import draft_whole
from ..registration.models import Learner
from ..registration.standing import standings_among
from ..staff.activity import record_activity
from ..staff.models import Account
from .audience import Recipient, recipients
from .checking import read_campaign
from .letters import KIND, text_for, write
from .models import Campaign
from .sending import CampaignRefused, by_registration

TEST_KIND = "campaign_test"


@dataclass(frozen=True)
class Preview:
    """The mail as one recipient gets it, links masked; `written_in` differs from `language` under a fallback."""

    recipient: Recipient
    language: str
    written_in: str
    subject: str
    text: str
    html: str


def init_app(_app: Flask) -> None:
    """Make the kind of mail known."""
    kinds.register(TEST_KIND, compose_test, title=_l("Test of a message of the team"))


def first_of_each_language(people: list[Recipient]) -> dict[str, Recipient]:
    """Return by language whose mail is shown when nobody was chosen."""
    found: dict[str, Recipient] = {}
    for one in people:
        found.setdefault(one.language, one)
    return {code: found[code] for code in LANGUAGES if code in found}


def everybody(campaign: Campaign) -> list[Recipient]:
    """Return everybody who would get it now."""
    return list(recipients(campaign, by_registration=by_registration(campaign)))


def preview(campaign: Campaign, recipient: Recipient) -> Preview | None:
    """Return the mail as that recipient gets it; None while there is no text for them."""
    text = text_for(campaign, recipient.language)
    learner = db.session.get(Learner, recipient.learner_id)
    if text is None or learner is None:
        return None
    links = Links()
    with speaking(recipient.language):
        standings = standings_among([recipient.registration_id]) if recipient.registration_id else []
        letter = write(campaign, text, learner, standings[0] if standings else None, links)
        subject, plain, html = draft_whole(letter, KIND, recipient.language, links)
    return Preview(recipient, recipient.language, text.language, subject, plain, with_emblem(html))


def post_tests(public_id: str, *, account_id: int) -> int:
    """Send its writer the mail of each language that has a recipient, and return how many.

    Raises CampaignRefused: "not_found", "no_text" where there is nothing to try yet.
    """
    with transaction() as session:
        campaign = read_campaign(public_id)
        if campaign is None:
            raise CampaignRefused("not_found")
        account = session.get(Account, account_id)
        chosen = first_of_each_language(everybody(campaign))
        written = [one for code, one in chosen.items() if text_for(campaign, code) is not None]
        if not written or account is None:
            raise CampaignRefused("no_text")
        for one in written:
            facts = {
                "campaign": campaign.id,
                "account": account_id,
                "registration": one.registration_id or 0,
            }
            outbox.post(
                TEST_KIND,
                to=account.email,
                language=one.language,
                priority=Priority.CONFIRMATION,
                facts=facts,
            )
        record_activity("campaign_tested", subject_type="campaign", subject_id=campaign.id, rows=len(written))
        return len(written)


def compose_test(posted: Posted, _links: Links) -> Letter:
    """Write the test. It carries nobody's links, and its subject says what it is."""
    campaign = db.session.get(Campaign, posted.facts["campaign"])
    account = db.session.get(Account, posted.facts["account"])
    text = text_for(campaign, posted.language) if campaign is not None else None
    if campaign is None or account is None or not account.active or text is None:
        raise NotWanted("account_gone" if account is None or not account.active else "no_text")
    registration_id = posted.facts["registration"]
    standings = standings_among([registration_id]) if registration_id else []
    # Id 0 is nobody's: the answers that this registration gave stay out.
    standing = replace(standings[0], id=0, status="confirmed") if standings else None
    letter = write(campaign, text, _nobody(account), standing, MaskedLinks())
    subject = _("Test: %(subject)s", subject=letter.context["subject"])
    return replace(letter, template=KIND, context={**letter.context, "subject": subject}, headers={})


class MaskedLinks(Links):
    """The links of a mail that is nobody's: what is for a receiver only is masked from the start."""

    def hide(self, url: str, hidden: str) -> SecretLink:
        """Return the link without what is hidden in it."""
        masked = url.replace(hidden, MASK)
        return SecretLink(masked, masked, masked)


def _nobody(account: Any) -> Any:
    return SimpleNamespace(
        id=0,
        public_id=str(uuid.UUID(int=0)),
        link_version=1,
        first_name=(account.name or account.email).split()[0],
        proven_at=now(),
        time_zone=account.time_zone,
    )
