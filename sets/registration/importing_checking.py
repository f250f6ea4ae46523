"""What each line of an import would come to, worked out before anything is registered: in batches, by the worker.

`Facts` is what is known of the people of a batch; the writing asks it again under the lock, so that a line which was
new when it was checked and is there by now is never registered twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from ..clock import now
from ..database import db, transaction
from ..tokens import keyed_hash
from .importing_lines import Place, Reader, Wanted
from .importing_models import ImportEntry, ImportLine, ImportRun, Result, RunState
from .importing_sessions import Held
from .models import HOLDING, Learner, Registration, Status
from .people import folded

# Rows per round: the worker writes in small steps, so that sign-ups never wait long.
BATCH = 100
FILLABLE = ("organisation", "organisation_kind", "role", "country", "source")
# What is said of a line without keeping it out.
NOTES = ("other_name", "needs_left", "ended")


@dataclass(frozen=True)
class Known:
    """A registration that is there already."""

    id: int
    training_id: int
    session_id: int | None
    status: str
    is_over: bool
    answers: Mapping[str, Any]


class Facts:
    """What is known of some people: who they are, what they are registered for, what was imported before."""

    def __init__(self, keys: Iterable[str], fingerprints: Iterable[str]) -> None:
        self.people: dict[str, list[Learner]] = defaultdict(list)
        statement = select(Learner).where(Learner.email_key.in_(set(keys))).order_by(Learner.email_slot)
        for learner in db.session.scalars(statement):
            self.people[learner.email_key].append(learner)
        ids = [learner.id for people in self.people.values() for learner in people]
        self.registrations: dict[int, list[Known]] = defaultdict(list)
        columns = (
            Registration.id, Registration.learner_id, Registration.training_id, Registration.training_session_id,
            Registration.status, Registration.ended_at, Registration.answers,
        )  # fmt: skip
        for row in db.session.execute(select(*columns).where(Registration.learner_id.in_(ids))):
            known = Known(
                row.id, row.training_id, row.training_session_id, row.status, row.ended_at is not None,
                row.answers or {},
            )  # fmt: skip
            self.registrations[row.learner_id].append(known)
        found = select(Registration.import_key).where(Registration.import_key.in_(set(fingerprints)))
        self.imported = set(db.session.scalars(found))

    def person(self, wanted: Wanted) -> Learner | None:
        """Return who holds the address: of several, the one of that name, else the first."""
        people = self.people.get(wanted.email_key, [])
        return next((one for one in people if is_same_name(one, wanted)), next(iter(people), None))

    def existing(self, learner_id: int, session_id: int) -> Known | None:
        """Return the person's registration in that session, in whatever state."""
        return next((one for one in self.registrations[learner_id] if one.session_id == session_id), None)

    def holds_elsewhere(self, learner_id: int, held: Held, sessions: Mapping[int, Held]) -> bool:
        """Tell whether the person has a place, or is offered one, in another session of the training to come."""
        return any(
            one.training_id == held.training_id and one.status in HOLDING and not one.is_over
            and not (one.session_id and one.session_id in sessions and sessions[one.session_id].is_over)
            for one in self.registrations[learner_id]
        )  # fmt: skip


def is_same_name(learner: Learner, wanted: Wanted) -> bool:
    """Tell whether somebody's name is the one of the line."""
    typed = folded(wanted.details["first_name"], wanted.details["last_name"])
    return typed == folded(learner.first_name, learner.last_name)


def target_of(wanted: Wanted, place: Place) -> tuple[str, str]:
    """Return keyed hashes of (address, training, session), and of these with the date of submission."""
    parts = f"{wanted.email_key}|{place.training_id}|{place.session_id}"
    at = wanted.submitted_at.isoformat() if wanted.submitted_at else ""
    return keyed_hash("import", parts)[:32], keyed_hash("import", f"{parts}|{at}")[:32]


def fills_of(learner: Learner, existing: Known | None, wanted: Wanted, place: Place) -> dict[str, Any]:
    """Return what the line would add where nothing is known yet; {} for nothing."""
    gaps = [name for name in FILLABLE if wanted.details.get(name) and not getattr(learner, name)]
    fills = {
        "learner": {name: wanted.details[name] for name in gaps},
        "answers": _missing(learner.answers, wanted.answers.get(None)),
        "special": _missing(existing.answers, wanted.answers.get(place.training_id)) if existing else {},
    }  # fmt: skip
    return {name: values for name, values in fills.items() if values}


def _missing(stored: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (given or {}).items() if key not in (stored or {})}


