"""Mails that came back: noted on the mail and on the person, until their address is corrected or the team says so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from .. import clock
from ..database import transaction
from ..mailing import bounces
from ..mailing.models import Delivery, DeliveryStatus
from ..mailing.returns import Returned
from ..staff.activity import record_activity
from .models import Learner, Registration
from .people import address_key

# A mail that left, or may have.
_LEFT = (DeliveryStatus.SENT, DeliveryStatus.UNKNOWN)


def read_bounces() -> int:
    """Read the mailbox to which mails come back, where there is one; return how many were noted."""
    return bounces.read_mailbox(note_returned)


def note_returned(returned: Returned) -> bool:
    """Note that a mail came back; tell whether it is one of ours, with a receiver who is still known.

    A mail that was sent again and came back again is noted with the newer words. The person is marked only while
    they have the address to which that mail went: an older address says nothing about the one of today.
    """
    moment = clock.now()
    with transaction() as session:
        row = session.execute(
            select(Delivery.id, Delivery.learner_id, Delivery.to_address).where(
                Delivery.public_id == returned.public_id,
                Delivery.status.in_(_LEFT),
                Delivery.to_address.is_not(None),
            )
        ).first()
        if row is None:
            return False
        values: dict[str, Any] = {
            "status": DeliveryStatus.SENT,
            "sent_at": func.coalesce(Delivery.sent_at, moment),
            "bounced_at": moment,
            "reason": returned.reason,
            "smtp_code": returned.code,
            "smtp_text": returned.text,
        }
        session.execute(update(Delivery).where(Delivery.id == row.id).values(values))
        if row.learner_id is not None:
            session.execute(
                update(Learner)
                .where(Learner.id == row.learner_id, Learner.email_key == address_key(row.to_address))
                .values(bounced_at=moment, changed_at=Learner.changed_at)
            )
    return True


def forget_returned(registration_public_id: str) -> bool:
    """Take the mark from the person of a registration: the address works; tell whether there was one."""
    with transaction() as session:
        found = session.execute(
            update(Learner)
            .where(
                Learner.id.in_(
                    select(Registration.learner_id).where(Registration.public_id == registration_public_id)
                ),
                Learner.bounced_at.is_not(None),
            )
            .values(bounced_at=None, changed_at=Learner.changed_at)
            .execution_options(synchronize_session=False)
        ).rowcount
        if found:
            record_activity("return_cleared", subject_type="registration", subject_id=registration_public_id)
    return bool(found)
