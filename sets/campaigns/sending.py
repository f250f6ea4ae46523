"""A campaign on its way: started now or at a time, expanded into mails in batches, paused, resumed, stopped, caught up.

The people are worked out when it starts. One mail per (campaign, recipient) is held by the database, so that pressing
twice, two tabs or two workers give one send. Once it has started its texts stand.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, func, select, update

from .. import bell
from ..clock import now
from ..database import db, transaction
from ..mailing import outbox, pauses
from ..mailing.models import Delivery, DeliveryStatus, Priority
from ..mailing.outbox import Addressee
from ..staff.activity import record_activity
from .audience import count_by_language, missing_batch
from .fields import asked_keys, needs_registration, unknown_fields
from .letters import KIND, text_for
from .models import Audience, Campaign, CampaignState

# Mails written at once, and for how many seconds in one transaction: sign-ups never wait long for the worker.
BATCH, ROUND = 100, 0.04
# Refused mails that pause a campaign by themselves: so many and such a share, or so many in a row.
REFUSED, SHARE, IN_A_ROW = 10, 0.05, 10
RUNNING = (CampaignState.EXPANDING, CampaignState.SENDING)
OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY, DeliveryStatus.SENDING)


class CampaignRefused(Exception):  # noqa: N818  (a refusal)
    """Something cannot be done with a campaign.

    `reason`: "not_found", "started" (it is on its way already), "changed" (somebody changed it since it was read),
    "people_changed" (there are more or fewer people than were shown), "no_text" (a language that has recipients has no
    text), "unknown_field" (a text names a field that there is not), "nobody", "past" (the time to send lies in the
    past), "not_running".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def by_registration(campaign: Campaign) -> bool:
    """Tell whether each registration is a recipient: where a text says something of one. Else each person is.

    News go to people, whatever their text says.
    """
    if campaign.audience == Audience.NEWS:
        return False
    return needs_registration(part for text in campaign.texts.values() for part in (text.subject, text.body))


def start_campaign(
    public_id: str,
    *,
    revision: int,
    account_id: int,
    at: datetime | None = None,
    zone: str = "",
    people: int | None = None,
) -> None:
    """Send a draft now, or at a time (aware; `zone` is the one it was chosen in). A second press is refused.

    `people` is how many the sender was told of. Raises CampaignRefused: "started", "changed", "people_changed",
    "no_text", "unknown_field", "nobody", "past".
    """
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state != CampaignState.DRAFT:
            raise CampaignRefused("started")
        if campaign.revision != revision:
            raise CampaignRefused("changed")
        if at is not None and at <= now():
            raise CampaignRefused("past")
        counts = count_by_language(campaign, by_registration=by_registration(campaign))
        if not counts and at is None:
            raise CampaignRefused("nobody")
        if people is not None and people != sum(counts.values()):
            raise CampaignRefused("people_changed")
        texts = [text_for(campaign, language) for language in counts]
        if None in texts:
            raise CampaignRefused("no_text")
        if unknown_fields(
            (part for text in texts if text for part in (text.subject, text.body)), asked_keys()
        ):
            raise CampaignRefused("unknown_field")
        campaign.state = CampaignState.SCHEDULED if at else CampaignState.EXPANDING
        campaign.send_at, campaign.send_zone = at, zone
        campaign.started_at = None if at else now()
        campaign.sender_id = account_id
        campaign.revision += 1
        _log(campaign, "campaign_scheduled" if at else "campaign_sent", rows=sum(counts.values()))


def back_to_draft(public_id: str) -> None:
    """Take a scheduled campaign back before its time. Raises CampaignRefused("started")."""
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state != CampaignState.SCHEDULED:
            raise CampaignRefused("started")
        campaign.state, campaign.send_at = CampaignState.DRAFT, None
        campaign.revision += 1
        _log(campaign, "campaign_unscheduled")


def pause_campaign(public_id: str) -> None:
    """Let no further mail of a running campaign leave, until it is resumed. Raises CampaignRefused("not_running")."""
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state not in RUNNING:
            raise CampaignRefused("not_running")
        if pauses.pause(campaign.id):
            _log(campaign, "campaign_paused")


def resume_campaign(public_id: str) -> None:
    """Let a paused campaign go on, at its rate: what waited in the meantime does not leave all at once."""
    with transaction():
        campaign = locked_campaign(public_id)
        if pauses.pause_of(campaign.id) is None:
            return
        pauses.resume(campaign.id)
        campaign.refusals_seen = _count(campaign.id, DeliveryStatus.FAILED)
        _log(campaign, "campaign_resumed")
        pace(campaign.id, outbox.WAITING)


