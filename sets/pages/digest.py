"""The digest that colleagues choose: once a day or a week, counts and links, nobody's name. And a word on refused mail.

Each goes out in the morning of the colleague's own zone, once: a second worker or a second round adds nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ..clock import now
from ..database import db, transaction
from ..dates import local
from ..mailing import outbox
from ..mailing.models import Delivery, DeliveryStatus, Priority
from ..preferences import DAILY, NEVER, NOBODY, ORGANISERS, WEEKLY, preferences
from ..protection.announcing import latest_notice
from ..registration import needs
from ..registration.models import Registration, Status
from ..staff.models import Account
from ..staff.roles import has_role
from .figures import sessions_without_room
from .messages import DIGEST, REFUSED

# The hour at which a digest leaves, on the colleague's clock; a machine that was off tries until the second.
HOURS = range(7, 9)
MONDAY = 0
SPANS = {DAILY: timedelta(days=1), WEEKLY: timedelta(days=7)}
# What is worth a mail of its own: people who wait are no news.
NEWS = ("received", "pending", "roomless", "needs", "failed", "unknown", "retention")


def post_digests() -> int:
    """Put the digests that are due into the outbox; return how many."""
    chosen = preferences(("digest", "told_of_refused_mail"))
    accounts = list(db.session.scalars(select(Account).where(Account.active).order_by(Account.id)))
    rows = [(account, _frequency(account, chosen["digest"])) for account in accounts]
    due = [(account, often) for account, often in rows if often in SPANS and _is_due(account, often)]
    told = [account for account in accounts if _is_told(account, chosen["told_of_refused_mail"])]
    return sum(_post_digest(account.id, often) for account, often in due) + _post_refused(told)


def digest_counts(since: datetime, *, for_organiser: bool) -> dict[str, Any]:
    """Return what a digest says: numbers only."""
    state = Registration.status
    in_state = dict(
        db.session.execute(select(state, func.count(Registration.id)).group_by(state)).tuples().all()
    )
    mails = select(Delivery.status, func.count(Delivery.id)).where(
        Delivery.status.in_((DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN))
    )
    in_trouble = dict(db.session.execute(mails.group_by(Delivery.status)).tuples().all())
    notice = latest_notice() if for_organiser else None
    received = select(func.count(Registration.id)).where(Registration.created_at >= since)
    return {
        "received": int(db.session.scalar(received) or 0),
        "waiting": in_state.get(Status.WAITING, 0),
        "pending": in_state.get(Status.PENDING, 0) if for_organiser else 0,
        "roomless": len(sessions_without_room()),
        "needs": needs.count_open() if for_organiser else 0,
        "failed": in_trouble.get(DeliveryStatus.FAILED, 0),
        "unknown": in_trouble.get(DeliveryStatus.UNKNOWN, 0),
        "retention": notice.people if notice else 0,
    }


def _post_digest(account_id: int, often: str) -> bool:
    account = db.session.get_one(Account, account_id)
    day = local(now(), account.time_zone).date().isoformat()
    key = f"digest:{account_id}:{day}"
    if db.session.scalar(select(Delivery.id).where(Delivery.once_key == key)) is not None:
        return False
    counts = digest_counts(now() - SPANS[often], for_organiser=has_role(account, "organiser"))
    # A week without news says so; a day without news says nothing.
    if often == DAILY and not any(counts[name] for name in NEWS):
        return False
    facts = {"account_id": account_id, "often": often, "counts": counts}
    to, language = account.email, account.language
    with transaction():
        outbox.post(DIGEST, to=to, language=language, priority=Priority.NOTICE, facts=facts, once_key=key)
    return True


def _post_refused(told: list[Account]) -> int:
    """Tell that messages were refused in the last day, at most once a day."""
    moment = now()
    refused = select(func.count(Delivery.id)).where(
        Delivery.status == DeliveryStatus.FAILED, Delivery.next_at >= moment - SPANS[DAILY]
    )
    count = int(db.session.scalar(refused) or 0) if told else 0
    if not count:
        return 0
    keys = {f"refused:{account.id}:{moment:%Y-%m-%d}": account for account in told}
    known = set(db.session.scalars(select(Delivery.once_key).where(Delivery.once_key.in_(keys))))
    new = {
        key: (account.id, account.email, account.language)
        for key, account in keys.items()
        if key not in known
    }
    if not new:
        return 0
    with transaction():
        for key, (account_id, to, language) in new.items():
            facts = {"account_id": account_id, "count": count}
            outbox.post(
                REFUSED, to=to, language=language, priority=Priority.NOTICE, facts=facts, once_key=key
            )
    return len(new)


def _frequency(account: Account, default: str) -> str:
    return account.digest or default or NEVER


def _is_due(account: Account, often: str) -> bool:
    here = local(now(), account.time_zone)
    return here.hour in HOURS and (often == DAILY or here.weekday() == MONDAY)


def _is_told(account: Account, choice: str) -> bool:
    if choice == NOBODY:
        return False
    return has_role(account, "organiser" if choice == ORGANISERS else "administrator")
