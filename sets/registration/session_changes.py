"""Changes to sessions: each is a verb here, since a published session's change moves, fills or informs people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from ..catalogue import places, planning
from ..catalogue.models import SessionState, TrainingSession
from ..catalogue.planning import Plan, PlanRefused, hindrance
from ..catalogue.versions import bump_catalogue_version
from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from . import messages, phrases, seating, session_news, steps
from .applying import Actor
from .deadlines import offer_deadline
from .models import ACTIVE, Learner, Registration, Status

# step: (the verb in the activity log, from states, to state)
STEPS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "publication": ("session_published", (SessionState.DRAFT,), SessionState.PUBLISHED),
    "pause": ("session_paused", (SessionState.PUBLISHED,), SessionState.PAUSED),
    "resumption": ("session_resumed", (SessionState.PAUSED, SessionState.CLOSED), SessionState.PUBLISHED),
    "closure": ("session_closed", (SessionState.PUBLISHED, SessionState.PAUSED), SessionState.CLOSED),
}
CANCELLABLE = (SessionState.PUBLISHED, SessionState.PAUSED, SessionState.CLOSED)


def plan_session(plan: Plan) -> str:
    """Store a new session as a draft; return its public id."""
    with transaction():
        session = planning.create_draft(plan)
        record_activity("session_planned", subject_type="session", subject_id=session.id)
        return session.public_id


def change_session(
    public_id: str, plan: Plan, revision: int, *, actor: Actor | None = None, shown: str | None = None,
    words: Mapping[str, str] | None = None,
) -> tuple[int, int]:  # fmt: skip
    """Store what the form says of a session; return (how many were told of it, to how many places went).

    Where its dates, zone or language change, each of its people is told once, was and now, with the calendar put right;
    `words` are the team's own, by language. `shown` is the key of the audience that was shown before. Added places find
    their people. Raises PlanRefused: "changed", "training", or "people" when others are concerned than were shown.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id, plan.training_id], [ids.id])
        session = planning.read_session(public_id, revision=revision)
        if plan.training_id != session.training_id and _count(session.id):
            # A cancelled registration belongs to its training too.
            raise PlanRefused("training")
        was, language = phrases.session_state(session), session.language
        has_news = session_news.is_news(session, was, session_news.planned_state(plan))
        if has_news:
            _check_audience(session.id, shown)
        planning.apply_plan(session, plan)
        db.session.flush()
        db.session.expire(session)
        if session.state != SessionState.DRAFT and session.language != language and hindrance(session):
            raise PlanRefused("no_texts")
        told = _tell_change(session, was, words or {}, actor or Actor("staff")) if has_news else 0
        record_activity(
            "session_moved" if has_news else "session_changed",
            subject_type="session",
            subject_id=session.id,
            rows=told or None,
        )
        return told, _renew_and_fill(session)


