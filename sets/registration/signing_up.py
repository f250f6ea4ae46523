"""A sign-up from the public form: one transaction from the form to the queued mail.

Nobody can learn here who is registered: the outcome kept for the receipt is always that of a first sign-up.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import delete, insert, select, update

from ..catalogue import places
from ..catalogue.places import LockedSession
from ..clock import now
from ..database import db, transaction
from ..statements import insert_or_ignore, update_row
from . import consents, messages, queue, seating, steps
from .applying import LEARNER, Application, Choice
from .models import ACTIVE, LearnerNeed, Registration, Status, Submission
from .people import address_key, differs, find_learner, learners_at, make_learner
from .transitions import RegistrationRefused

# How long typed details that differ from the stored ones are kept, and a suspect's whole form.
KEPT = timedelta(days=7)
# How long the address can be corrected from the receipt.
CORRECTABLE_FOR = timedelta(hours=1)
STANDING = (Status.PENDING, Status.CONFIRMED, Status.OFFERED)


def register(application: Application) -> str:
    """Register a person for what they chose; return the public id of the submission, whose receipt is shown.

    The same form sent twice is stored once. A known address changes nothing that stands, and is told so by mail only.
    Raises RegistrationRefused when a chosen session closed in the meantime; then nothing at all is stored.
    """
    with transaction():
        submission = _submission(application)
        if submission.id is None:
            return submission.public_id
        _register(application, submission)
        return submission.public_id


def hold(application: Application, reason: str) -> str:
    """Keep a registration that looks like a machine's, take no place, and ask by mail; return the submission's id."""
    with transaction():
        submission = _submission(application)
        if submission.id is None:
            return submission.public_id
        moment = now()
        _update_submission(
            submission.id,
            held_at=moment,
            payload=application.as_payload() | {"held": reason},
            outcome=_outcome(application, _as_if_new(application)),
            purge_at=moment + KEPT,
        )
        messages.registration_held(
            to=application.email,
            language=application.mail_language or application.page_language,
            submission_id=submission.public_id,
            once_key=held_key(application.email),
        )
        return submission.public_id


def release_held(submission_public_id: str, version: int = 1) -> str:
    """Register what was held, once its address has answered; return the submission's id. A second press is harmless.

    `version` is the link's: a corrected address has a link of its own.
    """
    with transaction():
        found = db.session.execute(
            select(
                Submission.id, Submission.public_id, Submission.payload, Submission.held_at, Submission.outcome
            ).where(Submission.public_id == submission_public_id)
        ).first()  # fmt: skip
        if found is None or (found.held_at is not None and found.payload is None):
            raise RegistrationRefused("not_found")
        if version != found.outcome.get("corrections", 0) + 1:
            raise RegistrationRefused("not_found")
        if found.held_at is None:
            return found.public_id
        payload = {name: value for name, value in found.payload.items() if name != "held"}
        _update_submission(found.id, held_at=None, payload=None, purge_at=None)
        _register(Application.from_payload(payload), found)
        return found.public_id


def held_key(email: str) -> str:
    """Return what keeps an address from being asked about held registrations more than once a day."""
    return f"held:{address_key(email)[:80]}:{now():%Y%m%d}"


def register_anew(submission_id: int, application: Application) -> None:
    """Register the choices of a submission once more, under an address that was corrected; its receipt follows.

    Raises RegistrationRefused when a session closed in the meantime; then nothing is changed.
    """
    with transaction():
        fresh = _submission(replace(application, form_nonce=uuid.uuid4().hex))
        _register(application, fresh)
        columns = Submission.learner_id, Submission.outcome, Submission.payload, Submission.purge_at
        made = db.session.execute(select(*columns).where(Submission.id == fresh.id)).one()
        shown = db.session.execute(
            select(Submission.outcome).where(Submission.id == submission_id)
        ).scalar_one()
        _update_submission(
            submission_id,
            learner_id=made.learner_id,
            outcome=shown | {"is_new": made.outcome["is_new"]},
            payload=made.payload,
            purge_at=made.purge_at,
        )
        # One receipt, one submission.
        db.session.execute(
            update(Registration)
            .where(Registration.submission_id == fresh.id)
            .values(submission_id=submission_id)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(delete(Submission).where(Submission.id == fresh.id))


def request_link(email: str) -> None:
    """Mail the link of each person at that address; at most one an hour. Says nothing to the caller."""
    with transaction():
        for learner in learners_at(email):
            messages.personal_link(
                learner_id=learner.id,
                to=learner.email,
                language=learner.language,
                once_key=f"link:{learner.id}:{now():%Y%m%d%H}",
            )


# ------------------------------------------------------------------------------------------------- shared steps


def _register(application: Application, submission: Any) -> None:
    """Do the whole sign-up inside the open transaction: person, lock, places, rows, one mail.

    The person comes before the lock, which everybody who wants the same training waits for.
    """
    moment = now()
    learner_id, known = _person(application, moment)
    if known is None:
        consents.record(learner_id, application, moment)
        _keep_needs(learner_id, application, moment)
    else:
        steps.end_past(learner_id)
    sessions = places.lock(
        (choice.training_id for choice in application.choices),
        (choice.session_id for choice in application.choices if choice.session_id),
    )
    _check_open(application, sessions)
    rows = _rows_of(learner_id, application) if known else {}
    results, as_new = [], []
    for choice in sorted(application.choices, key=lambda choice: choice.training_id):
        result, new = _enter(choice, learner_id, sessions, rows.get(choice.training_id, []), submission.id)
        results.append(result)
        as_new.append((choice, new))
    other_details = known is not None and differs(application, known)
    _update_submission(
        submission.id,
        learner_id=learner_id,
        outcome=_outcome(application, as_new)
        | {"is_new": known is None, "corrections": submission.outcome.get("corrections", 0)},
        **({} if known is None else _kept_payload(application, moment, other_details)),
    )
    changed = known is None or any(result["changed"] for result in results)
    messages.registration_received(
        learner_id=learner_id,
        to=known.email if known else application.email,
        language=known.language if known else (application.mail_language or application.page_language),
        results=results,
        # A repeat that changes nothing is mailed once an hour at most, whoever types the address.
        once_key=f"reg:{submission.public_id}" if changed else f"link:{learner_id}:{moment:%Y%m%d%H}",
        known=known is not None,
        other_details=other_details,
    )


def _kept_payload(application: Application, moment: datetime, other_details: bool) -> dict[str, Any]:
    """Return what is kept of a known person's form: for them to choose from, or while its address can change."""
    return {
        "payload": application.as_payload(),
        "purge_at": moment + (KEPT if other_details else CORRECTABLE_FOR),
    }


