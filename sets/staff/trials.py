"""A test message to oneself: through the outbox, like every mail."""

from __future__ import annotations

from sqlalchemy import select

from ..database import transaction
from ..mailing.models import Delivery
from .activity import record_activity
from .messages import post_delivery_test
from .models import Account


def send_trial(account_id: int) -> str:
    """Post a test message to that account's own address; return the mail's public id."""
    with transaction() as session:
        account = session.get_one(Account, account_id)
        delivery_id = post_delivery_test(account)
        public_id = session.scalars(select(Delivery.public_id).where(Delivery.id == delivery_id)).one()
        record_activity("mail_tested", subject_type="delivery", subject_id=public_id)
    return public_id
