"""Erasing a person: nothing that tells of them stays, the figures do. Driven by the notes on the personal columns."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Text, cast, delete, func, insert, or_, select, update

from ..clock import now
from ..database import after_commit, db, empty_log, transaction
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from ..privacy import personal_columns
from ..staff.activity import record_activity
from . import exporting, workflow
from .applying import Actor
from .desk_models import MergedPerson
from .freezing import freeze_counts
from .importing_models import ImportLine
from .models import Erasure, Learner, Registration, Submission
from .people import address_key, learners_at

LOG = "erasures.log"
UNSENT = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY)


def erase_learner(
    learner_public_id: str, *, actor: Actor, before: Callable[[int], None] | None = None
) -> bool:
    """Erase a person for good; their places are freed and offered on. False when there is no such person.

    Past registrations keep their state without a person, and the figures what was said in them. A line with the random
    id goes to instance/erasures.log, so that a restored backup erases them again. `before` is given the person's id in
    the transaction, while everything is still there.
    """
    with transaction():
        learner_id = db.session.scalar(select(Learner.id).where(Learner.public_id == learner_public_id))
        if learner_id is None:
            return False
        if before is not None:
            before(learner_id)
        workflow.withdraw_person(learner_id, actor=actor)
        others = _merged_into(learner_id)
        db.session.flush()
        freeze_counts(learner_id)
        _forget(learner_id)
        exporting.end_all()
        # Whoever turned out to be this person is erased with them, also in a backup of the time before.
        gone = [learner_public_id, *(other.public_id for other in others)]
        values = [{"public_id": one, "at": now(), "by_kind": actor.kind} for one in gone]
        db.session.execute(insert(Erasure), values)
        record_activity("erase_learner", subject_type="learner", rows=1)
        folder = Path(current_app.instance_path)
        for one in gone:
            after_commit(partial(note_erasure, folder, one))
        after_commit(empty_log)
        return True


def erase_address(email: str, *, actor: Actor) -> bool:
    """Erase everybody who stands at that address; False when nobody does."""
    people = [person.public_id for person in people_at(email)]
    return sum(erase_learner(public_id, actor=actor) for public_id in people) > 0


def people_at(email: str) -> list[Learner]:
    """Return everybody who stands at that address, or stood there before they turned out to be one with another."""
    return list({person.id: person for person in (*learners_at(email), *_once_at(email))}.values())


def replay_erasures() -> int:
    """Erase again everybody whom instance/erasures.log names, after a restore; return how many were still there."""
    path = Path(current_app.instance_path) / LOG
    names = path.read_text("ascii").split() if path.exists() else []
    return sum(erase_learner(name, actor=Actor("clock")) for name in dict.fromkeys(names))


def note_erasure(folder: Path, learner_public_id: str) -> None:
    """Add the random id of an erased person to the log that travels with backups."""
    descriptor = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a") as file:
        file.write(f"{learner_public_id}\n")
        file.flush()
        os.fsync(file.fileno())


def _forget(learner_id: int) -> None:
    """Empty or delete every personal column of the person: rows that are theirs go, others lose what is personal."""
    registrations = list(
        db.session.scalars(select(Registration.id).where(Registration.learner_id == learner_id))
    )
    about = select(DeliveryRegistration.delivery_id).where(
        DeliveryRegistration.registration_id.in_(registrations)
    )
    email = db.session.execute(select(Learner.email).where(Learner.id == learner_id)).scalar_one()
    for address in (email, *(other.email for other in _merged_into(learner_id))):
        _forget_address(learner_id, address)
    unsent = (Delivery.learner_id == learner_id) | Delivery.id.in_(about)
    db.session.execute(
        update(Delivery)
        .where(unsent, Delivery.status.in_(UNSENT))
        .values(status=DeliveryStatus.CANCELLED, reason="erased")
        .execution_options(synchronize_session=False)
    )
    tables: dict[Any, dict[str, list[Any]]] = {}
    for column in personal_columns():
        tables.setdefault(column.table, {}).setdefault(column.info["eraser"], []).append(column)
    for table, columns in tables.items():
        criterion = rows_of(table, learner_id, registrations)
        if criterion is None:
            continue
        if "row" in columns:
            if table is not Learner.__table__:
                db.session.execute(delete(table).where(criterion))
            continue
        blanked = {column.name: ({} if not column.nullable else None) for column in columns.get("blank", ())}
        emptied = {column.name: None for column in columns.get("null", ())}
        db.session.execute(update(table).where(criterion).values(**blanked | emptied))
    db.session.execute(delete(Learner).where(Learner.id == learner_id))
    db.session.expire_all()


def _merged_into(learner_id: int) -> list[Any]:
    statement = select(MergedPerson.public_id, MergedPerson.email).where(
        MergedPerson.learner_id == learner_id
    )
    return list(db.session.execute(statement))


def _once_at(email: str) -> list[Learner]:
    """Return those whose other address that is."""
    statement = (
        select(Learner)
        .join(MergedPerson, MergedPerson.learner_id == Learner.id)
        .where(MergedPerson.email_key == address_key(email))
    )
    return list(db.session.scalars(statement))


def _forget_address(learner_id: int, email: str) -> None:
    """Empty what holds the person's address and is not theirs by a key.

    A form that was held before they were somebody here; a receipt whose address was corrected; another person's wish
    for their address.
    """
    asked = (Delivery.kind == "address_confirmation") | Delivery.learner_id.is_(None)
    quiet = {"synchronize_session": False}
    db.session.execute(
        update(Delivery)
        .where(asked, Delivery.to_address == email)
        .values(learner_id=learner_id)
        .execution_options(**quiet)
    )
    quoted = json.dumps(email, ensure_ascii=False)
    columns = Submission.outcome, Submission.payload
    typed = or_(*(cast(column, Text).contains(quoted, autoescape=True) for column in columns))
    db.session.execute(delete(Submission).where(typed).execution_options(**quiet))
    # A line of a file that nobody knows as theirs, or that could not be imported.
    lines = or_(
        ImportLine.email_key == address_key(email),
        func.lower(cast(ImportLine.cells, Text)).contains(email.lower(), autoescape=True),
    )
    db.session.execute(
        delete(ImportLine).where(ImportLine.learner_id.is_(None), lines).execution_options(**quiet)
    )
    db.session.execute(
        update(Learner)
        .where(Learner.email_pending == email)
        .values(email_pending=None, pending_until=None)
        .execution_options(**quiet)
    )


def rows_of(table: Any, learner_id: int, registrations: list[int]) -> Any:
    """Return which rows of a table are about a person with these registrations; None where none can be."""
    if table is Learner.__table__:
        return table.c.id == learner_id
    if "learner_id" in table.c:
        return table.c.learner_id == learner_id
    if "registration_id" in table.c:
        return table.c.registration_id.in_(registrations)
    return None
