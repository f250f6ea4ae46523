"""A wrong address put right from the receipt, for an hour. Nothing here tells whether an address is registered.

Whoever holds a receipt made its submission, and proved nothing else. So a person who is new with the submission takes
the address typed; anybody known before keeps theirs, and the choices are registered once more under the new one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..clock import now
from ..database import db, transaction
from ..mailing import outbox
from ..statements import update_row
from . import messages, people, signing_up
from .applying import Application
from .models import Learner, Registration, Submission
from .people import address_key
from .signing_up import CORRECTABLE_FOR
from .transitions import RegistrationRefused

# Each correction sends a mail to an address that nobody has proven.
MOST_CORRECTIONS = 3


def can_correct(submitted_at: datetime) -> bool:
    """Tell whether the address of a submission can still be corrected from its receipt."""
    return now() < submitted_at + CORRECTABLE_FOR


def correct_address(submission_public_id: str, email: str) -> None:
    """Send what a submission obtained to another address; the link in what was sent before opens nothing any more.

    Raises RegistrationRefused when there is no such submission, when its hour is over, and after some corrections:
    for the same reasons whoever is registered.
    """
    try:
        again = _correct(submission_public_id, email)
    except IntegrityError:
        # Somebody took the address in this very moment: now it is known.
        again = _correct(submission_public_id, email)
    if again is not None:
        # The session may have closed within the hour. Who is new would have kept the place, so nothing is said.
        with suppress(RegistrationRefused):
            signing_up.register_anew(*again)


def _correct(submission_public_id: str, email: str) -> tuple[int, Application] | None:
    """Do what can be done to the submission's own person; return what is left to register under the new address."""
    with transaction():
        submission = _open_submission(submission_public_id)
        outcome = submission.outcome
        if address_key(outcome["email"]) == address_key(email):
            return None
        times = outcome.get("corrections", 0) + 1
        if times > MOST_CORRECTIONS:
            raise RegistrationRefused("corrected_enough")
        values: dict[str, Any] = {"outcome": outcome | {"email": email, "corrections": times}}
        again = None
        if submission.held_at is not None:
            values["payload"] = submission.payload | {"email": email}
            _ask_again(submission, email, times)
        elif not outcome.get("is_new"):
            if submission.payload is not None:
                again = submission.id, replace(Application.from_payload(submission.payload), email=email)
        elif submission.learner_id is not None:
            _readdress(submission, email, times)
        update_row(Submission, submission.id, values)
        return again


def _open_submission(public_id: str) -> Any:
    columns = (
        Submission.id, Submission.public_id, Submission.language, Submission.outcome, Submission.learner_id,
        Submission.held_at, Submission.payload, Submission.created_at,
    )  # fmt: skip
    statement = select(*columns).where(Submission.public_id == public_id).with_for_update()
    found = db.session.execute(statement).first()
    if found is None or not found.outcome.get("results"):
        raise RegistrationRefused("not_found")
    if not can_correct(found.created_at):
        raise RegistrationRefused("correction_over")
    return found


def _readdress(submission: Any, email: str, times: int) -> None:
    """Give the new person the address, unless they have answered under the old one: then they are told how to do it."""
    learner = db.session.execute(
        select(
            Learner.id, Learner.email, Learner.language, Learner.proven_at, Learner.link_version,
            Learner.first_name, Learner.last_name, Learner.organisation,
        ).where(Learner.id == submission.learner_id)
    ).one()  # fmt: skip
    if learner.proven_at is not None:
        messages.personal_link(
            learner_id=learner.id, to=learner.email, language=learner.language,
            once_key=f"link:{learner.id}:{now():%Y%m%d%H}",
        )  # fmt: skip
        return
    slot = people.readdress(learner, email)
    update_row(Learner, learner.id, {"link_version": learner.link_version + 1})
    messages.registration_received(
        learner_id=learner.id, to=email, language=learner.language, results=_results(learner.id),
        once_key=f"reg:{submission.public_id}:{times}", is_again=True, is_apart=slot > 0,
    )  # fmt: skip
    outbox.readdress(learner.id, email)


def _results(learner_id: int) -> list[dict[str, Any]]:
    """Return how the person stands, as a sign-up tells it."""
    statement = (
        select(Registration.id, Registration.status)
        .where(Registration.learner_id == learner_id)
        .order_by(Registration.training_id, Registration.id)
    )
    return [
        {"registration_id": row.id, "status": row.status, "changed": True}
        for row in db.session.execute(statement)
    ]


def _ask_again(submission: Any, email: str, times: int) -> None:
    """Ask the new address to confirm what was held; the link that the old one got answers no more."""
    messages.registration_held(
        to=email,
        language=submission.payload.get("mail_language") or submission.language,
        submission_id=submission.public_id,
        version=times + 1,
        once_key=signing_up.held_key(email),
    )