def check_batch(import_id: int) -> int:
    """Check the next lines of an import; return how many steps were taken, 0 when it is no longer checked."""
    run = db.session.get(ImportRun, import_id)
    if run is None or run.state != RunState.CHECKING:
        return 0
    revision, reader = run.revision, Reader(run.headings, run.mapping)
    # Read before the lock: most of the work, and nobody waits for it.
    ahead = {line.id: reader.read(line.cells or []) for line in _next_lines(import_id, run.cursor)}
    with transaction():
        run = read_run(import_id)
        # Somebody may have matched the columns otherwise meanwhile.
        if run is None or run.state != RunState.CHECKING or run.revision != revision:
            return 1
        if run.cursor == 0 and (forgotten := _forget_entries(import_id)):
            return forgotten
        lines = _next_lines(import_id, run.cursor)
        if not lines:
            run.state, run.cursor, run.changed_at = RunState.CHECKED, 0, now()
            return 1
        read = [(line, ahead.get(line.id) or reader.read(line.cells or [])) for line in lines]
        _check(import_id, read, reader)
        run.cursor = lines[-1].number
        return len(lines)


def read_run(import_id: int) -> Any:
    """Return the import, locked until the transaction ends."""
    return db.session.scalar(
        select(ImportRun)
        .where(ImportRun.id == import_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _forget_entries(import_id: int) -> int:
    """Delete some of what an earlier check said."""
    some = select(ImportEntry.id).where(ImportEntry.import_id == import_id).limit(5 * BATCH)
    gone: Any = db.session.execute(
        delete(ImportEntry).where(ImportEntry.id.in_(some)).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)


def _next_lines(import_id: int, cursor: int) -> list[ImportLine]:
    statement = select(ImportLine).where(ImportLine.import_id == import_id, ImportLine.number > cursor)
    return list(db.session.scalars(statement.order_by(ImportLine.number).limit(BATCH)))


def _check(import_id: int, read: list[tuple[ImportLine, Wanted]], reader: Reader) -> None:
    targets = {
        id(place): target_of(wanted, place)
        for _line, wanted in read
        for place in wanted.places
        if wanted.email_key and place.session_id
    }
    facts = Facts(
        (wanted.email_key for _line, wanted in read if wanted.email_key), (one[1] for one in targets.values())
    )
    earlier = _earlier(import_id, [one[0] for one in targets.values()])
    for line, wanted in read:
        line.email_key = wanted.email_key or None
        learner = facts.person(wanted) if wanted.email_key else None
        line.learner_id = learner.id if learner else None
        for place in wanted.places or [Place(None)]:
            entry = ImportEntry(
                import_id=import_id, line_id=line.id, number=line.number, training_id=place.training_id,
                training_session_id=place.session_id, wanted_day=place.day.isoformat() if place.day else None,
                status=wanted.status, submitted_at=wanted.submitted_at, made_learner=False,
                learner_id=line.learner_id, result=Result.NEW,
            )  # fmt: skip
            entry.target, entry.fingerprint = targets.get(id(place), (None, None))
            _judge(entry, wanted, place, learner, facts, reader, earlier)
            db.session.add(entry)


def _earlier(import_id: int, targets: list[str]) -> dict[str, int]:
    """Return on which line of the file each of these was asked for before."""
    rows = db.session.execute(
        select(ImportEntry.target, ImportEntry.number).where(
            ImportEntry.import_id == import_id,
            ImportEntry.target.in_(targets),
            ImportEntry.result != Result.ERROR,
        )
    )
    return {row.target: row.number for row in rows}


def _judge(
    entry: ImportEntry, wanted: Wanted, place: Place, learner: Learner | None, facts: Facts, reader: Reader,
    earlier: dict[str, int],
) -> None:  # fmt: skip
    problems = [*wanted.problems, *place.problems]
    held = reader.sessions.get(place.session_id or 0)
    if learner is not None and held is not None and not is_same_name(learner, wanted):
        problems.append(["other_name", None, None])
    if held is not None and held.is_over and wanted.status in (Status.PENDING, Status.WAITING):
        problems.append(["ended", reader.matching.index("status"), None])
    entry.problems = problems
    if any(one[0] not in NOTES for one in problems) or held is None:
        entry.result = Result.ERROR
        return
    if entry.target in earlier:
        entry.result = Result.DUPLICATE
        entry.problems = [*problems, ["duplicate", None, earlier[entry.target]]]
        return
    earlier[str(entry.target)] = entry.number
    existing = facts.existing(learner.id, held.id) if learner else None
    if learner is not None and existing is not None:
        entry.registration_id = existing.id
        entry.filled = fills_of(learner, existing, wanted, place) or None
        entry.result = Result.FILLED if entry.filled else Result.KNOWN
    elif entry.fingerprint in facts.imported:
        entry.result = Result.KNOWN
    elif (
        learner is not None and not held.is_over and facts.holds_elsewhere(learner.id, held, reader.sessions)
    ):
        entry.result, entry.problems = Result.ERROR, [*problems, ["elsewhere", None, None]]
