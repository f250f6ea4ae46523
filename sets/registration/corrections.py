"""A learner's details, answers and wishes put right by the learner, who has thereby proven the address."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, func, select, update

from ..catalogue.models import Meeting
from ..clock import now
from ..database import db, transaction
from ..questionnaires.building import forms_of
from ..questionnaires.conditions import without_hidden
from . import consents
from .models import ACTIVE, Learner, LearnerNeed, Registration, Submission
from .people import DETAILS, index_words
from .personal import latest_payload
from .transitions import RegistrationRefused


def take_typed_details(learner_id: int) -> bool:
    """Replace the details that are kept by those typed at the last sign-up; tell whether there were any.

    What was typed is forgotten with it. Language, zone and address stay as they are.
    """
    with transaction() as session:
        payload = latest_payload(learner_id)
        learner = session.get(Learner, learner_id)
        if payload is None or learner is None:
            return False
        for name in DETAILS:
            if payload.get(name) and name != "time_zone":
                setattr(learner, name, payload[name])
        learner.proven_at = learner.proven_at or now()
        session.flush()
        index_words(learner.id, learner)
        db.session.execute(
            update(Submission)
            .where(Submission.learner_id == learner_id, Submission.held_at.is_(None))
            .values(payload=None, purge_at=None)
        )
        return True


def correct_details(
    learner_id: int, details: Mapping[str, str], *, language: str, needs: str = "",
    answers: Mapping[str, Any] | None = None, asked: Collection[int] = (), form_version_id: int | None = None,
) -> None:  # fmt: skip
    """Store a person's details and general answers as they are now; `language` is the page's, in which they agreed.

    `asked` are the questions (ids) that the page had: answers to others stay. An empty `needs` withdraws the consent.
    """
    with transaction() as session:
        learner = _learner(learner_id)
        for name, value in details.items():
            setattr(learner, name, value)
        if asked:
            learner.answers = _merged(learner.answers, answers, asked)
            learner.form_version_id = form_version_id
            _forget_hidden(learner)
        session.flush()
        index_words(learner.id, learner)
        _keep_needs(learner, needs, language)


def correct_answers(
    registration_public_id: str, answers: Mapping[str, Any], *, asked: Collection[int], form_version_id: int
) -> None:
    """Store the answers to a training's questions, until its session begins.

    Raises RegistrationRefused("answers_closed") from then on, or when the registration is not active any more.
    """
    with transaction():
        row = db.session.scalar(
            select(Registration).where(Registration.public_id == registration_public_id).with_for_update()
        )
        if row is None or row.learner_id is None:
            raise RegistrationRefused("not_found")
        begins = db.session.scalar(
            select(func.min(Meeting.starts_at)).where(
                Meeting.training_session_id == row.training_session_id, Meeting.cancelled_at.is_(None)
            )
        )
        if row.status not in ACTIVE or (begins is not None and begins <= now()):
            raise RegistrationRefused("answers_closed")
        row.answers = _merged(row.answers, answers, asked)
        row.form_version_id = form_version_id
        row.revision += 1


def choose_preferences(
    learner_id: int, *, language: str, time_zone: str, news: bool, page_language: str
) -> None:
    """Store in which language and on which clock we write to a person, and whether they want our news."""
    with transaction():
        learner = _learner(learner_id)
        learner.language, learner.time_zone = language, time_zone
        if news:
            consents.give(learner_id, "news", page_language, now())
        else:
            consents.withdraw(learner_id, "news", now())


def _learner(learner_id: int) -> Learner:
    learner = db.session.scalar(select(Learner).where(Learner.id == learner_id).with_for_update())
    if learner is None:
        raise RegistrationRefused("not_found")
    learner.proven_at = learner.proven_at or now()
    return learner


def _merged(
    kept: Mapping[str, Any] | None, answers: Mapping[str, Any] | None, asked: Collection[int]
) -> dict[str, Any]:
    """Return the answers as they are now: of the questions on the page those given there, of all others the kept."""
    on_page = {str(identifier) for identifier in asked}
    others = {key: value for key, value in (kept or {}).items() if key not in on_page}
    return others | dict(answers or {})


def _forget_hidden(learner: Learner) -> None:
    """Drop answers to a training's questions that were asked only after another answer to a general one."""
    rows = list(db.session.scalars(select(Registration).where(Registration.learner_id == learner.id)))
    forms = forms_of(row.form_version_id for row in rows if row.form_version_id and row.answers)
    for row in rows:
        if row.answers and (form := forms.get(row.form_version_id or 0)):
            kept = without_hidden(form.questions, row.answers, learner.answers)
            if kept != row.answers:
                row.answers = kept


def _keep_needs(learner: Learner, needs: str, language: str) -> None:
    """Keep, replace or forget what a person needs to take part; what changed waits for an answer once more."""
    moment, kept = now(), learner.need.text if learner.need else ""
    if needs == kept:
        return
    db.session.execute(delete(LearnerNeed).where(LearnerNeed.learner_id == learner.id))
    db.session.expire(learner, ["need"])
    if needs:
        db.session.add(LearnerNeed(learner_id=learner.id, text=needs, consent_at=moment))
        consents.give(learner.id, "needs", language, moment)
    else:
        consents.withdraw(learner.id, "needs", moment)