def _person(application: Application, moment: datetime) -> tuple[int, Any]:
    """Make the person, or find who holds the address; who was there a moment ago may just have left it."""
    while True:
        if learner_id := make_learner(application, moment):
            return learner_id, None
        if (known := find_learner(application.email)) is not None:
            return known.id, known


def _enter(
    choice: Choice, learner_id: int, sessions: dict[int, LockedSession], rows: list[Any], submission_id: int
) -> tuple[dict[str, Any], str]:
    """Enter one training; return what happened, and what a first sign-up would show."""
    if choice.session_id is None:
        return _enter_any_date(choice, learner_id, rows, submission_id), "any"
    session = sessions[choice.session_id]
    standing = _standing(rows)
    same = next((row for row in rows if row.training_session_id == session.id), None)
    if standing is not None:
        return _result(standing, changed=False), seating.look(session)
    if same is not None and same.status in (Status.WAITING, Status.REJECTED):
        return _result(same, changed=False), seating.look(session)
    values = _values(choice, learner_id, submission_id) | {"training_session_id": session.id}
    registration_id, status, number = seating.enter(
        same.id if same else None, values, session, actor=LEARNER, may_wait_elsewhere=bool(rows)
    )
    rank = queue.rank_at(session.id, session.training_id, session.language, number) if number else None
    result = {
        "registration_id": registration_id,
        "training_id": session.training_id,
        "session_id": session.id,
        "status": str(status),
        "rank": rank,
        "changed": True,
    }
    return result, status


