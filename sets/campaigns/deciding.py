"""What a person decides about a campaign that left: whether doubtful mails arrived, who else gets it, and who later."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from ..clock import now
from ..database import db, transaction
from ..mailing import outbox
from ..mailing.models import Delivery, DeliveryStatus, Priority
from ..mailing.outbox import Addressee
from ..registration.models import Learner, Registration
from ..staff.activity import record_activity
from .audience import Recipient, wanted_by
from .letters import KIND, text_for
from .models import Audience, Campaign, CampaignState
from .sending import RUNNING, CampaignRefused, by_registration, go_on, locked_campaign, pace


def send_again(public_id: str, *, doubtful: bool = False, only: Collection[str] | None = None) -> int:
    """Queue the failed mails of a campaign once more, or with `doubtful` the unknown ones; return how many.

    `only` names some of these mails by their public ids; nobody else is written to. They go to
    the address that each person has now: one that was refused may have been corrected.

    Raises CampaignRefused("not_running") for one that never left or was stopped.
    """
    state = DeliveryStatus.UNKNOWN if doubtful else DeliveryStatus.FAILED
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state not in (*RUNNING, CampaignState.DONE):
            raise CampaignRefused("not_running")
        chosen = select(Delivery.public_id).where(
            Delivery.campaign_id == campaign.id, Delivery.status == state
        )
        ids = [one for one in db.session.scalars(chosen) if only is None or one in only]
        queued = outbox.requeue(ids, doubtful=doubtful)
        _readdress(ids)
        if queued:
            go_on(campaign)
            campaign.refusals_seen = 0 if not doubtful else campaign.refusals_seen
            pace(campaign.id, (DeliveryStatus.QUEUED,))
            _log(campaign, "campaign_sent_again", rows=queued)
        return queued


def note_arrived(public_id: str, *, only: Collection[str] | None = None) -> int:
    """Note that doubtful mails of a campaign did arrive (all, or those with these public ids); return how many."""
    with transaction():
        campaign = locked_campaign(public_id)
        statement = (
            update(Delivery)
            .where(Delivery.campaign_id == campaign.id, Delivery.status == DeliveryStatus.UNKNOWN)
            .values(
                status=DeliveryStatus.SENT, reason="arrived", sent_at=now(), lease_by=None, lease_until=None
            )
            .returning(Delivery.id)
            .execution_options(synchronize_session=False)
        )
        if only is not None:
            statement = statement.where(Delivery.public_id.in_(list(only)))
        number = len(db.session.execute(statement).all())
        if number:
            _log(campaign, "campaign_arrived", number)
        return number


def catch_up_until(public_id: str, until: datetime | None) -> None:
    """Have people who are confirmed later get a campaign too, until a moment; None: nobody else.

    Raises CampaignRefused: "past", or "not_running" for one that was stopped or is a draft.
    """
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state in (CampaignState.STOPPED, CampaignState.DRAFT):
            raise CampaignRefused("not_running")
        if until is not None and until <= now():
            raise CampaignRefused("past")
        campaign.catch_up = until is not None
        if until is not None:
            campaign.catch_up_until = until
        _log(campaign, "campaign_catch_up_on" if until else "campaign_catch_up_off")


def send_to(public_id: str, registrations: Collection[str]) -> int:
    """Send a campaign that has left to these registrations (public ids) too, once each; return how many get it.

    Those that are not in the state it is for, that got it, or for whose language there is no text, are passed over.
    Raises CampaignRefused("not_running") for a draft, or one that waits for its hour or was stopped.
    """
    with transaction():
        campaign = locked_campaign(public_id)
        if campaign.state not in (*RUNNING, CampaignState.DONE) or campaign.audience == Audience.NEWS:
            raise CampaignRefused("not_running")
        per_registration = by_registration(campaign)
        people = [
            one for one in _fitting(campaign, registrations) if text_for(campaign, one.language) is not None
        ]
        addressees = {
            (key := one.once_key(campaign.id, by_registration=per_registration)): Addressee(
                once_key=key,
                learner_id=one.learner_id,
                to=one.email,
                language=one.language,
                registration_ids=(one.registration_id,) if one.registration_id else (),
            )
            for one in people
        }
        number = outbox.post_many(
            KIND, list(addressees.values()), priority=Priority.CAMPAIGN, campaign_id=campaign.id
        )
        if number:
            go_on(campaign)
            _log(campaign, "campaign_filled", number)
        return number


def note_export(campaign_id: int, rows: int) -> None:
    """Write into the log that the recipients of a campaign were taken out: the one thing that its GET stores."""
    with transaction():
        record_activity("campaign_exported", subject_type="campaign", subject_id=campaign_id, rows=rows)


def _readdress(public_ids: list[str]) -> None:
    present = select(Learner.email).where(Learner.id == Delivery.learner_id).scalar_subquery()
    db.session.execute(
        update(Delivery)
        .where(
            Delivery.public_id.in_(public_ids),
            Delivery.status == DeliveryStatus.QUEUED,
            Delivery.learner_id.is_not(None),
        )
        .values(to_address=present)
        .execution_options(synchronize_session=False)
    )


def _fitting(campaign: Campaign, registrations: Collection[str]) -> list[Recipient]:
    statement = (
        select(Learner.id, Registration.id, Learner.email, Learner.language)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            Registration.public_id.in_(list(registrations)),
            Registration.status.in_(wanted_by(campaign).status),
            Registration.silent.is_(False),
        )
        .order_by(Registration.id)
    )
    return [
        Recipient(learner_id, registration_id, email, language, "")
        for learner_id, registration_id, email, language in db.session.execute(statement)
    ]


def _log(campaign: Campaign, verb: str, rows: int | None = None) -> None:
    record_activity(verb, subject_type="campaign", subject_id=campaign.id, rows=rows)
