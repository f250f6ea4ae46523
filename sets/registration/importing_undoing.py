"""Taking an import back as a whole: what nobody touched since goes, what somebody did something with stays, and why.

Places are given back by the workflow's own steps, so that whoever waits is served; people who are here through this
import alone are erased as anybody is. What was filled in is emptied again where it still says the same.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import and_, case, delete, exists, func, literal, or_, select, update

from ..catalogue import places
from ..clock import now
from ..database import db, transaction
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from . import erasure, seating, steps
from .applying import Actor
from .importing_checking import read_run
from .importing_models import ImportEntry, ImportLine, ImportRun, Result, RunState
from .importing_writing import AT_MOST, IMPORT
from .models import ACTIVE, AttendanceFact, Learner, Registration, RegistrationEvent, Status
from .people import index_words

GONE = "gone"
# Rows looked at in a round: what takes them back costs more than a glance at them, and a round is short.
FEW = 25
# Why a registration stays, the first that is true: "erased", "acted", "mailed", "attended", "changed", "noted".
REASONS = ("erased", "acted", "mailed", "attended", "changed", "noted")
# Tables that speak of a registration without anybody having done anything to it.
OWN_TABLES = (
    "registration_event", "import_entry", "import_line", "delivery_registration", "attendance_fact",
    "calendar_entry", "place_notice", "learner_word", "consent", "learner_need", "registration", "delivery",
    "submission",
)  # fmt: skip


def count_kept(run: ImportRun) -> dict[str, int]:
    """Return how many registrations of an import would go, and how many would stay for each reason."""
    reason = _reason(run)
    rows = db.session.execute(
        select(reason.label("reason"), func.count())
        .select_from(ImportEntry)
        .outerjoin(Registration, Registration.id == ImportEntry.registration_id)
        .where(*_registered(run.id))
        .group_by(reason)
    )
    return {row[0]: row[1] for row in rows}


def count_filled(run: ImportRun) -> int:
    """Return at how many lines something was filled in that can be emptied again."""
    statement = select(func.count()).where(
        ImportEntry.import_id == run.id, ImportEntry.done_at.is_not(None), ImportEntry.filled.is_not(None)
    )
    return int(db.session.scalar(statement) or 0)


def undo_batch(import_id: int) -> int:
    """Take the next lines back; return how many steps were taken, 0 when there is nothing left to do."""
    people: list[int] = []
    with transaction():
        run = read_run(import_id)
        if run is None or run.state != RunState.UNDOING:
            return 0
        ids = list(db.session.scalars(_due(import_id).limit(FEW)))
        done = _undo_some(run, ids, people)
    # People who are here through this import alone: nothing of theirs is left.
    for learner_id in people:
        _erase(learner_id)
    if done:
        return done
    return _erase_leftovers(import_id) or _end(import_id)


def _due(import_id: int) -> Any:
    return (
        select(ImportEntry.id)
        .where(
            ImportEntry.import_id == import_id, ImportEntry.done_at.is_not(None), ImportEntry.undone.is_(None),
            or_(ImportEntry.result == Result.NEW, ImportEntry.filled.is_not(None)),
        )
        .order_by(ImportEntry.id)
    )  # fmt: skip


def _registered(import_id: int) -> tuple[Any, ...]:
    return (
        ImportEntry.import_id == import_id,
        ImportEntry.done_at.is_not(None),
        ImportEntry.result == Result.NEW,
        ImportEntry.undone.is_(None),
    )


def _undo_some(run: ImportRun, ids: list[int], people: list[int]) -> int:
    until = time.monotonic() + AT_MOST
    entries = list(
        db.session.scalars(select(ImportEntry).where(ImportEntry.id.in_(ids)).order_by(ImportEntry.id))
    )
    locked = places.lock(
        {entry.training_id for entry in entries if entry.training_id},
        {entry.training_session_id for entry in entries if entry.training_session_id},
    )
    reasons = _reasons(run, ids)
    done = 0
    for entry in entries:
        if done and time.monotonic() > until:
            break
        _empty_again(entry)
        if entry.result == Result.NEW:
            entry.undone = reasons.get(entry.id, "erased")
            if entry.undone == GONE:
                _take_back(entry, locked)
                if entry.made_learner and entry.learner_id:
                    people.append(entry.learner_id)
        else:
            entry.undone = GONE
        done += 1
    run.changed_at = now()
    return done


def _reasons(run: ImportRun, ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(ImportEntry.id, _reason(run))
        .outerjoin(Registration, Registration.id == ImportEntry.registration_id)
        .where(ImportEntry.id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def _reason(run: ImportRun) -> Any:
    """Return the expression of why a registration stays, or "gone": entries are joined with their registration."""
    since = run.confirmed_at or now()
    is_sent = Delivery.status != DeliveryStatus.CANCELLED
    about = exists().where(
        DeliveryRegistration.registration_id == Registration.id,
        Delivery.id == DeliveryRegistration.delivery_id,
        is_sent,
    )
    theirs = exists().where(
        Delivery.learner_id == Registration.learner_id, Delivery.posted_at >= since, is_sent
    )
    acted = exists().where(
        Learner.id == Registration.learner_id,
        or_(
            and_(ImportEntry.made_learner, Learner.proven_at.is_not(None)),
            Learner.proven_at >= since,
            Learner.acted_at >= since,
        ),
    )
    conditions = {
        "erased": or_(Registration.id.is_(None), Registration.learner_id.is_(None)),
        "acted": acted,
        "mailed": or_(about, theirs),
        "attended": exists().where(
            AttendanceFact.registration_id == Registration.id, AttendanceFact.kind != "imported"
        ),
        "changed": exists().where(
            RegistrationEvent.registration_id == Registration.id, RegistrationEvent.actor_kind != IMPORT.kind
        ),
        "noted": or_(literal(False), *_noted()),
    }
    return case(*((conditions[name], name) for name in REASONS), else_=GONE)


def _noted() -> list[Any]:
    """Return, for each table that the team writes into, whether it speaks of the registration, or of its new person."""
    found = []
    for table in db.metadata.tables.values():
        if table.name in OWN_TABLES:
            continue
        if "registration_id" in table.c:
            found.append(exists().where(table.c.registration_id == Registration.id))
        if "learner_id" in table.c:
            theirs = exists().where(table.c.learner_id == Registration.learner_id)
            found.append(and_(ImportEntry.made_learner, theirs))
    return found


def _take_back(entry: ImportEntry, locked: dict[int, Any]) -> None:
    """Give the place back, then remove the registration: nobody ever did anything with it."""
    row = steps.read(Registration.id == entry.registration_id)
    if row.status in ACTIVE:
        steps.step(row, "cancel", Status.CANCELLED, actor=IMPORT, mailed=False)
        seating.free(row, locked.get(row.training_session_id))
    entry.registration_id = None
    db.session.flush()
    quiet = {"synchronize_session": False}
    for statement in (
        update(ImportEntry).where(ImportEntry.registration_id == row.id).values(registration_id=None),
        delete(DeliveryRegistration).where(DeliveryRegistration.registration_id == row.id),
        delete(RegistrationEvent).where(RegistrationEvent.registration_id == row.id),
        delete(AttendanceFact).where(AttendanceFact.registration_id == row.id),
        delete(Registration).where(Registration.id == row.id),
    ):
        db.session.execute(statement.execution_options(**quiet))


def _empty_again(entry: ImportEntry) -> None:
    """Empty what the import filled in, where it still says the same."""
    learner = db.session.get(Learner, entry.learner_id) if entry.learner_id else None
    if learner is None or not entry.filled:
        return
    for name, value in entry.filled.get("learner", {}).items():
        if getattr(learner, name) == value:
            setattr(learner, name, "")
    answers = entry.filled.get("answers", {})
    learner.answers = _without(learner.answers, answers)
    if (special := entry.filled.get("special")) and entry.registration_id:
        registration = db.session.get(Registration, entry.registration_id)
        if registration is not None:
            registration.answers = _without(registration.answers, special)
    db.session.flush()
    index_words(learner.id, learner)
    entry.filled = None


def _without(stored: dict[str, Any] | None, given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in (stored or {}).items() if key not in given or given[key] != value}


def _erase(learner_id: int) -> None:
    """Erase somebody who came by the import and has nothing else here."""
    public_id = db.session.scalar(_alone().where(Learner.id == learner_id))
    if public_id is not None:
        erasure.erase_learner(public_id, actor=Actor("import"))


def _alone() -> Any:
    has_any = exists().where(Registration.learner_id == Learner.id)
    return select(Learner.public_id).where(~has_any, Learner.proven_at.is_(None))


def _erase_leftovers(import_id: int) -> int:
    """Erase who was left when a worker was killed between taking back and erasing; return how many."""
    made = select(ImportEntry.learner_id).where(
        ImportEntry.import_id == import_id, ImportEntry.made_learner, ImportEntry.undone == GONE,
        ImportEntry.learner_id.is_not(None),
    )  # fmt: skip
    found = db.session.scalars(_alone().where(Learner.id.in_(made)).limit(20)).all()
    return sum(erasure.erase_learner(public_id, actor=Actor("import")) for public_id in found)


def _end(import_id: int) -> int:
    with transaction():
        run = read_run(import_id)
        if run is None or run.state != RunState.UNDOING:
            return 0
        run.state, run.undone_at, run.changed_at = RunState.UNDONE, now(), now()
        # What was left out with an error is forgotten with the rest.
        db.session.execute(
            update(ImportLine)
            .where(ImportLine.import_id == import_id, ImportLine.cells.is_not(None))
            .values(cells=None, email_key=None)
            .execution_options(synchronize_session=False)
        )
        return 1
