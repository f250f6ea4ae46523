"""What is kept of a mail, and for how long: after `keep_until` its address, facts and text go, the count stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from .. import clock
from ..database import db, transaction
from ..privacy import period
from .models import Delivery, DeliveryStatus
from .outbox import KEPT_FOR

BATCH = 100
# A mail that may still leave keeps what it needs.
_OPEN = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY, DeliveryStatus.SENDING)


def forget_texts() -> int:
    """Forget what was said to whom in mails whose time is over, a batch at a time; return how many."""
    table: Any = Delivery.__table__
    # Each row says until when by the period of the code; the setting in force is so much longer or shorter for all.
    limit = clock.now() - (period("mails") - KEPT_FOR)
    due = select(table.c.id).where(table.c.keep_until <= limit, table.c.status.not_in(_OPEN))
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction() as session:
        return session.execute(
            update(table)
            .where(table.c.id.in_(due.limit(BATCH)))
            .values(to_address=None, facts={}, subject=None, text=None, smtp_text=None, keep_until=None)
        ).rowcount