def stop_campaign(public_id: str) -> int:
    """End a campaign for good: what has not left is cancelled. Return how many mails do not leave."""
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state not in (*RUNNING, CampaignState.SCHEDULED):
            raise CampaignRefused("not_running")
        stopped = db.session.execute(
            update(Delivery)
            .where(Delivery.campaign_id == campaign.id, Delivery.status.in_(outbox.WAITING))
            .values(status=DeliveryStatus.CANCELLED, reason="stopped", lease_by=None, lease_until=None)
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        ).all()
        pauses.resume(campaign.id)
        campaign.state, campaign.ended_at, campaign.catch_up = CampaignState.STOPPED, now(), False
        campaign.revision += 1
        _log(campaign, "campaign_stopped", rows=len(stopped))
        return len(stopped)


# ------------------------------------------------------------------------------- steps of the clock, see jobs.py


def run_due() -> int:
    """Begin what is due, write the mails of what has begun, end what is complete; return how much was done."""
    return _begin_due() + _expand() + _end_complete()


def catch_up() -> int:
    """Write the mails of people who came to a campaign's audience after it was sent; return how many."""
    moment, done = now(), 0
    waiting = db.session.scalars(
        select(Campaign.public_id).where(
            Campaign.catch_up.is_(True),
            Campaign.state.in_((CampaignState.SENDING, CampaignState.DONE)),
            Campaign.catch_up_until > moment,
        )
    ).all()
    db.session.rollback()
    for public_id in waiting:
        with transaction():
            campaign = locked_campaign(public_id)
            if campaign.state in (CampaignState.SENDING, CampaignState.DONE) and campaign.catch_up:
                posted = _post_batch(campaign)
                done += posted
                if posted:
                    go_on(campaign)
    return done


def watch() -> int:
    """Pause campaigns that too many addresses refuse; return how many."""
    running = db.session.scalars(select(Campaign.id).where(Campaign.state.in_(RUNNING))).all()
    due = [campaign_id for campaign_id in running if _is_refused(campaign_id)]
    db.session.rollback()
    done = 0
    for campaign_id in due:
        with transaction():
            done += pauses.pause(campaign_id, pauses.REFUSALS)
    return done


def _begin_due() -> int:
    due = db.session.scalars(
        select(Campaign.public_id).where(Campaign.state == CampaignState.SCHEDULED, Campaign.send_at <= now())
    ).all()
    db.session.rollback()
    for public_id in due:
        with transaction():
            campaign = locked_campaign(public_id)
            if campaign.state == CampaignState.SCHEDULED:
                campaign.state, campaign.started_at = CampaignState.EXPANDING, now()
    return len(due)


def _expand() -> int:
    expanding = db.session.scalar(
        select(Campaign.public_id).where(Campaign.state == CampaignState.EXPANDING).order_by(Campaign.id)
    )
    db.session.rollback()
    if expanding is None:
        return 0
    with transaction():
        campaign = locked_campaign(expanding)
        if campaign.state != CampaignState.EXPANDING:
            return 0
        begun, posted = time.monotonic(), 0
        while time.monotonic() - begun < ROUND:
            # By their ids; then once more from the beginning, for who came in the meantime.
            batch = _post_batch(campaign, after=campaign.cursor) or _post_batch(campaign)
            posted += batch
            if not batch:
                campaign.state, campaign.expanded_at = CampaignState.SENDING, now()
                break
        return posted or 1


def _post_batch(campaign: Campaign, *, after: int = 0) -> int:
    per_registration = by_registration(campaign)
    people = missing_batch(campaign, BATCH, by_registration=per_registration, after=after)
    keys = [one.key(by_registration=per_registration) for one in people]
    campaign.cursor = max([campaign.cursor, *keys])
    first = _last_planned(campaign.id)
    pause = timedelta(seconds=60 / current_app.config["CAMPAIGN_RATE"])
    addressees = [
        Addressee(
            once_key=one.once_key(campaign.id, by_registration=per_registration),
            learner_id=one.learner_id,
            to=one.email,
            language=one.language,
            registration_ids=(one.registration_id,) if one.registration_id else (),
            next_at=first + pause * number,
        )
        for number, one in enumerate(people, 1)
    ]
    return outbox.post_many(KIND, addressees, priority=Priority.CAMPAIGN, campaign_id=campaign.id)