def cancel_session(
    public_id: str, *, actor: Actor, shown: str | None = None, words: Mapping[str, str] | None = None
) -> int:
    """Cancel a session for good: each of its people is told once, with the other dates; return how many.

    Whoever waits for any date keeps waiting. Raises PlanRefused: "changed" when it cannot be cancelled any more,
    "people" when others are concerned than were shown.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id], [ids.id])
        session = planning.read_session(public_id)
        if session.state not in CANCELLABLE or _is_over(session):
            raise PlanRefused("changed")
        _check_audience(session.id, shown)
        people = _active(session.id)
        for row in people:
            steps.step(
                row,
                "session_cancelled",
                Status.CANCELLED,
                actor=actor,
                mailed=not row.silent,
                is_one_of_many=True,
            )
            if not row.silent:
                messages.session_cancelled(
                    learner_id=row.learner_id, to=row.email, language=row.mail_language,
                    registration_id=row.id, was=row.status, words=(words or {}).get(row.mail_language, ""),
                )  # fmt: skip
        places.release_all(session.id)
        session.state = SessionState.CANCELLED
        session.revision += 1
        record_activity(
            "session_cancelled", subject_type="session", subject_id=session.id, rows=len(people) or None
        )
        bump_catalogue_version(db.session)
        return sum(not row.silent for row in people)


def step_session(public_id: str, step: str) -> int:
    """Publish, pause, resume or close a session; return how many people were offered or given a place by it.

    A new session's places are offered to those who wait, at once. Raises PlanRefused: "changed" when the session is not
    in a state that the step leads from; "no_page" or "no_texts" when the public would find no page of its training, or
    none in its language.
    """
    with transaction():
        ids = _ids(public_id)
        places.lock([ids.training_id], [ids.id])
        session = planning.read_session(public_id)
        verb, before, after = STEPS[step]
        if session.state not in before:
            raise PlanRefused("changed")
        if step == "publication" and (missing := hindrance(session)):
            raise PlanRefused(missing)
        session.state = after
        session.revision += 1
        record_activity(verb, subject_type="session", subject_id=session.id)
        db.session.flush()
        return _renew_and_fill(session)


def possible_steps(state: str) -> list[str]:
    """Return the steps that lead on from a state."""
    return [step for step, (_verb, before, _after) in STEPS.items() if state in before]


def can_cancel(session: TrainingSession) -> bool:
    """Tell whether a session can be cancelled: the public knows it, and it is not over."""
    return session.state in CANCELLABLE and not _is_over(session)


def count_active(session_id: int) -> int:
    """Return how many people have a place in a session or wait for it."""
    return _count(session_id, Registration.status.in_(ACTIVE))


def has_registrations(session_id: int) -> bool:
    """Tell whether anybody ever registered for a session: it then belongs to its training."""
    return bool(_count(session_id))


def _tell_change(
    session: TrainingSession, was: Mapping[str, Any], words: Mapping[str, str], actor: Actor
) -> int:
    """Tell each of a session's people of its new dates; return how many."""
    if not _is_over(session):
        steps.begin_again(session.id)
    people = _active(session.id)
    first, moment = session.first_meeting, now()
    for row in people:
        if row.status == Status.OFFERED and first and row.offer_ends_at >= first.starts_at:
            ends_at = offer_deadline(moment, first.starts_at, session.time_zone)
            db.session.execute(
                update(Registration).where(Registration.id == row.id).values(offer_ends_at=ends_at)
                .execution_options(synchronize_session=False)
            )  # fmt: skip
        steps.note(row.id, "session_moved", row.status, row.status, actor=actor, mailed=not row.silent)
        if not row.silent:
            messages.session_changed(
                learner_id=row.learner_id, to=row.email, language=row.mail_language, registration_id=row.id,
                was=dict(was), words=words.get(row.mail_language, ""),
            )  # fmt: skip
    return sum(not row.silent for row in people)


def _active(session_id: int) -> list[Any]:
    statement = (
        select(
            Registration.id, Registration.learner_id, Registration.training_id, Registration.training_session_id,
            Registration.status, Registration.offer_ends_at, Registration.silent, Learner.email,
            Learner.language.label("mail_language"),
        )
        .join(Learner, Learner.id == Registration.learner_id)
        .where(Registration.training_session_id == session_id, Registration.status.in_(ACTIVE))
        .order_by(Registration.id)
    )  # fmt: skip
    return list(db.session.execute(statement))


def _check_audience(session_id: int, shown: str | None) -> None:
    if shown is not None and session_news.read_audience(session_id).key != shown:
        raise PlanRefused("people")


def _is_over(session: TrainingSession) -> bool:
    meetings = session.standing_meetings
    return bool(meetings) and max(meeting.ends_at for meeting in meetings) <= now()


def _count(session_id: int, *criteria: Any) -> int:
    statement = select(func.count(Registration.id)).where(
        Registration.training_session_id == session_id, *criteria
    )
    return int(db.session.scalar(statement) or 0)


def _ids(public_id: str) -> Any:
    statement = select(TrainingSession.id, TrainingSession.training_id)
    row = db.session.execute(statement.where(TrainingSession.public_id == public_id)).first()
    if row is None:
        raise PlanRefused("not_found")
    return row


def _renew_and_fill(session: TrainingSession) -> int:
    """Renew the public pages, and offer what places there are now; return to how many."""
    if session.state == SessionState.DRAFT:
        return 0
    bump_catalogue_version(db.session)
    return seating.fill(places.lock([session.training_id], [session.id])[session.id])
