"""What can happen to a registration: one function per verb, one transaction each. Ids in, never objects.

A sign-up's own parts (known addresses, held submissions, receipts) are in `signing_up`; this module has what follows.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from ..catalogue import places
from ..catalogue.models import Filling
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db, transaction
from . import messages, queue, steps
from .applying import CLOCK, Actor
from .deadlines import offer_deadline
from .models import ACTIVE, HOLDING, Registration, Status
from .transitions import RegistrationRefused


def cancel(registration_public_id: str, *, actor: Actor, reason: str = "") -> None:
    """Cancel an active registration: the place is freed and the next in line is told."""
    with transaction():
        row, session = _locked(registration_public_id)
        steps.step(row, "cancel", Status.CANCELLED, actor=actor, reason=reason)
        messages.registration_cancelled(**steps.addressee(row), registration_id=row.id, was=row.status)
        _free(row, session)


def accept_offer(registration_public_id: str, *, actor: Actor) -> None:
    """Turn an offer into a confirmed place; other waits and another place of the training are given up."""
    with transaction():
        row, _session = _locked(registration_public_id, whole_training=True)
        if row.status == Status.CONFIRMED:
            return
        if row.status != Status.OFFERED or row.offer_ends_at <= now():
            raise RegistrationRefused("offer_over")
        _give_up_held(row, actor)
        steps.step(row, "accept", Status.CONFIRMED, actor=actor)
        steps.withdraw_waits(row.learner_id, row.training_id)
        steps.prove(row.learner_id)
        messages.place_confirmed(**steps.addressee(row), registration_id=row.id)


def decline_offer(registration_public_id: str, *, actor: Actor) -> None:
    """Give an offered place back; a wait for any date stays."""
    with transaction():
        row, session = _locked(registration_public_id)
        steps.step(row, "decline", Status.CANCELLED, actor=actor)
        messages.offer_declined(**steps.addressee(row), registration_id=row.id)
        _free(row, session)


def approve(registration_public_id: str, *, actor: Actor) -> None:
    """Confirm a registration that waits for the team's decision."""
    with transaction():
        row, _session = _locked(registration_public_id)
        steps.step(row, "approve", Status.CONFIRMED, actor=actor)
        steps.withdraw_waits(row.learner_id, row.training_id)
        messages.place_confirmed(**steps.addressee(row), registration_id=row.id)


def reject(registration_public_id: str, *, actor: Actor, reason: str = "", tell_reason: bool = False) -> None:
    """Refuse a registration, with a reason that the mail tells when asked to; the place is freed."""
    with transaction():
        row, session = _locked(registration_public_id)
        steps.step(row, "reject", Status.REJECTED, actor=actor, reason=reason)
        messages.registration_rejected(
            **steps.addressee(row),
            registration_id=row.id,
            was=row.status,
            reason=reason if tell_reason else "",
        )
        _free(row, session)


def expire(registration_id: int) -> None:
    """End an offer whose time is over, an undecided registration, or a wait for a session that has started."""
    with transaction():
        public_id = db.session.scalar(
            select(Registration.public_id).where(Registration.id == registration_id)
        )
        row, session = _locked(public_id or "")
        moment = now()
        if row.status == Status.OFFERED and row.offer_ends_at <= moment:
            tell = messages.offer_expired
        elif row.status == Status.PENDING and session and _decision_is_due(session, moment):
            tell = messages.decision_missed
        elif row.status == Status.WAITING and session and session.starts_at and session.starts_at <= moment:
            tell = messages.wait_ended
        else:
            return
        steps.step(row, "expire", Status.EXPIRED, actor=CLOCK, mailed=not row.silent)
        if not row.silent:
            tell(**steps.addressee(row), registration_id=row.id)
        _free(row, session)


def fill_session(session_id: int) -> int:
    """Offer or give a session's free places to those who wait, in order; return how many were."""
    with transaction():
        training_id = _training_of(session_id)
        sessions = places.lock([training_id], [session_id])
        return fill_locked(sessions[session_id])


def prove_address(learner_id: int) -> None:
    """Note that the person opened a link of ours and acted: the address is theirs, the greeting may name them."""
    with transaction():
        steps.prove(learner_id)


def enter(
    registration_id: int | None, values: dict[str, Any], session: LockedSession, *, actor: Actor,
    may_wait_elsewhere: bool = True, mailed: bool = True,
) -> Any:  # fmt: skip
    """Put a newcomer, or someone who comes back, into a session under the caller's lock; return (id, status, number).

    `values` are a new row's columns. Part of a larger use case: the caller's transaction is open and the lock taken.
    """
    status = _seat(session)
    number = steps.next_number(session.training_id) if status == Status.WAITING else None
    registration_id = steps.store(registration_id, values, status, number, actor=actor, mailed=mailed)
    if status != Status.WAITING and may_wait_elsewhere:
        steps.withdraw_waits(values["learner_id"], session.training_id, but=registration_id)
    return registration_id, status, number


def enter_any_date(
    registration_id: int | None, values: dict[str, Any], *, actor: Actor, mailed: bool = True
) -> int:
    """Have someone wait for any date, under the caller's lock of the training; return the registration's id."""
    number = steps.next_number(values["training_id"])
    return steps.store(registration_id, values, Status.WAITING, number, actor=actor, mailed=mailed)


def withdraw_person(learner_id: int, *, actor: Actor) -> None:
    """Give up whatever is active of a person who is being erased, in the caller's transaction; places pass on."""
    active = db.session.execute(
        select(Registration.public_id, Registration.training_id, Registration.training_session_id).where(
            Registration.learner_id == learner_id, Registration.status.in_(ACTIVE)
        )
    ).all()
    places.lock(
        (row.training_id for row in active),
        (row.training_session_id for row in active if row.training_session_id),
    )
    for public_id in (row.public_id for row in active):
        row, session = _locked(public_id)
        steps.step(row, "cancel", Status.CANCELLED, actor=actor, mailed=False)
        _free(row, session)