def _last_planned(campaign_id: int) -> datetime:
    """Return when the last mail of a campaign is due that has not left: the next ones follow at the campaign's rate."""
    # The newest row is the last one planned, and found at once however many there are.
    newest = (
        select(Delivery.next_at, Delivery.status)
        .where(Delivery.campaign_id == campaign_id)
        .order_by(Delivery.id.desc())
    )
    last = db.session.execute(newest.limit(1)).first()
    # One that is put off for hours does not put off those after it.
    is_planned = last is not None and last.status == DeliveryStatus.QUEUED
    return max(last.next_at, now()) if last is not None and is_planned else now()


def _end_complete() -> int:
    open_mails = select(Delivery.id).where(Delivery.campaign_id == Campaign.id, Delivery.status.in_(OPEN))
    complete = select(Campaign.public_id).where(Campaign.state == CampaignState.SENDING, ~open_mails.exists())
    found = db.session.scalars(complete).all()
    db.session.rollback()
    for public_id in found:
        with transaction():
            campaign = locked_campaign(public_id)
            if campaign.state == CampaignState.SENDING:
                campaign.state, campaign.ended_at = CampaignState.DONE, now()
                # Nothing is left to hold; who comes later is not to wait for somebody to see it.
                pauses.resume(campaign.id)
    return len(found)


def _is_refused(campaign_id: int) -> bool:
    if pauses.pause_of(campaign_id) is not None:
        return False
    ended = (DeliveryStatus.SENT, DeliveryStatus.FAILED)
    counts: dict[str, int] = {
        row.status: row.number
        for row in db.session.execute(
            select(Delivery.status, func.count().label("number"))
            .where(Delivery.campaign_id == campaign_id, Delivery.status.in_(ended))
            .group_by(Delivery.status)
        )
    }
    failed, total = counts.get(DeliveryStatus.FAILED, 0), sum(counts.values())
    seen = db.session.scalar(select(Campaign.refusals_seen).where(Campaign.id == campaign_id)) or 0
    failed -= seen
    if failed < REFUSED:
        return False
    if failed >= SHARE * (total - seen):
        return True
    last = db.session.scalars(
        select(Delivery.status)
        .where(Delivery.campaign_id == campaign_id, Delivery.status.in_(ended))
        .order_by(Delivery.next_at.desc(), Delivery.id.desc())
        .limit(IN_A_ROW)
    ).all()
    return len(last) == IN_A_ROW and all(status == DeliveryStatus.FAILED for status in last)


def _count(campaign_id: int, status: DeliveryStatus) -> int:
    statement = select(func.count()).where(Delivery.campaign_id == campaign_id, Delivery.status == status)
    return db.session.scalar(statement) or 0


def go_on(campaign: Campaign) -> None:
    """Open a campaign that had ended once more: it has mails to send again. Inside the open transaction."""
    if campaign.state == CampaignState.DONE:
        campaign.state, campaign.ended_at = CampaignState.SENDING, None


def pace(campaign_id: int, states: Iterable[DeliveryStatus]) -> None:
    """Plan the mails that wait one after the other from now on, at the rate, in the order they had.

    Inside the open transaction.
    """
    waiting = select(Delivery.id).where(
        Delivery.campaign_id == campaign_id, Delivery.status.in_(list(states))
    )
    ids = db.session.scalars(waiting.order_by(Delivery.next_at, Delivery.id)).all()
    first, pause = now(), timedelta(seconds=60 / current_app.config["CAMPAIGN_RATE"])
    table: Any = Delivery.__table__
    if ids:
        db.session.connection().execute(
            update(table).where(table.c.id == bindparam("mail")).values(next_at=bindparam("planned")),
            [{"mail": one, "planned": first + pause * number} for number, one in enumerate(ids)],
        )
    bell.ring()


def locked_campaign(public_id: str) -> Campaign:
    """Return a campaign for change, inside the open transaction. Raises CampaignRefused("not_found")."""
    campaign = db.session.scalar(
        select(Campaign)
        .where(Campaign.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if campaign is None:
        raise CampaignRefused("not_found")
    return campaign


def _log(campaign: Campaign, verb: str, **values: Any) -> None:
    record_activity(verb, subject_type="campaign", subject_id=campaign.id, **values)
