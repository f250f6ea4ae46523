"""What the people of a session are about to be told: who, in which states and languages, and in which words.

Reads only: it is shown before a session is changed or cancelled, and `session_changes` does it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import ngettext
from sqlalchemy import select

from ..catalogue.models import SessionState, TrainingSession
from ..catalogue.planning import Plan
from ..clock import now
from ..database import db
from ..forms import clean_text
from ..languages import LANGUAGES, speaking
from ..mailing.links import Links
from ..mailing.rendering import draft
from . import letters, phrases, queue
from .calendar_entries import CANCEL, REQUEST
from .models import ACTIVE, Learner, Registration, Status
from .standing import Hour, Standing, standings_among

CHANGED, CANCELLED = "session_changed", "session_cancelled"


@dataclass(frozen=True)
class Draft:
    """The mail in one language, to `count` people, as one of them would get it."""

    language: str
    count: int
    subject: str
    text: str


@dataclass(frozen=True)
class Audience:
    """The people with a registration in a session that is active. `key` stands for exactly these, as they stand."""

    total: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)
    by_language: Mapping[str, int] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class News:
    """What a change leads to: whether people are told of other dates, and to how many who wait places go."""

    audience: Audience
    has_dates: bool
    removes: int
    served: int
    over: int

    @property
    def is_any(self) -> bool:
        """Whether anybody would be written to."""
        return bool((self.has_dates and self.audience.total) or self.served)

    @property
    def key(self) -> str:
        """What stands for exactly this news: the same change a minute later may concern others."""
        return f"{self.audience.key}.{int(self.has_dates)}.{self.removes}.{self.served}"


def read_news(session: TrainingSession, plan: Plan) -> News:
    """Return what it leads to when a session becomes what is planned."""
    was, becomes = phrases.session_state(session), planned_state(plan)
    kept = {planned.id for planned in plan.meetings}
    removed = sum(meeting.id not in kept for meeting in session.standing_meetings)
    return News(
        audience=read_audience(session.id),
        has_dates=is_news(session, was, becomes),
        removes=removed,
        served=_count_served(session, plan),
        over=max(0, session.places_taken - plan.capacity) if plan.capacity is not None else 0,
    )


def news_sentences(news: News) -> list[str]:
    """Return what follows from a change, in sentences, before it is stored."""
    found = []
    if news.has_dates and news.audience.total:
        found.append(
            ngettext(
                "One person is told the new dates, once, with the calendar put right.",
                "%(num)d people are told the new dates, each once, with the calendar put right.",
                news.audience.total,
            )
        )
    if news.removes and news.audience.total:
        found.append(
            ngettext(
                "One meeting leaves their calendars.", "%(num)d meetings leave their calendars.", news.removes
            )
        )
    if news.served:
        found.append(
            ngettext(
                "One person who waits gets a place, or is offered one, and is told by mail.",
                "%(num)d people who wait get a place, or are offered one, and are told by mail.",
                news.served,
            )
        )
    if news.over:
        found.append(
            ngettext(
                "Over by %(num)d: one person more than there are places. Nobody is removed.",
                "Over by %(num)d: more people than there are places. Nobody is removed.",
                news.over,
            )
        )
    return found


def typed_words(form: Mapping[str, str]) -> dict[str, str]:
    """Return what the team typed to be said besides, by language, without what no mail can hold."""
    found = {code: clean_text(form.get(f"words-{code}"))[:2000] for code in LANGUAGES}
    return {code: words for code, words in found.items() if words}


def _count_served(session: TrainingSession, plan: Plan) -> int:
    """Return to how many of those who wait places go once the plan is stored."""
    starts = min((one.starts_at for one in plan.meetings), default=None)
    if (
        session.state not in (SessionState.PUBLISHED, SessionState.CLOSED)
        or starts is None
        or starts <= now()
    ):
        return 0
    waiting = queue.count_waiting(session.id, session.training_id, plan.language)
    return queue.count_served(waiting, plan.capacity, session.places_taken)


def read_audience(session_id: int) -> Audience:
    """Return who is to be told of a change to a session; imported people, who are never written to, are left out."""
    rows = db.session.execute(
        select(Registration.id, Registration.status, Learner.language)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            Registration.training_session_id == session_id,
            Registration.status.in_(ACTIVE),
            Registration.silent.is_(False),
        )
        .order_by(Registration.id)
    ).all()
    seen = " ".join(f"{row.id}:{row.status}" for row in rows)
    return Audience(
        len(rows),
        {status: count for status in Status if (count := sum(row.status == status for row in rows))},
        {code: count for code in LANGUAGES if (count := sum(row.language == code for row in rows))},
        hashlib.sha256(seen.encode()).hexdigest()[:16],
    )


def is_news(session: TrainingSession, was: Mapping[str, Any], becomes: Mapping[str, Any]) -> bool:
    """Tell whether a change of dates, zone or language is to be told: a correction of what is over is not."""
    moment = now().isoformat()
    lies_ahead = any(end > moment for state in (was, becomes) for _start, end in state["hours"])
    return session.state != SessionState.DRAFT and dict(was) != dict(becomes) and lies_ahead


def planned_state(plan: Plan) -> dict[str, Any]:
    """Return what `phrases.session_state` will be once the plan is stored."""
    hours = sorted((one.starts_at, one.ends_at) for one in plan.meetings)
    return {
        "language": plan.language,
        "zone": plan.time_zone,
        "hours": [[starts.isoformat(), ends.isoformat()] for starts, ends in hours],
    }


def drafts_of_change(session: TrainingSession, plan: Plan, words: Mapping[str, str]) -> list[Draft]:
    """Return the mail that tells of the planned dates, in each language that people of the session read."""
    hours = tuple(
        Hour(0, session.public_id, one.starts_at, one.ends_at)
        for one in sorted(plan.meetings, key=lambda one: one.starts_at)
    )
    facts = {"was": phrases.session_state(session), "calendar": [[0, 0, REQUEST, 0, None]]}

    def then(standing: Standing) -> Standing:
        return replace(standing, hours=hours, zone=plan.time_zone, language=plan.language)

    return [*_drafts(CHANGED, session, facts, then, words)]


def drafts_of_cancellation(session: TrainingSession, words: Mapping[str, str]) -> list[Draft]:
    """Return the mail that tells that a session does not take place, in each language that its people read."""
    facts = {"was": str(Status.CONFIRMED), "calendar": [[0, 0, CANCEL, 1, REQUEST]]}

    def then(standing: Standing) -> Standing:
        return replace(standing, status=Status.CANCELLED)

    return [*_drafts(CANCELLED, session, facts, then, words)]


def _drafts(
    kind: str, session: TrainingSession, facts: dict[str, Any], then: Any, words: Mapping[str, str]
) -> Any:
    """Yield one example per language: somebody with a place where there is one."""
    for language, count in read_audience(session.id).by_language.items():
        example = db.session.execute(
            select(Registration.id, Registration.status, Registration.learner_id)
            .join(Learner, Learner.id == Registration.learner_id)
            .where(
                Registration.training_session_id == session.id,
                Registration.status.in_(ACTIVE),
                Registration.silent.is_(False),
                Learner.language == language,
            )
            .order_by(Registration.status != Status.CONFIRMED, Registration.id)
            .limit(1)
        ).one()
        links = Links()
        told = facts | {"words": words.get(language, "")}
        if example.status != Status.CONFIRMED:
            told["calendar"] = []
        with speaking(language):
            standings = [then(one) for one in standings_among([example.id])]
            learner = letters.addressee_of(example.learner_id)
            letter = letters.write(kind, told, learner, standings, [], links)
            yield Draft(language, count, *draft(letter, kind, language, links))
