"""Where places meet the queue: who is seated, who waits, and where a freed place goes. Part of the workflow's verbs.

Everything here runs in the caller's transaction. `locked` comes first: lock, look, then take.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from ..catalogue import places
from ..catalogue.models import Filling
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db
from ..statements import insert_rows
from . import messages, queue, steps
from .applying import CLOCK, Actor
from .deadlines import offer_deadline
from .models import HOLDING, PlaceNotice, Registration, Status
from .transitions import RegistrationRefused

# So long before the start an offer has no time to go from one to the next: all are told, who answers first has it.
LAST_HOURS = timedelta(hours=48)


def locked(registration_public_id: str) -> tuple[Any, LockedSession | None]:
    """Lock the training and session of a registration, then read it again; refuse when there is none."""
    row, sessions = locked_with(registration_public_id)
    return row, sessions.get(row.training_session_id)


def locked_with(
    registration_public_id: str, *, session_ids: tuple[int, ...] = (), whole_training: bool = False
) -> tuple[Any, dict[int, LockedSession]]:
    """Lock a registration's training and session, and others: these, or all that concern the person there."""
    ids = db.session.execute(
        select(Registration.id, Registration.training_id, Registration.training_session_id, Registration.learner_id)
        .where(Registration.public_id == registration_public_id)
    ).first()  # fmt: skip
    if ids is None or ids.learner_id is None:
        raise RegistrationRefused("not_found")
    wanted = {ids.training_session_id, *session_ids}
    if whole_training:
        own = select(Registration.training_session_id).where(
            Registration.learner_id == ids.learner_id, Registration.training_id == ids.training_id
        )
        wanted |= {*db.session.scalars(own), *db.session.scalars(_told_sessions(ids.id))}
    sessions = places.lock([ids.training_id], [session_id for session_id in wanted if session_id])
    return steps.read(Registration.public_id == registration_public_id), sessions


def look(session: LockedSession) -> Status:
    """Return the state that a newcomer would get, and take nothing."""
    if not session.has_free_place() or queue.is_anyone_waiting(
        session.id, session.training_id, session.language
    ):
        return Status.WAITING
    return Status.PENDING if session.needs_approval else Status.CONFIRMED


def enter(
    registration_id: int | None, values: dict[str, Any], session: LockedSession, *, actor: Actor,
    may_wait_elsewhere: bool = True, only_if_free: bool = False, verb: str = "register", is_approved: bool = False,
    reason: str = "", mailed: bool = True,
) -> Any:  # fmt: skip
    """Put a newcomer, or someone who comes back, into a session under the caller's lock; return (id, status, number).

    `values` are a new row's columns. With `only_if_free` nobody waits: RegistrationRefused("no_place") is raised.
    """
    status = _seat(session)
    if status == Status.WAITING and only_if_free:
        raise RegistrationRefused("no_place")
    if status == Status.PENDING and is_approved:
        status = Status.CONFIRMED
    number = steps.next_number(session.training_id) if status == Status.WAITING else None
    if registration_id is not None:
        db.session.execute(delete(PlaceNotice).where(PlaceNotice.registration_id == registration_id))
    registration_id = steps.store(
        registration_id, values, status, number, actor=actor, verb=verb, reason=reason, mailed=mailed
    )
    if status != Status.WAITING and may_wait_elsewhere:
        steps.withdraw_waits(values["learner_id"], session.training_id, but=registration_id)
    return registration_id, status, number


def enter_any_date(
    registration_id: int | None, values: dict[str, Any], *, actor: Actor, verb: str = "register",
    mailed: bool = True,
) -> int:  # fmt: skip
    """Have someone wait for any date, under the caller's lock of the training; return the registration's id."""
    number = steps.next_number(values["training_id"])
    return steps.store(registration_id, values, Status.WAITING, number, actor=actor, verb=verb, mailed=mailed)


def enter_past(
    values: dict[str, Any], session: LockedSession, status: Status, *, actor: Actor, at: datetime, ended_at: datetime
) -> int:  # fmt: skip
    """Note what somebody had in a session that is over, as it was since `at`, under the caller's lock; return the id.

    It takes a place from nobody, so that no queue is looked at and no capacity binds.
    """
    if status in HOLDING:
        places.count_past(session.id)
        values = values | {"ended_at": ended_at}
    return steps.store(None, values, status, None, actor=actor, verb="import", mailed=False, at=at)


def free(row: Any, session: LockedSession | None) -> None:
    """Release the place that the row held, and find its next person."""
    if session is None or row.status not in HOLDING:
        return
    places.release(session.id)
    fill(session)


def fill(session: LockedSession) -> int:
    """Offer, give or announce free places in strict order: the one place in the code that does. Returns to how many.

    In the last hours before the start nobody is offered a place alone: all who wait are told, once for each time that
    places are free, and `claim` gives it to who answers first.
    """
    moment, done = now(), 0
    if not session.gives_places(moment):
        return 0
    if is_first_come(session, moment):
        return _announce(session, moment)
    while (waiting := queue.next_waiting(session.id, session.training_id, session.language)) is not None:
        if _seat(session, from_queue=True) == Status.WAITING:
            break
        _give(waiting, session, moment)
        done += 1
    return done


def is_first_come(session: Any, moment: datetime) -> bool:
    """Tell whether a free place goes to who answers first, rather than to the first in line."""
    return (
        session.filling == Filling.OFFER
        and not session.needs_approval
        and session.starts_at is not None
        and session.starts_at - moment <= LAST_HOURS
    )


