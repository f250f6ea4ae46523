"""The waiting list of a session as the team sees it: in strict order, and why some are passed over. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import session_words
from ..catalogue.models import TrainingSession
from ..database import db
from ..dates import datetime_words
from . import queue
from .models import Learner, PlaceNotice, Registration, Status

PER_PAGE = 100


@dataclass(frozen=True)
class Wait:
    """One person who waits. `rank` is None while they are passed over; `remarks` say why, or what else they have."""

    public_id: str
    name: str
    email: str
    rank: int | None
    is_any_date: bool
    wants: tuple[str, ...]
    since: datetime
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """A live offer of a place in the session."""

    public_id: str
    name: str
    ends_at: datetime


@dataclass
class Queue:
    """Who waits for a session: those with a rank first, in order, then those who are passed over for now."""

    waits: list[Wait] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)

    @property
    def ranked(self) -> list[Wait]:
        """Return those who would be served, in order."""
        return [wait for wait in self.waits if wait.rank is not None]


def read_queue(session: TrainingSession, zone: str) -> Queue:
    """Return who waits for the session; moments in remarks are told on the clocks of `zone`."""
    ranks = _ranks(session)
    rows = list(db.session.execute(_candidates(session)))
    ranked_people = {row.learner_id for row in rows if row.id in ranks}
    others = _others(session, {row.learner_id for row in rows})
    told = _told(session)
    waits = [
        Wait(
            public_id=row.public_id,
            name=f"{row.first_name} {row.last_name}".strip(),
            email=row.email,
            rank=ranks.get(row.id),
            is_any_date=row.training_session_id is None,
            wants=tuple(row.wants or ()),
            since=row.status_at,
            remarks=tuple(
                _remarks(row, row.id in ranks, others.get(row.learner_id, ()), session, told, zone)
            ),
        )
        for row in rows
        # Who waits for this session and for any date stands once.
        if row.id in ranks or row.learner_id not in ranked_people
    ]
    waits.sort(key=lambda wait: (wait.rank is None, wait.rank or 0))
    return Queue(waits, _offers(session))


def _ranks(session: TrainingSession) -> dict[int, int]:
    waiting = queue.everyone_waiting(session.id, session.training_id, session.language)
    return {row.id: rank for rank, row in enumerate(waiting, 1)}


def _candidates(session: TrainingSession) -> Any:
    columns = (
        Registration.id, Registration.public_id, Registration.learner_id, Registration.training_session_id,
        Registration.wants, Registration.status_at, Learner.first_name, Learner.last_name, Learner.email,
    )  # fmt: skip
    return (
        select(*columns)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            Registration.training_id == session.training_id,
            Registration.status == Status.WAITING,
            or_(
                Registration.training_session_id == session.id,
                and_(Registration.training_session_id.is_(None), queue.wants(session.language)),
            ),
        )
        .order_by(Registration.queue_number, Registration.id)
    )


def _others(session: TrainingSession, learner_ids: set[int]) -> dict[int, list[Any]]:
    """Return what else each of these people has, or had, in a session of the training."""
    statement = (
        select(Registration)
        .where(
            Registration.training_id == session.training_id,
            Registration.training_session_id.is_not(None),
            Registration.status != Status.WAITING,
            Registration.learner_id.in_(
                select(Registration.learner_id).where(
                    Registration.training_id == session.training_id, Registration.status == Status.WAITING
                )
            ),
        )
        .options(selectinload(Registration.session).selectinload(TrainingSession.meetings))
    )
    found: dict[int, list[Any]] = {}
    for one in db.session.scalars(statement):
        if one.learner_id in learner_ids:
            found.setdefault(one.learner_id, []).append(one)
    return found


def _remarks(
    row: Any, is_ranked: bool, others: Iterable[Any], session: TrainingSession, told: dict[int, datetime],
    zone: str,
) -> Iterable[str]:  # fmt: skip
    for other in others:
        is_here = other.training_session_id == session.id
        if other.status == Status.OFFERED:
            until = datetime_words(other.offer_ends_at, zone)
            words = session_words(other.session)
            yield (
                _("Has an offer of this session until %(moment)s.", moment=until)
                if is_here
                else _(
                    "Has an offer of another session (%(session)s) until %(moment)s.",
                    session=words,
                    moment=until,
                )
            )
        elif other.status in (Status.CONFIRMED, Status.PENDING) and other.ended_at is None:
            words = session_words(other.session)
            yield (
                _("Keeps a place in another session (%(session)s) meanwhile.", session=words)
                if is_ranked
                else _("Has a place in another session (%(session)s).", session=words)
            )
        elif is_here and not is_ranked:
            yield _("Had this session already, and gave it up or let it pass: is not asked again.")
    if row.id in told:
        yield _("Was told on %(moment)s that a place is free.", moment=datetime_words(told[row.id], zone))


def _told(session: TrainingSession) -> dict[int, datetime]:
    statement = select(PlaceNotice.registration_id, PlaceNotice.told_at).where(
        PlaceNotice.training_session_id == session.id
    )
    return {row.registration_id: row.told_at for row in db.session.execute(statement)}


def _offers(session: TrainingSession) -> list[Offer]:
    statement = (
        select(Registration.public_id, Registration.offer_ends_at, Learner.first_name, Learner.last_name)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(Registration.training_session_id == session.id, Registration.status == Status.OFFERED)
        .order_by(Registration.offer_ends_at)
    )
    return [
        Offer(row.public_id, f"{row.first_name} {row.last_name}".strip(), row.offer_ends_at)
        for row in db.session.execute(statement)
    ]