def fill_locked(session: LockedSession) -> int:
    """Offer or give a session's free places, under the caller's lock; return how many were."""
    return _fill(session)


def look(session: LockedSession) -> Status:
    """Return the state that a newcomer would get, and take nothing."""
    if not session.has_free_place() or queue.is_anyone_waiting(
        session.id, session.training_id, session.language
    ):
        return Status.WAITING
    return Status.PENDING if session.needs_approval else Status.CONFIRMED


# ------------------------------------------------------------------------------------------------- shared steps


def _seat(session: LockedSession, *, from_queue: bool = False) -> Status:
    """Look at the queue, then take: the only caller of `places.take`.

    A newcomer waits while anybody waits; the first of the queue (`from_queue`) takes what is free.
    """
    if not from_queue and queue.is_anyone_waiting(session.id, session.training_id, session.language):
        return Status.WAITING
    if not places.take(session.id):
        return Status.WAITING
    return Status.PENDING if session.needs_approval else Status.CONFIRMED


def _free(row: Any, session: LockedSession | None) -> None:
    """Release the place that the row held, and find its next person."""
    if session is None or row.status not in HOLDING:
        return
    places.release(session.id)
    _fill(session)


def _fill(session: LockedSession) -> int:
    """Offer or give free places in strict order: the one place in the code that does. Returns how many were."""
    moment, done = now(), 0
    if not session.gives_places(moment):
        return 0
    while (waiting := queue.next_waiting(session.id, session.training_id, session.language)) is not None:
        if _seat(session, from_queue=True) == Status.WAITING:
            break
        _give(waiting, session, moment)
        done += 1
    return done


def _give(waiting: Any, session: LockedSession, moment: datetime) -> None:
    """Hand a place that was taken to the first of the queue: offered, given, or for the team to decide."""
    offered = session.filling == Filling.OFFER and not session.needs_approval
    status = Status.OFFERED if offered else (Status.PENDING if session.needs_approval else Status.CONFIRMED)
    ends_at = None
    if offered and session.starts_at is not None:
        ends_at = offer_deadline(moment, session.starts_at, session.time_zone)
    verb = "offer" if offered else "fill"
    if waiting.training_session_id is None:
        row = _row_from_any_date(waiting, session, status, ends_at=ends_at, verb=verb)
    else:
        row = steps.read(Registration.id == waiting.id)
        steps.step(row, verb, status, actor=CLOCK, offer_ends_at=ends_at)
    if not offered:
        steps.withdraw_waits(row.learner_id, row.training_id, but=row.id)
    addressee = steps.addressee(row)
    if offered:
        messages.place_offered(**addressee, registration_id=row.id, offer_ends_at=ends_at)
    elif status == Status.PENDING:
        messages.registration_pending(**addressee, registration_id=row.id)
    else:
        messages.place_confirmed(**addressee, registration_id=row.id)


def _row_from_any_date(
    waiting: Any, session: LockedSession, status: Status, *, ends_at: datetime | None, verb: str
) -> Any:
    """Make the second row that an any-date wait gets when a session meets it; the wait itself stays."""
    values = {
        "learner_id": waiting.learner_id,
        "training_id": session.training_id,
        "training_session_id": session.id,
        "origin": "offer",
        "offered_from_id": waiting.id,
        "offer_ends_at": ends_at,
    }
    return steps.read(Registration.id == steps.store(None, values, status, None, actor=CLOCK, verb=verb))


def _locked(registration_public_id: str, *, whole_training: bool = False) -> tuple[Any, LockedSession | None]:
    """Lock the training and session of a registration, then read it again; refuse when there is none."""
    ids = db.session.execute(
        select(Registration.training_id, Registration.training_session_id, Registration.learner_id).where(
            Registration.public_id == registration_public_id
        )
    ).first()
    if ids is None:
        raise RegistrationRefused("not_found")
    wanted = {ids.training_session_id}
    if whole_training:
        wanted |= set(
            db.session.scalars(
                select(Registration.training_session_id).where(
                    Registration.learner_id == ids.learner_id, Registration.training_id == ids.training_id
                )
            )
        )
    sessions = places.lock([ids.training_id], [session_id for session_id in wanted if session_id])
    row = steps.read(Registration.public_id == registration_public_id)
    return row, sessions.get(row.training_session_id)


def _give_up_held(row: Any, actor: Actor) -> None:
    """Give up the place that the person has in another session of the training, before they take this one."""
    held = db.session.execute(
        select(Registration.public_id).where(
            Registration.learner_id == row.learner_id,
            Registration.training_id == row.training_id,
            Registration.status.in_((Status.CONFIRMED, Status.PENDING)),
        )
    ).scalar()
    if held is None:
        return
    other, session = _locked(held)
    steps.step(other, "cancel", Status.CANCELLED, actor=actor)
    db.session.execute(
        update(Registration)
        .where(Registration.id == other.id)
        .values(moved_to_id=row.id)
        .execution_options(synchronize_session=False)
    )
    messages.registration_cancelled(**steps.addressee(other), registration_id=other.id, was=other.status)
    _free(other, session)


def _decision_is_due(session: LockedSession, moment: datetime) -> bool:
    due = session.decide_by or session.starts_at
    return due is not None and due <= moment


def _training_of(session_id: int) -> int:
    from ..catalogue.models import TrainingSession

    training_id = db.session.scalar(
        select(TrainingSession.training_id).where(TrainingSession.id == session_id)
    )
    if training_id is None:
        raise RegistrationRefused("session_unknown")
    return training_id