def _enter_any_date(choice: Choice, learner_id: int, rows: list[Any], submission_id: int) -> dict[str, Any]:
    same = next((row for row in rows if row.training_session_id is None), None)
    standing = _standing(rows)
    if standing is not None or (same is not None and same.status in ACTIVE):
        return _result(standing or same, changed=False)
    values = _values(choice, learner_id, submission_id)
    registration_id = seating.enter_any_date(same.id if same else None, values, actor=LEARNER)
    return {
        "registration_id": registration_id,
        "training_id": choice.training_id,
        "session_id": None,
        "status": str(Status.WAITING),
        "rank": None,
        "changed": True,
    }


def _standing(rows: list[Any]) -> Any:
    """Return the registration that gives the person a place already, in a session that is not over."""
    return next((row for row in rows if row.status in STANDING and row.ended_at is None), None)


def _values(choice: Choice, learner_id: int, submission_id: int) -> dict[str, Any]:
    return {
        "learner_id": learner_id,
        "training_id": choice.training_id,
        "wants": list(choice.languages),
        "answers": choice.answers,
        "form_version_id": choice.form_version_id,
        "submission_id": submission_id,
    }


def _result(row: Any, *, changed: bool) -> dict[str, Any]:
    return {
        "registration_id": row.id,
        "training_id": row.training_id,
        "session_id": row.training_session_id,
        "status": row.status,
        "rank": None,
        "changed": changed,
    }


def _rows_of(learner_id: int, application: Application) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    statement = select(
        Registration.id,
        Registration.training_id,
        Registration.training_session_id,
        Registration.status,
        Registration.ended_at,
    ).where(
        Registration.learner_id == learner_id,
        Registration.training_id.in_([choice.training_id for choice in application.choices]),
    )
    for row in db.session.execute(statement):
        found.setdefault(row.training_id, []).append(row)
    return found


def _check_open(application: Application, sessions: dict[int, LockedSession]) -> None:
    moment = now()
    for choice in application.choices:
        if choice.session_id is None:
            continue
        session = sessions.get(choice.session_id)
        if session is None or session.training_id != choice.training_id:
            raise RegistrationRefused("session_unknown", training_id=choice.training_id)
        if not session.is_open(moment):
            raise RegistrationRefused("session_closed", training_id=choice.training_id)


def _as_if_new(application: Application) -> list[tuple[Choice, str]]:
    """Return what a first sign-up would get, taking nothing: the receipt of a held form looks like any other."""
    sessions = places.lock(
        (choice.training_id for choice in application.choices),
        (choice.session_id for choice in application.choices if choice.session_id),
    )
    _check_open(application, sessions)
    return [
        (choice, seating.look(sessions[choice.session_id]) if choice.session_id else "any")
        for choice in application.choices
    ]


def _outcome(application: Application, as_new: list[tuple[Choice, str]]) -> dict[str, Any]:
    return {
        "first_name": application.first_name,
        "email": application.email,
        "results": [
            {
                "training_id": choice.training_id,
                "session_id": choice.session_id,
                "status": str(status),
                "languages": list(choice.languages),
            }
            for choice, status in as_new
        ],
    }


class _Submission:
    """A submission's ids; `id` is None when the same form was stored before."""

    outcome: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, identifier: int | None, public_id: str) -> None:
        self.id = identifier
        self.public_id = public_id


def _submission(application: Application) -> _Submission:
    public_id = str(uuid.uuid4())
    values = {
        "form_nonce": application.form_nonce,
        "public_id": public_id,
        "language": application.page_language,
        "outcome": {},
        "created_at": now(),
    }
    identifier = insert_or_ignore(Submission, values)
    if identifier is not None:
        return _Submission(identifier, public_id)
    statement = select(Submission.public_id).where(Submission.form_nonce == application.form_nonce)
    return _Submission(None, str(db.session.execute(statement).scalar_one()))


def _update_submission(identifier: int, **values: Any) -> None:
    update_row(Submission, identifier, values)


def _keep_needs(learner_id: int, application: Application, moment: Any) -> None:
    if application.needs and application.needs_consent:
        db.session.execute(
            insert(LearnerNeed).values(learner_id=learner_id, text=application.needs, consent_at=moment)
        )