def claim(row: Any, sessions: dict[int, LockedSession], *, actor: Actor) -> Any:
    """Take a free place that a waiting person was told of; return the row that has it now.

    Raises RegistrationRefused("place_taken") when somebody was faster.
    """
    moment = now()
    told = [
        session
        for session_id in db.session.scalars(_told_sessions(row.id))
        if (session := sessions.get(session_id)) is not None
        and session.gives_places(moment)
        and is_first_come(session, moment)
    ]
    seated = next((one for one in told if _seat(one, from_queue=True) != Status.WAITING), None)
    if seated is None:
        raise RegistrationRefused("place_taken")
    if not places.has_free_place(seated.id):
        # The next free place is told anew, to everybody who still waits then.
        db.session.execute(delete(PlaceNotice).where(PlaceNotice.training_session_id == seated.id))
    if row.training_session_id is None:
        return _row_from_any_date(row, seated, Status.CONFIRMED, ends_at=None, verb="claim", actor=actor)
    steps.step(row, "claim", Status.CONFIRMED, actor=actor)
    return row


def give_up_held(row: Any, *, actor: Actor) -> int | None:
    """Give up the place that the person has in another session of the training; return that registration's id.

    To be called before this row takes its place: of one training, a person has one place at a time.
    """
    held = place_of(row.learner_id, row.training_id, but=row.id)
    if held is None:
        return None
    other, session = locked(held)
    steps.step(other, "move", Status.CANCELLED, actor=actor)
    link_move(other.id, row.id)
    free(other, session)
    return int(other.id)


def place_of(learner_id: int, training_id: int, *, but: int | None = None) -> str | None:
    """Return the registration that holds somebody's place in a training (public id), in a session that is not over."""
    held = select(Registration.public_id).where(
        Registration.learner_id == learner_id,
        Registration.training_id == training_id,
        Registration.status.in_((Status.CONFIRMED, Status.PENDING)),
        Registration.ended_at.is_(None),
    )
    return db.session.scalar(held if but is None else held.where(Registration.id != but))


def link_move(from_id: int, to_id: int) -> None:
    """Note where a registration went."""
    db.session.execute(
        update(Registration)
        .where(Registration.id == from_id)
        .values(moved_to_id=to_id)
        .execution_options(synchronize_session=False)
    )


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


def _give(waiting: Any, session: LockedSession, moment: datetime) -> None:
    """Hand a place that was taken to the first of the queue: offered, given, or for the team to decide."""
    offered = session.filling == Filling.OFFER and not session.needs_approval
    status = Status.OFFERED if offered else (Status.PENDING if session.needs_approval else Status.CONFIRMED)
    ends_at = None
    if offered and session.starts_at is not None:
        ends_at = offer_deadline(moment, session.starts_at, session.time_zone)
    if status == Status.PENDING and place_of(waiting.learner_id, session.training_id):
        # Approval came to a session for which somebody waits who has a place in another: that place stays theirs.
        places.release(session.id)
        steps.step(
            steps.read(Registration.id == waiting.id), "withdraw", Status.CANCELLED, actor=CLOCK, mailed=False
        )
        return
    verb, moved = "offer" if offered else "fill", None
    if waiting.training_session_id is None:
        row = _row_from_any_date(waiting, session, status, ends_at=ends_at, verb=verb)
    else:
        row = steps.read(Registration.id == waiting.id)
        moved = None if offered else give_up_held(row, actor=CLOCK)
        steps.step(row, verb, status, actor=CLOCK, offer_ends_at=ends_at)
    if not offered:
        steps.withdraw_waits(row.learner_id, row.training_id, but=row.id)
    addressee = steps.addressee(row)
    if offered:
        messages.place_offered(**addressee, registration_id=row.id, offer_ends_at=ends_at)
    elif status == Status.PENDING:
        messages.registration_pending(**addressee, registration_id=row.id)
    else:
        messages.place_confirmed(**addressee, registration_id=row.id, moved_from=moved)


def _announce(session: LockedSession, moment: datetime) -> int:
    """Tell everybody who waits, and was not told yet, that a place is free; return how many."""
    if not places.has_free_place(session.id):
        return 0
    waiting = queue.everyone_waiting(session.id, session.training_id, session.language)
    told = set(
        db.session.scalars(
            select(PlaceNotice.registration_id).where(PlaceNotice.training_session_id == session.id)
        )
    )
    fresh = [row for row in waiting if row.id not in told]
    insert_rows(
        PlaceNotice,
        [{"registration_id": row.id, "training_session_id": session.id, "told_at": moment} for row in fresh],
    )
    for row in fresh:
        messages.place_free(**steps.addressee(row), registration_id=row.id, session_id=session.id)
    return len(fresh)


def _told_sessions(registration_id: int) -> Any:
    return (
        select(PlaceNotice.training_session_id)
        .where(PlaceNotice.registration_id == registration_id)
        .order_by(PlaceNotice.told_at, PlaceNotice.training_session_id)
    )


def _row_from_any_date(
    waiting: Any, session: LockedSession, status: Status, *, ends_at: datetime | None, verb: str,
    actor: Actor = CLOCK,
) -> Any:  # fmt: skip
    """Make the second row that an any-date wait gets when a session meets it; the wait itself stays."""
    values = {
        "learner_id": waiting.learner_id,
        "training_id": session.training_id,
        "training_session_id": session.id,
        "origin": "offer",
        "offered_from_id": waiting.id,
        "offer_ends_at": ends_at,
    }
    return steps.read(Registration.id == steps.store(None, values, status, None, actor=actor, verb=verb))
