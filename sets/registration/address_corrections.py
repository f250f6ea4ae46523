"""A wrong address put right from the receipt, for an hour. Nothing here tells whether an address is registered.

Whoever holds a receipt made its submission, and proved nothing else. So a person who is new with it, and whom nobody
else registered for anything, takes the address typed; anybody else keeps theirs, and the choices are registered once
more under the new one.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ..clock import now
from ..database import db, transaction
from ..mailing import outbox
from ..statements import update_row
from . import messages, people, signing_up
from .applying import Application, Choice
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
    again = people.until_settled(lambda: _correct(submission_public_id, email))
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
        elif outcome.get("is_new") and _is_alone(submission):
            _readdress(submission, email, times)
        elif (application := _asked_for(submission)) is not None:
            again = submission.id, replace(application, email=email)
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


def _is_alone(submission: Any) -> bool:
    """Tell whether all that the person has came with this submission: another's may be somebody else's."""
    others = select(Submission.id).where(
        Submission.learner_id == submission.learner_id, Submission.id != submission.id
    )
    by_staff = select(Registration.id).where(
        Registration.learner_id == submission.learner_id, Registration.origin.in_(("staff", "import"))
    )
    return all(db.session.scalar(found.limit(1)) is None for found in (others, by_staff))


def _asked_for(submission: Any) -> Application | None:
    """Return what the submission asked for: as it was typed, or from what it stored for somebody new."""
    if submission.payload is not None:
        return Application.from_payload(submission.payload)
    learner = db.session.get(Learner, submission.learner_id) if submission.learner_id else None
    if learner is None or not submission.outcome.get("is_new"):
        return None
    rows = db.session.scalars(select(Registration).where(Registration.submission_id == submission.id)).all()
    given: dict[str, Any] = {name: getattr(learner, name) or "" for name in people.DETAILS}
    return Application(
        form_nonce="",
        page_language=submission.language,
        email="",
        mail_language=learner.language,
        choices=tuple(
            Choice(
                row.training_id,
                row.training_session_id,
                tuple(row.wants or ()),
                row.answers or {},
                row.form_version_id,
            )
            for row in rows
        ),
        answers=learner.answers,
        form_version_id=learner.form_version_id,
        **given,
    )


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
