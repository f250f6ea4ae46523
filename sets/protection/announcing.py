"""Retention at night: each week the team is told what goes in the week after next, and nobody goes who was not told of.

A notice is one row for each week. Counts stand in it, no names; who it is, is read when somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, update

from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db, transaction
from ..dates import local
from ..registration.models import Learner, LearnerNeed, Registration
from ..registration.retention import forget_learners, forget_needs, learners_due, needs_due
from ..staff.activity import record_activity
from .messages import announce_ahead
from .models import RetentionNotice
from .shortening import NOTICE

# The night on the programme's clocks, in hours; by day only what a night missed is done.
NIGHT = range(3, 6)
A_WEEK = timedelta(days=7)
MOST_SHOWN = 200
# Why the team may keep somebody longer: codes, so that nothing personal is written down.
KEEP_REASONS = ("asked", "proof", "complaint")


@dataclass(frozen=True)
class Removal:
    """Somebody who goes soon."""

    public_id: str
    name: str
    email: str
    registration_public_id: str | None
    last_at: datetime


def run_nightly() -> int:
    """Announce once a week, and remove at night what is due and was announced; return how much was removed."""
    announce()
    moment = now()
    limit = (
        moment if local(moment, current_programme().time_zone).hour in NIGHT else moment - timedelta(days=1)
    )
    # Needs are data about health: they go on their day, whether or not the notice could be given.
    done = forget_needs(limit)
    announced = announced_until(moment)
    return done + (forget_learners(min(limit, announced)) if announced else 0)


def announce() -> bool:
    """Note, and tell the administrators by mail, what goes in the week after next; once a week, if anything goes."""
    zone = current_programme().time_zone
    moment = now()
    monday = local(moment, zone).date() - timedelta(days=local(moment, zone).weekday())
    week = monday.isoformat()
    if db.session.scalar(select(RetentionNotice.id).where(RetentionNotice.week == week)) is not None:
        return False
    begins = datetime(monday.year, monday.month, monday.day, tzinfo=ZoneInfo(zone))
    ends_at = begins + 2 * A_WEEK
    covered = announced_until(moment + A_WEEK)
    starts_at = max(covered, begins) if covered else moment + NOTICE
    with transaction() as session:
        people, needs = _counted(ends_at, covered)
        values = {"week": week, "announced_at": moment, "starts_at": starts_at, "ends_at": ends_at}
        session.execute(insert(RetentionNotice).values(**values, people=people, needs=needs))
        if people or needs:
            announce_ahead(week, people=people, needs=needs, starts_at=starts_at, ends_at=ends_at)
    return True


def announced_until(moment: datetime) -> datetime | None:
    """Return until when of what is due the team had been told a week before that moment; None for never."""
    return db.session.scalar(
        select(func.max(RetentionNotice.ends_at)).where(RetentionNotice.announced_at <= moment - NOTICE)
    )


def latest_notice() -> RetentionNotice | None:
    """Return the notice of what goes next that is not over, if anything goes."""
    return db.session.scalar(
        select(RetentionNotice)
        .where(RetentionNotice.ends_at > now(), RetentionNotice.people + RetentionNotice.needs > 0)
        .order_by(RetentionNotice.id.desc())
        .limit(1)
    )


def list_soon() -> tuple[int, list[Removal]]:
    """Return how many people go within two weeks, and the first of them."""
    due = learners_due(now() + 2 * A_WEEK)
    one = (
        select(func.max(Registration.public_id))
        .where(Registration.learner_id == Learner.id)
        .correlate(Learner)
        .scalar_subquery()
    )
    columns = Learner.public_id, Learner.first_name, Learner.last_name, Learner.email, Learner.created_at
    statement = select(*columns, Learner.acted_at, one.label("registration")).where(due).order_by(Learner.id)
    rows = db.session.execute(statement.limit(MOST_SHOWN)).all()
    total = len(rows)
    # Counting looks at everybody once more: only where there are more than are shown.
    if total == MOST_SHOWN:
        total = int(db.session.scalar(select(func.count(Learner.id)).where(due)) or 0)
    return total, [
        Removal(
            row.public_id, f"{row.first_name} {row.last_name}".strip(), row.email, row.registration,
            row.acted_at or row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def count_kept_longer() -> int:
    """Return how many people the team keeps longer."""
    return int(db.session.scalar(select(func.count(Learner.id)).where(Learner.keep_until > now())) or 0)


def find_kept(public_id: str) -> Learner | None:
    """Return the person whom this is about."""
    return db.session.scalar(select(Learner).where(Learner.public_id == public_id))


def keep_longer(public_id: str, until: datetime | None, reason: str) -> bool:
    """Keep a person until a day, or no longer than anybody (None); False when there is no such person."""
    if until is not None and reason not in KEEP_REASONS:
        raise ValueError(f"{reason!r} is no reason.")
    with transaction() as session:
        found: Any = session.execute(
            update(Learner)
            .where(Learner.public_id == public_id)
            .values(keep_until=until, keep_reason=reason if until else None)
            .execution_options(synchronize_session=False)
        )
        if found.rowcount:
            chosen = {"reason": reason} if until else None
            record_activity("learner_kept" if until else "learner_kept_no_longer", rows=1, filter=chosen)
        return bool(found.rowcount)


def _counted(ends_at: datetime, covered: datetime | None) -> tuple[int, int]:
    """Return how many people, and whose needs, go by a moment that no earlier notice covers."""
    people, needs = _due_by(ends_at)
    told_people, told_needs = _due_by(covered) if covered else (0, 0)
    return max(0, people - told_people), max(0, needs - told_needs)


def _due_by(moment: datetime) -> tuple[int, int]:
    people = select(func.count(Learner.id)).where(learners_due(moment))
    needs = select(func.count(LearnerNeed.learner_id)).where(needs_due(moment))
    return int(db.session.scalar(people) or 0), int(db.session.scalar(needs) or 0)
