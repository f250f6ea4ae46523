"""Erasing a person on request, with a proof that names nobody: a reference, when, by which role, why, how much."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from sqlalchemy import func, insert, select

from ..clock import now
from ..database import db
from ..privacy import personal_columns
from ..registration import erasure
from ..registration.applying import Actor
from ..registration.erasure import erase_learner, rows_of
from ..registration.models import Learner, LearnerWord, Registration
from .models import ErasureProof

# Why a person is erased on request: codes, so that no text about them stays.
REASONS = ("asked", "objection", "mistake", "finished")
# Without letters and figures that are taken for one another.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SHOWN = 100


def erase_with_proof(learner_public_id: str, *, actor: Actor, role: str, reason: str) -> str | None:
    """Erase a person for good and return the reference of the proof; None when there is no such person."""
    if reason not in REASONS:
        raise ValueError(f"{reason!r} is no reason.")
    reference = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))

    def note(learner_id: int) -> None:
        language = db.session.scalar(select(Learner.language).where(Learner.id == learner_id))
        values = {"reference": reference, "at": now(), "by_role": role, "reason": reason}
        values |= {"language": language, "counts": counted(learner_id)}
        db.session.execute(insert(ErasureProof).values(**values))

    return reference if erase_learner(learner_public_id, actor=actor, before=note) else None


def counted(learner_id: int) -> dict[str, int]:
    """Return how many rows tell of a person, by table; the search's own words are not counted."""
    registrations = list(
        db.session.scalars(select(Registration.id).where(Registration.learner_id == learner_id))
    )
    found: dict[str, int] = {}
    for table in dict.fromkeys(column.table for column in personal_columns()):
        criterion = rows_of(table, learner_id, registrations)
        if criterion is None or table is LearnerWord.__table__:
            continue
        if number := db.session.scalar(select(func.count()).select_from(table).where(criterion)):
            found[str(table.name)] = int(number)
    return found


def find_learner(public_id: str) -> Learner | None:
    """Return the person of that random id."""
    return db.session.scalar(select(Learner).where(Learner.public_id == public_id))


def people_at(address: str) -> list[Learner]:
    """Return everybody on that address."""
    return erasure.people_at(address) if "@" in address else []


def find_proof(reference: str) -> ErasureProof | None:
    """Return the proof of that reference, however it was typed."""
    plain = "".join(sign for sign in reference.upper() if sign.isalnum())
    return db.session.get(ErasureProof, "-".join(plain[at : at + 4] for at in range(0, len(plain), 4)))


def list_proofs() -> Iterable[ErasureProof]:
    """Return the latest proofs, the newest first."""
    statement = select(ErasureProof).order_by(ErasureProof.at.desc(), ErasureProof.reference)
    return list(db.session.scalars(statement.limit(SHOWN)))
