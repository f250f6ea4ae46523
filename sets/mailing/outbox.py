"""Putting mails into the outbox: a row in the open transaction, nothing more. Sending is `sending.py`'s."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from .. import bell, clock
from ..database import db
from ..privacy import PERIODS
from ..statements import insert_many_or_ignore, insert_or_ignore, insert_row, insert_rows
from .models import Delivery, DeliveryRegistration, DeliveryStatus

# How long the text of a mail is kept when nobody says otherwise; the setting in force is applied by `retention`.
KEPT_FOR = PERIODS["mails"]
WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY)


@dataclass(frozen=True)
class Superseded:
    """A mail that will not leave because a later fact replaces it; the later mail carries what this one said."""

    kind: str
    facts: Mapping[str, Any]
    registration_ids: tuple[int, ...]


def post(
    kind: str,
    *,
    to: str,
    language: str,
    priority: int,
    learner_id: int | None = None,
    registration_ids: Iterable[int] = (),
    facts: Mapping[str, Any] | None = None,
    once_key: str | None = None,
    context_id: str | None = None,
    not_before: datetime | None = None,
    keep_until: datetime | None = None,
) -> int:
    """Add one mail to the open transaction and return its id; the worker is called once it is stored.

    A `once_key` that exists already gives the older row's id and adds nothing. `facts` are frozen as they are now
    (was/now, ids), and never hold a token. Nothing is rendered here.
    """
    moment = clock.now()
    values: dict[str, Any] = {
        "public_id": str(uuid.uuid4()),
        "once_key": once_key,
        "kind": kind,
        "priority": priority,
        "learner_id": learner_id,
        "to_address": to,
        "language": language,
        "facts": dict(facts or {}),
        "context_id": context_id,
        "status": DeliveryStatus.QUEUED,
        "attempts": 0,
        "next_at": not_before or moment,
        "posted_at": moment,
        "keep_until": keep_until or moment + KEPT_FOR,
        "silent": False,
    }
    delivery_id, is_new = _insert(values)
    if is_new:
        about = [
            {"delivery_id": delivery_id, "registration_id": registration_id}
            for registration_id in dict.fromkeys(registration_ids)
        ]
        insert_rows(DeliveryRegistration, about)
        bell.ring()
    return delivery_id


@dataclass(frozen=True)
class Addressee:
    """One receiver of a mail to many; `once_key` makes a repeat harmless."""

    once_key: str
    learner_id: int
    to: str
    language: str
    registration_ids: tuple[int, ...] = ()
    next_at: datetime | None = None


def post_many(kind: str, addressees: Sequence[Addressee], *, priority: int, campaign_id: int) -> int:
    """Add one mail per addressee to the open transaction, but for those whose `once_key` exists; return how many."""
    moment = clock.now()
    if not addressees:
        return 0
    rows = [
        {
            "public_id": str(uuid.uuid4()),
            "once_key": one.once_key,
            "kind": kind,
            "priority": priority,
            "campaign_id": campaign_id,
            "learner_id": one.learner_id,
            "to_address": one.to,
            "language": one.language,
            "facts": {},
            "status": DeliveryStatus.QUEUED,
            "attempts": 0,
            "next_at": one.next_at or moment,
            "posted_at": moment,
            "keep_until": moment + KEPT_FOR,
            "silent": False,
        }
        for one in addressees
    ]
    made = {key: delivery_id for delivery_id, key in insert_many_or_ignore(Delivery, rows, "once_key")}
    insert_rows(
        DeliveryRegistration,
        [
            {"delivery_id": made[one.once_key], "registration_id": registration_id}
            for one in addressees
            if one.once_key in made
            for registration_id in one.registration_ids
        ],
    )
    bell.ring()
    return len(made)


def supersede(registration_ids: Iterable[int], *, kinds: Iterable[str] = ()) -> list[Superseded]:
    """Cancel the mails about these registrations that have not begun to leave (of these kinds; default: all).

    Runs in the open transaction and returns what was cancelled, for the later mail to carry: a mail about three
    registrations of which one changed must still be said about the other two.
    """
    named = select(DeliveryRegistration.delivery_id).where(
        DeliveryRegistration.registration_id.in_(list(registration_ids))
    )
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(named), Delivery.status.in_(WAITING))
        .values(status=DeliveryStatus.CANCELLED, reason="superseded", lease_by=None, lease_until=None)
        .returning(Delivery.id, Delivery.kind, Delivery.facts)
        .execution_options(synchronize_session=False)
    )
    if kinds:
        statement = statement.where(Delivery.kind.in_(list(kinds)))
    rows = db.session.execute(statement).all()
    about = registrations_of([row.id for row in rows])
    return [Superseded(row.kind, row.facts, about.get(row.id, ())) for row in rows]


def readdress(learner_id: int, to: str, *, but: Iterable[str] = ()) -> None:
    """Have a person's mails that have not begun to leave go to another address, but for these kinds."""
    db.session.execute(
        update(Delivery)
        .where(
            Delivery.learner_id == learner_id, Delivery.status.in_(WAITING), Delivery.kind.not_in(list(but))
        )
        .values(to_address=to)
        .execution_options(synchronize_session=False)
    )


def has_left(registration_id: int, kinds: Iterable[str]) -> bool:
    """Tell whether a mail of these kinds about this registration left, or may have."""
    gone = (DeliveryStatus.SENT, DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN)
    found = (
        select(Delivery.id)
        .join(DeliveryRegistration, DeliveryRegistration.delivery_id == Delivery.id)
        .where(
            DeliveryRegistration.registration_id == registration_id,
            Delivery.kind.in_(list(kinds)),
            Delivery.status.in_(gone),
        )
    )
    return db.session.execute(found.limit(1)).first() is not None


def requeue(public_ids: list[str] | None, *, doubtful: bool = False) -> int:
    """Queue failed mails once more (these, or all) in the open transaction; return how many.

    With `doubtful`, the unknown ones too: they may have arrived, so a person decides that they leave again.
    """
    states = [DeliveryStatus.FAILED] + ([DeliveryStatus.UNKNOWN] if doubtful else [])
    statement = (
        update(Delivery)
        .where(Delivery.status.in_(states), Delivery.to_address.is_not(None))
        .values(
            status=DeliveryStatus.QUEUED,
            attempts=0,
            next_at=clock.now(),
            reason=None,
            lease_by=None,
            lease_until=None,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if public_ids is not None:
        statement = statement.where(Delivery.public_id.in_(public_ids))
    count = len(db.session.execute(statement).all())
    bell.ring()
    return count


def registrations_of(delivery_ids: list[int]) -> dict[int, tuple[int, ...]]:
    """Return the ids of the registrations that each of these mails speaks of."""
    found: dict[int, tuple[int, ...]] = {}
    if delivery_ids:
        rows = db.session.execute(
            select(DeliveryRegistration.delivery_id, DeliveryRegistration.registration_id)
            .where(DeliveryRegistration.delivery_id.in_(delivery_ids))
            .order_by(DeliveryRegistration.delivery_id, DeliveryRegistration.registration_id)
        )
        for delivery_id, registration_id in rows:
            found[delivery_id] = (*found.get(delivery_id, ()), registration_id)
    return found


def _insert(values: dict[str, Any]) -> tuple[int, bool]:
    if values["once_key"] is None:
        return insert_row(Delivery, values), True
    new_id = insert_or_ignore(Delivery, values, "once_key")
    if new_id is not None:
        return new_id, True
    row = select(Delivery.id).where(Delivery.once_key == values["once_key"])
    return db.session.execute(row).scalar_one(), False
