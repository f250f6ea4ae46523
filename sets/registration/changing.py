"""The other dates that a learner can change to, in words: with a place, or with a wait. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..catalogue.showing import snapshot
from ..catalogue.states import PublicState
from ..catalogue.wording import state_words
from ..clock import now
from ..questionnaires.building import live_forms
from .choosing import is_open, session_title, session_words
from .models import ACTIVE, Status
from .personal import Person
from .standing import Standing


@dataclass(frozen=True)
class OtherDate:
    """Another session of the training: what it is, and what can be done about it."""

    public_id: str
    title: str
    when: Any
    places: str
    has_place: bool
    needs_approval: bool


def can_change(standing: Standing) -> bool:
    """Tell whether the person may change this registration, or this wait, for another date: until it begins."""
    may = standing.status in (Status.CONFIRMED, Status.PENDING, Status.WAITING)
    return may and standing.is_current and not _has_begun(standing)


def can_correct_answers(standing: Standing) -> bool:
    """Tell whether the person may put their answers right: before its session begins, where anything is asked."""
    asks = (form := live_forms().get(standing.subject.id)) is not None and bool(form.questions)
    return asks and standing.is_current and not _has_begun(standing)


def _has_begun(standing: Standing) -> bool:
    return standing.first is not None and standing.first.starts_at <= standing.at


def other_dates(person: Person, standing: Standing, *, full: str = "") -> list[OtherDate]:
    """Return the other open sessions of a registration's training, but for those where the person stands already.

    `full` is one (its public id) whose places go to those who wait: there one can only wait too.
    """
    moment = now()
    theirs = {one.session_id for one in person.standings if one.status in ACTIVE}
    dates = []
    for session in snapshot().sessions:
        if session.training_id != standing.subject.id or session.id in theirs or not is_open(session, moment):
            continue
        state = session.public_state(moment)
        if session.public_id == full:
            state = PublicState.FULL
        dates.append(
            OtherDate(
                session.public_id, session_title(session), session_words(session),
                state_words(session, state), state is not PublicState.FULL, session.needs_approval,
            )
        )  # fmt: skip
    return dates
