"""What became of a campaign's mails: how many in each state and language, who came later, when it is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from ..clock import now
from ..database import db
from ..languages import LANGUAGES
from ..mailing.models import Delivery, DeliveryStatus, MailPause
from ..mailing.pauses import pause_of
from ..staff.models import Account, Activity
from .audience import count_by_language
from .models import Campaign, CampaignState
from .sending import RUNNING, by_registration

# What the page tells apart, and the states of a mail that each stands for; what came back had left.
GROUPS: dict[str, tuple[DeliveryStatus, ...]] = {
    "sent": (DeliveryStatus.SENT,),
    "waiting": (DeliveryStatus.QUEUED, DeliveryStatus.SENDING),
    "retry": (DeliveryStatus.RETRY,),
    "returned": (DeliveryStatus.SENT,),
    "failed": (DeliveryStatus.FAILED,),
    "unknown": (DeliveryStatus.UNKNOWN,),
    "skipped": (DeliveryStatus.CANCELLED,),
}
LEFT = ("sent", "returned")
_GROUP_OF = {
    str(status): name for name, statuses in GROUPS.items() if name != "returned" for status in statuses
}


def group_of(status: str, *, came_back: bool) -> str:
    """Return the group that a mail is in."""
    return "returned" if came_back else _GROUP_OF[status]


@dataclass
class Progress:
    """How a campaign stands. `by_language`: language, then group, then how many mails."""

    campaign: Campaign
    by_language: dict[str, dict[str, int]] = field(default_factory=dict)
    later: int = 0
    pause: MailPause | None = None
    # Who did what, by name; "" where the account is gone.
    sender: str = ""
    paused_by: str = ""
    stopped_by: str = ""
    last_planned: datetime | None = None
    next_try: datetime | None = None
    # How many people got nothing for want of a text in their language.
    wordless: dict[str, int] = field(default_factory=dict)
    # For one that is planned: how many people would get it now, by language.
    people: dict[str, int] = field(default_factory=dict)

    def count(self, *groups: str) -> int:
        """Return how many mails are in these groups; in all when none is named."""
        return sum(
            number
            for counts in self.by_language.values()
            for name, number in counts.items()
            if not groups or name in groups
        )

    @property
    def total(self) -> int:
        """How many mails there are, without those that were dropped."""
        return self.count() - self.count("skipped")

    @property
    def open(self) -> int:
        """How many mails may still leave by themselves."""
        return self.count("waiting", "retry")

    @property
    def is_running(self) -> bool:
        """Whether it is on its way, paused or not."""
        return self.campaign.state in RUNNING

    @property
    def can_stop(self) -> bool:
        """Whether there is something to stop."""
        return self.is_running or self.campaign.state == CampaignState.SCHEDULED

    @property
    def is_moving(self) -> bool:
        """Whether the page is another one in a moment."""
        if self.campaign.state == CampaignState.SCHEDULED:
            return self.campaign.send_at is not None and self.campaign.send_at <= now()
        return self.is_running and self.pause is None

    @property
    def done_at(self) -> datetime | None:
        """About when the last mail leaves, as long as nothing is put off; None when that is not known."""
        if self.campaign.state != CampaignState.SENDING or self.pause or not self.count("waiting"):
            return None
        return max(self.last_planned or now(), now())

    @property
    def catches_up(self) -> bool:
        """Whether people who are confirmed from now on get it too."""
        until = self.campaign.catch_up_until
        return self.campaign.catch_up and until is not None and until > now()


def read_progress(campaign: Campaign) -> Progress:
    """Return how a campaign stands."""
    found = Progress(campaign, _count(campaign), pause=pause_of(campaign.id))
    found.wordless = _count_wordless(campaign) if found.count("skipped") else {}
    if campaign.expanded_at is not None:
        found.later = _number(campaign, Delivery.posted_at > campaign.expanded_at)
    if campaign.state == CampaignState.SCHEDULED:
        found.people = count_by_language(campaign, by_registration=by_registration(campaign))
    account = db.session.get(Account, campaign.sender_id or 0)
    found.sender = _name(account)
    if found.pause is not None:
        found.paused_by = _who(campaign, "campaign_paused")
    if campaign.state == CampaignState.STOPPED:
        found.stopped_by = _who(campaign, "campaign_stopped")
    found.last_planned = _moment(campaign, func.max(Delivery.next_at), DeliveryStatus.QUEUED)
    found.next_try = _moment(campaign, func.min(Delivery.next_at), DeliveryStatus.RETRY)
    return found


def is_held_up() -> tuple[str, str, str] | None:
    """Return the public id and name of a running campaign that is paused, and why; None when there is none."""
    row = db.session.execute(
        select(Campaign.public_id, Campaign.name, MailPause.reason)
        .join(Campaign, Campaign.id == MailPause.campaign_id)
        .where(Campaign.state.in_(RUNNING))
        .order_by(MailPause.paused_at)
        .limit(1)
    ).one_or_none()
    return (row.public_id, row.name, row.reason) if row else None


def _count(campaign: Campaign) -> dict[str, dict[str, int]]:
    came_back = Delivery.bounced_at.is_not(None)
    rows = db.session.execute(
        select(Delivery.language, Delivery.status, came_back, func.count().label("number"))
        .where(Delivery.campaign_id == campaign.id)
        .group_by(Delivery.language, Delivery.status, came_back)
    ).all()
    found: dict[str, dict[str, int]] = {}
    for language, status, is_back, number in sorted(rows, key=lambda row: [*LANGUAGES, row[0]].index(row[0])):
        counts, group = found.setdefault(language, {}), group_of(status, came_back=bool(is_back))
        counts[group] = counts.get(group, 0) + number
    return found


def _count_wordless(campaign: Campaign) -> dict[str, int]:
    rows = db.session.execute(
        select(Delivery.language, func.count().label("number"))
        .where(Delivery.campaign_id == campaign.id, Delivery.reason == "no_text")
        .group_by(Delivery.language)
    )
    return {row.language: row.number for row in rows}


def _number(campaign: Campaign, *conditions: Any) -> int:
    statement = select(func.count()).where(
        Delivery.campaign_id == campaign.id, Delivery.status != DeliveryStatus.CANCELLED, *conditions
    )
    return db.session.scalar(statement) or 0


def _moment(campaign: Campaign, which: Any, status: DeliveryStatus) -> datetime | None:
    return db.session.scalar(
        select(which).where(Delivery.campaign_id == campaign.id, Delivery.status == status)
    )


def _who(campaign: Campaign, verb: str) -> str:
    account = db.session.scalar(
        select(Account)
        .join(Activity, Activity.actor_id == Account.id)
        .where(
            Activity.verb == verb,
            Activity.subject_type == "campaign",
            Activity.subject_id == str(campaign.id),
        )
        .order_by(Activity.id.desc())
        .limit(1)
    )
    return _name(account)


def _name(account: Account | None) -> str:
    return (account.name or account.email) if account else ""
