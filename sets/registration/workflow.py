"""What can happen to a registration: one function per verb, one transaction each. Ids in, never objects.

A sign-up's own parts (known addresses, held submissions, receipts) are in `signing_up`, what happens to whole sessions
in `session_changes`; how places and queue meet in `seating`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from ..catalogue import places
from ..catalogue.models import TrainingSession
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db, transaction
from . import messages, seating, steps
from .applying import CLOCK, Actor
from .models import ACTIVE, Registration, RegistrationEvent, Status
from .seating import free, locked, locked_with
from .standing import UNDO_FOR
from .transitions import RegistrationRefused


def cancel(registration_public_id: str, *, actor: Actor, reason: str = "", mail: bool = True) -> None:
    """Cancel an active registration: the place is freed and the next in line is told."""
    with transaction():
        row, session = locked(registration_public_id)
        steps.step(row, "cancel", Status.CANCELLED, actor=actor, reason=reason, mailed=mail)
        if mail:
            messages.registration_cancelled(**steps.addressee(row), registration_id=row.id, was=row.status)
        free(row, session)


def accept_offer(registration_public_id: str, *, actor: Actor) -> None:
    """Turn an offer into a confirmed place; other waits and another place of the training are given up.

    In the last hours also: take a free place that somebody who waits was told of.
    """
    with transaction():
        row, sessions = locked_with(registration_public_id, whole_training=True)
        if row.status == Status.CONFIRMED:
            return
        if row.status == Status.WAITING:
            moved_from = seating.give_up_held(row, actor=actor)
            row = seating.claim(row, sessions, actor=actor)
            if moved_from:
                seating.link_move(moved_from, row.id)
        else:
            if row.status != Status.OFFERED or row.offer_ends_at <= now():
                raise RegistrationRefused("offer_over")
            moved_from = seating.give_up_held(row, actor=actor)
            steps.step(row, "accept", Status.CONFIRMED, actor=actor)
        steps.withdraw_waits(row.learner_id, row.training_id)
        steps.prove(row.learner_id)
        messages.place_confirmed(**steps.addressee(row), registration_id=row.id, moved_from=moved_from)


def decline_offer(registration_public_id: str, *, actor: Actor) -> None:
    """Give an offered place back; a wait for any date stays."""
    with transaction():
        row, session = locked(registration_public_id)
        steps.step(row, "decline", Status.CANCELLED, actor=actor)
        messages.offer_declined(**steps.addressee(row), registration_id=row.id)
        free(row, session)


def approve(registration_public_id: str, *, actor: Actor, mail: bool = True) -> None:
    """Confirm a registration that waits for the team's decision."""
    with transaction():
        row, _session = locked(registration_public_id)
        steps.step(row, "approve", Status.CONFIRMED, actor=actor, mailed=mail)
        steps.withdraw_waits(row.learner_id, row.training_id)
        if mail:
            messages.place_confirmed(**steps.addressee(row), registration_id=row.id)


def reject(
    registration_public_id: str,
    *,
    actor: Actor,
    reason: str = "",
    tell_reason: bool = False,
    mail: bool = True,
) -> None:
    """Refuse a registration, with a reason that the mail tells when asked to; the place is freed."""
    with transaction():
        row, session = locked(registration_public_id)
        steps.step(row, "reject", Status.REJECTED, actor=actor, reason=reason, mailed=mail)
        if mail:
            messages.registration_rejected(
                **steps.addressee(row),
                registration_id=row.id,
                was=row.status,
                reason=reason if tell_reason else "",
            )
        free(row, session)


def restore(
    registration_public_id: str,
    *,
    actor: Actor,
    reason: str = "",
    mail: bool = True,
    only_if_free: bool = False,
) -> Status:
    """Take back a cancellation, a refusal or an expiry: as new, by the same door as everybody. Return the state.

    A learner may for 24 hours, what they cancelled themselves. With `only_if_free` nobody is put on the waiting list:
    RegistrationRefused("no_place").
    """
    with transaction():
        row, session = locked(registration_public_id)
        if actor.kind == "learner" and not _can_undo(row, session):
            raise RegistrationRefused("too_late_to_undo")
        steps.end_past(row.learner_id)
        if seating.place_of(row.learner_id, row.training_id):
            raise RegistrationRefused("already_confirmed")
        values = {"learner_id": row.learner_id, "training_id": row.training_id}
        if row.training_session_id is None:
            status = Status.WAITING
            seating.enter_any_date(row.id, values, actor=actor, verb="restore", mailed=mail)
        else:
            if session is None or not session.gives_places(now()):
                raise RegistrationRefused("session_over")
            _id, status, _number = seating.enter(
                row.id, values, session, actor=actor, only_if_free=only_if_free, verb="restore", reason=reason,
                mailed=mail,
            )  # fmt: skip
        if mail:
            _tell_entered(row, status)
        return status


