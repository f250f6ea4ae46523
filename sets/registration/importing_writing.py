"""Registering the lines of an import that was confirmed: in batches, by the worker, each line once whatever happens.

What is done with a line and that it is done are stored together, so that a worker which is killed leaves no line half
done, and the next one goes on behind it.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from ..catalogue import places
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db, transaction
from ..languages import DEFAULT
from ..staff.models import Account
from ..statements import insert_row, update_row
from . import consents, messages, seating, steps
from .applying import Actor, Application
from .importing_checking import BATCH, Facts, fills_of, read_run
from .importing_lines import Place, Reader, Wanted
from .importing_models import ImportEntry, ImportLine, ImportRun, Result, RunState
from .importing_sessions import TAKES_PEOPLE, Held
from .models import AttendanceFact, Learner, LearnerNeed, Registration, Status
from .people import DETAILS, index_words, make_learner
from .transitions import RegistrationRefused

# How long a batch may keep everybody else from writing.
AT_MOST = 0.05
IMPORT = Actor("import")


def write_batch(import_id: int) -> int:
    """Register the next lines; return how many steps were taken, 0 when there is nothing left to do."""
    run = db.session.get(ImportRun, import_id)
    if run is None or run.state != RunState.WRITING:
        return 0
    reader = Reader(run.headings, run.mapping)
    with transaction():
        run = read_run(import_id)
        if run is None or run.state != RunState.WRITING:
            return 0
        entries = list(db.session.scalars(_due(import_id).limit(BATCH)))
        if not entries:
            _end(run)
            return 1
        return _write_some(run, entries, reader)


def _due(import_id: int) -> Any:
    """Return the entries that are not done yet, in the order in which people had asked."""
    return (
        select(ImportEntry)
        .where(
            ImportEntry.import_id == import_id,
            ImportEntry.done_at.is_(None),
            or_(ImportEntry.result == Result.NEW, ImportEntry.result == Result.FILLED),
        )
        .order_by(ImportEntry.submitted_at.is_(None), ImportEntry.submitted_at, ImportEntry.id)
    )


def _end(run: ImportRun) -> None:
    run.state, run.done_at, run.changed_at = RunState.DONE, now(), now()
    counted = (
        select(ImportEntry.result, func.count())
        .where(ImportEntry.import_id == run.id)
        .group_by(ImportEntry.result)
    )
    run.figures = {row[0]: row[1] for row in db.session.execute(counted)}


def _write_some(run: ImportRun, entries: list[ImportEntry], reader: Reader) -> int:
    until = time.monotonic() + AT_MOST
    lines = {
        line.id: line
        for line in db.session.scalars(
            select(ImportLine).where(ImportLine.id.in_({entry.line_id for entry in entries}))
        )
    }
    locked = places.lock(
        {entry.training_id for entry in entries if entry.training_id},
        {entry.training_session_id for entry in entries if entry.training_session_id},
    )
    by = _name(run.author_id) if run.mails else ""
    done = 0
    for entry in entries:
        if done and time.monotonic() > until:
            break
        line = lines[entry.line_id]
        _write(run, entry, line, reader, locked, by)
        done += 1
        if entry.result == Result.ERROR and run.on_errors == "stop":
            run.state = RunState.STOPPED
            break
    run.changed_at = now()
    return done


def _write(
    run: ImportRun, entry: ImportEntry, line: ImportLine, reader: Reader, locked: dict[int, LockedSession], by: str
) -> None:  # fmt: skip
    """Register one line for one training, or say why not."""
    wanted = reader.read(line.cells or [])
    place = next((one for one in wanted.places if one.training_id == entry.training_id), None)
    held = reader.sessions.get(entry.training_session_id or 0)
    session = locked.get(entry.training_session_id or 0)
    entry.done_at = now()
    if (
        line.cells is None
        or place is None
        or held is None
        or session is None
        or session.state not in TAKES_PEOPLE
    ):
        entry.result, entry.problems = Result.ERROR, [["gone", None, None]]
        return
    place.session_id = held.id
    facts = Facts([wanted.email_key], [str(entry.fingerprint)])
    learner = facts.person(wanted)
    existing = facts.existing(learner.id, held.id) if learner else None
    if existing is not None or entry.fingerprint in facts.imported:
        if learner is not None and existing is not None:
            _fill(entry, learner, fills_of(learner, existing, wanted, place), existing.id)
        # What somebody registered meanwhile stays as it is.
        entry.result = Result.FILLED if entry.filled else Result.KNOWN
        return
    if learner is not None and not held.is_over and facts.holds_elsewhere(learner.id, held, reader.sessions):
        entry.result, entry.problems = Result.ERROR, [*entry.problems, ["elsewhere", None, None]]
        return
    if held.has_begun and not held.is_over and _is_full(session):
        entry.result, entry.problems = Result.ERROR, [*entry.problems, ["no_place", None, None]]
        return
    try:
        learner_id = _person(entry, learner, wanted, place, reader, held)
        line.learner_id = entry.learner_id = learner_id
        entry.registration_id = _enter(run, entry, learner_id, wanted, held, session, reader, by)
    except RegistrationRefused as refusal:
        entry.result, entry.problems = Result.ERROR, [*entry.problems, [refusal.reason, None, None]]


def _is_full(session: LockedSession) -> bool:
    return seating.look(session) == Status.WAITING or not places.has_free_place(session.id)


def _person(
    entry: ImportEntry, learner: Learner | None, wanted: Wanted, place: Place, reader: Reader, held: Held
) -> int:  # fmt: skip
    """Return who the line is about: somebody we know, whose gaps are filled, or somebody new."""
    if learner is not None:
        _fill(entry, learner, fills_of(learner, None, wanted, place), None)
        steps.end_past(learner.id)
        return learner.id
    versions = {question[1]: question[2] for question in reader.questions.values()}
    moment = wanted.submitted_at or now()
    general = wanted.answers.get(None, {})
    details: dict[str, Any] = wanted.details
    application = Application(
        form_nonce="", page_language=wanted.language or DEFAULT, email=wanted.email, choices=(), answers=general,
        form_version_id=versions.get(None) if general else None, **details,
    )  # fmt: skip
    learner_id = make_learner(application, moment)
    if learner_id is None:
        # Somebody registered under that address in this very moment: then it is them.
        known = Facts([wanted.email_key], []).person(wanted)
        if known is None:
            raise RegistrationRefused("address_known")
        return known.id
    entry.made_learner = True
    _agree(learner_id, wanted, reader, held, moment)
    return learner_id


def _agree(learner_id: int, wanted: Wanted, reader: Reader, held: Held, moment: datetime) -> None:
    """Keep what a new person agreed to in the words of the file; needs only where a session is still to come."""
    if wanted.news:
        heading = reader.headings[reader.matching.index("news") or 0]
        consents.give_in_words(learner_id, "news", wanted.language, heading, moment)
    if wanted.needs and not held.is_over:
        heading = reader.headings[reader.matching.index("needs_consent") or 0]
        consents.give_in_words(learner_id, "needs", wanted.language, heading, moment)
        need = LearnerNeed(learner_id=learner_id, text=wanted.needs, consent_at=moment)
        db.session.add(need)


def _enter(
    run: ImportRun, entry: ImportEntry, learner_id: int, wanted: Wanted, held: Held, session: LockedSession,
    reader: Reader, by: str,
) -> int:  # fmt: skip
    special = wanted.answers.get(held.training_id, {})
    versions = {question[1]: question[2] for question in reader.questions.values()}
    at = wanted.submitted_at or now()
    values = {
        "learner_id": learner_id,
        "training_id": held.training_id,
        "training_session_id": held.id,
        "origin": "import",
        "import_id": run.id,
        "import_key": entry.fingerprint,
        "answers": special,
        "form_version_id": versions.get(held.training_id) if special else None,
        "silent": held.is_over,
        "created_at": at,
    }
    if held.is_over:
        registration_id = seating.enter_past(
            values,
            session,
            past_status(wanted.status),
            actor=IMPORT,
            at=at,
            ended_at=held.meetings[-1].ends_at,
        )
        _attend(registration_id, wanted, held, reader)
        return registration_id
    registration_id, status, _number = seating.enter(
        None, values, session, actor=IMPORT, only_if_free=held.has_begun, mailed=False
    )
    if run.mails and status != Status.WAITING:
        row = steps.read(Registration.id == registration_id)
        messages.added_by_team(**steps.addressee(row), registration_id=row.id, status=status, by=by)
    return registration_id


def past_status(status: str) -> Status:
    """Return how a registration ends whose session is over: nobody waits for it any more, and nothing is decided."""
    return Status.EXPIRED if status in (Status.PENDING, Status.WAITING) else Status(status)


def _attend(registration_id: int, wanted: Wanted, held: Held, reader: Reader) -> None:
    """Keep who was there: one column speaks of every meeting, several of one meeting each, in their order."""
    columns = reader.matching.indexes("attendance")
    for index, mark in wanted.marks:
        at = columns.index(index)
        meetings = held.meetings if len(columns) == 1 else held.meetings[at : at + 1]
        for meeting in meetings:
            values = {"registration_id": registration_id, "meeting_id": meeting.id, "kind": "imported"}
            insert_row(AttendanceFact, values | {"mark": mark, "at": now()})


def _fill(entry: ImportEntry, learner: Learner, fills: dict[str, Any], registration_id: int | None) -> None:
    """Write into a person, and a registration, what was empty; note it, so that it can be taken back."""
    if details := fills.get("learner"):
        update_row(Learner, learner.id, details)
        db.session.refresh(learner)
        if set(details) & set(DETAILS):
            index_words(learner.id, learner)
    if answers := fills.get("answers"):
        update_row(Learner, learner.id, {"answers": (learner.answers or {}) | answers})
        db.session.refresh(learner)
    if (special := fills.get("special")) and registration_id is not None:
        stored = db.session.scalar(select(Registration.answers).where(Registration.id == registration_id))
        db.session.execute(
            update(Registration)
            .where(Registration.id == registration_id)
            .values(answers=(stored or {}) | special)
            .execution_options(synchronize_session=False)
        )
    entry.filled, entry.learner_id = fills or None, learner.id


def _name(account_id: int | None) -> str:
    return db.session.scalar(select(func.coalesce(Account.name, "")).where(Account.id == account_id)) or ""