def move(
    registration_public_id: str, session_public_id: str, *, actor: Actor, reason: str = "", mail: bool = True
) -> str:
    """Change a registration to another session of its training; return the public id of the new one.

    The new session's place comes first: without one nothing changes, RegistrationRefused("no_place"). The old
    registration ends with where it went, which is no cancellation in figures; its place passes on.
    """
    with transaction():
        target_id = _session_id(session_public_id)
        row, sessions = locked_with(registration_public_id, session_ids=(target_id,))
        target, moment = sessions[target_id], now()
        _check_target(row, target, actor, moment)
        if not (target.is_open(moment) if actor.kind == "learner" else target.gives_places(moment)):
            raise RegistrationRefused("session_closed")
        former_id = _former_row(row.learner_id, target)
        if seating.look(target) == Status.WAITING:
            raise RegistrationRefused("no_place")
        steps.step(row, "move", Status.CANCELLED, actor=actor, reason=reason, mailed=mail)
        new_id, _status, _number = seating.enter(
            former_id, _moved_values(row, target), target, actor=actor, only_if_free=True,
            verb="move", is_approved=row.status == Status.CONFIRMED, reason=reason, mailed=mail,
        )  # fmt: skip
        seating.link_move(row.id, new_id)
        if mail:
            messages.place_moved(**steps.addressee(row), registration_id=new_id, moved_from=row.id)
        free(row, sessions.get(row.training_session_id))
        return str(steps.read(Registration.id == new_id).public_id)


def wait_elsewhere(registration_public_id: str, session_public_id: str, *, actor: Actor) -> None:
    """Keep what one has, and wait for another session of the training; its place, once accepted, replaces this one."""
    with transaction():
        target_id = _session_id(session_public_id)
        row, sessions = locked_with(registration_public_id, session_ids=(target_id,))
        target, moment = sessions[target_id], now()
        _check_target(row, target, actor, moment)
        if row.status not in ACTIVE:
            raise RegistrationRefused("no_transition")
        if not target.is_open(moment):
            raise RegistrationRefused("session_closed")
        former_id = _former_row(row.learner_id, target)
        if seating.look(target) != Status.WAITING:
            raise RegistrationRefused("place_free")
        new_id, status, _number = seating.enter(
            former_id, _moved_values(row, target), target, actor=actor,
            verb="register", may_wait_elsewhere=False,
        )  # fmt: skip
        _tell_entered(steps.read(Registration.id == new_id), status)


def reorder(registration_public_id: str, before_public_id: str | None, *, actor: Actor, reason: str) -> None:
    """Put somebody who waits right before another (None: behind everybody) in the training's queue, with a reason.

    All others keep their order among themselves.
    """
    with transaction():
        row, _session = locked(registration_public_id)
        steps.check_transition("reorder", row.status, Status.WAITING)
        waiting = list(
            db.session.execute(
                select(Registration.id, Registration.public_id, Registration.queue_number)
                .where(Registration.training_id == row.training_id, Registration.status == Status.WAITING)
                .order_by(Registration.queue_number, Registration.id)
            )
        )
        order = [one for one in waiting if one.id != row.id]
        place = len(order)
        if before_public_id is not None:
            place = next((at for at, one in enumerate(order) if one.public_id == before_public_id), None)
            if place is None:
                raise RegistrationRefused("no_transition")
        order.insert(place, next(one for one in waiting if one.id == row.id))
        numbers = [one.queue_number for one in waiting]
        for one, number in zip(order, numbers, strict=True):
            if one.queue_number != number:
                db.session.execute(
                    update(Registration)
                    .where(Registration.id == one.id)
                    .values(queue_number=number)
                    .execution_options(synchronize_session=False)
                )
        steps.note(row.id, "reorder", row.status, row.status, actor=actor, reason=reason, mailed=False)
        steps.log_step(row.id, "reorder", actor)


def expire(registration_id: int) -> None:
    """End an offer whose time is over, an undecided registration, or a wait for a session that has started."""
    with transaction():
        public_id = db.session.scalar(
            select(Registration.public_id).where(Registration.id == registration_id)
        )
        row, session = locked(public_id or "")
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
        free(row, session)


def fill_session(session_id: int) -> int:
    """Offer or give a session's free places to those who wait, in order; return how many were."""
    with transaction():
        training_id = _training_of(session_id)
        sessions = places.lock([training_id], [session_id])
        return seating.fill(sessions[session_id])


def prove_address(learner_id: int) -> None:
    """Note that the person opened a link of ours and acted: the address is theirs, and they are still here."""
    with transaction():
        steps.prove(learner_id)


def withdraw_person(learner_id: int, *, actor: Actor) -> None:
    """Give up whatever is active of a person who is being erased, in the caller's transaction; places pass on.

    A place in a session that is over stays as it was: the figures tell that somebody had it.
    """
    steps.end_past(learner_id)
    had = (Registration.status == Status.CONFIRMED) & Registration.ended_at.is_not(None)
    active = db.session.execute(
        select(Registration.public_id, Registration.training_id, Registration.training_session_id).where(
            Registration.learner_id == learner_id, Registration.status.in_(ACTIVE), ~had
        )
    ).all()
    places.lock(
        (row.training_id for row in active),
        (row.training_session_id for row in active if row.training_session_id),
    )
    for public_id in (row.public_id for row in active):
        row, session = locked(public_id)
        steps.step(row, "cancel", Status.CANCELLED, actor=actor, mailed=False)
        free(row, session)


# ------------------------------------------------------------------------------------------------- shared steps


def _tell_entered(row: Any, status: Status) -> None:
    """Tell somebody how they stand after they came in by another door than the public form."""
    result = {
        "registration_id": row.id,
        "training_id": row.training_id,
        "session_id": row.training_session_id,
        "status": str(status),
        "rank": None,
        "changed": True,
    }
    messages.registration_restored(**steps.addressee(row), result=result)


def _can_undo(row: Any, session: LockedSession | None) -> bool:
    """Tell whether the learner's own cancellation, or leaving of a wait, can still be taken back."""
    last = db.session.execute(
        select(RegistrationEvent.verb, RegistrationEvent.actor_kind, RegistrationEvent.at)
        .where(RegistrationEvent.registration_id == row.id)
        .order_by(RegistrationEvent.id.desc())
        .limit(1)
    ).first()
    moment = now()
    return (
        last is not None
        and (last.verb, last.actor_kind) == ("cancel", "learner")
        and moment - last.at < UNDO_FOR
        and (row.training_session_id is None or (session is not None and session.gives_places(moment)))
    )


def _check_target(row: Any, target: LockedSession, actor: Actor, moment: datetime) -> None:
    if target.training_id != row.training_id or target.id == row.training_session_id:
        raise RegistrationRefused("session_unknown")
    if actor.kind == "learner" and target.needs_approval:
        raise RegistrationRefused("approval_elsewhere")


def _former_row(learner_id: int, session: LockedSession) -> int | None:
    """Return the id of somebody's row in a session that ended there and comes back; refuse where it is active."""
    statement = select(Registration.id, Registration.status).where(
        Registration.learner_id == learner_id, Registration.training_session_id == session.id
    )
    former = db.session.execute(statement).first()
    if former is not None and former.status in ACTIVE:
        raise RegistrationRefused("already_there")
    return former.id if former else None


def _moved_values(row: Any, target: LockedSession) -> dict[str, Any]:
    """Return the columns of the registration in the new session: what was answered goes with the person."""
    kept = db.session.execute(
        select(Registration.answers, Registration.form_version_id, Registration.wants).where(
            Registration.id == row.id
        )
    ).one()
    return {
        "learner_id": row.learner_id,
        "training_id": row.training_id,
        "training_session_id": target.id,
        "origin": "move",
        "answers": kept.answers or {},
        "form_version_id": kept.form_version_id,
        "wants": kept.wants or [],
    }


def _session_id(public_id: str) -> int:
    found = db.session.scalar(select(TrainingSession.id).where(TrainingSession.public_id == public_id))
    if found is None:
        raise RegistrationRefused("session_unknown")
    return found


def _decision_is_due(session: LockedSession, moment: datetime) -> bool:
    due = session.decide_by or session.starts_at
    return due is not None and due <= moment


def _training_of(session_id: int) -> int:
    training_id = db.session.scalar(
        select(TrainingSession.training_id).where(TrainingSession.id == session_id)
    )
    if training_id is None:
        raise RegistrationRefused("session_unknown")
    return training_id
