"""Everything that is kept about a person, as data to take away: walked from the personal columns, as erasing does.

Names of fields are words; moments are UTC in ISO 8601; no key, token or other person is in it. A table that gets a
personal column later is in it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, String, Table, Text, select

from ..clock import now
from ..database import db
from ..mailing.models import Delivery
from ..privacy import personal_columns
from ..questionnaires.answers import AnswerReader
from .desk_models import LearnerTag
from .erasure import rows_of
from .models import (
    AttendanceFact,
    Consent,
    Learner,
    LearnerWord,
    Registration,
    RegistrationEvent,
    Submission,
    TextVersion,
)
from .people import address_key
from .standing import Standing, standings_of
from .tagging import tags_of

# Of no use to a person, or another one's: the search index, and what only machines read.
LEFT_OUT = {
    "learner_word.word",
    "delivery.facts",
    "learner.email_key",
    "import_entry.fingerprint",
    "import_entry.target",
    "import_line.email_key",
    "registration.import_key",
    "submission.outcome",
    "submission.payload",
    "learner_tag.tag_id",
    "merged_person.email_key",
}
# Tables that are told under a registration, or in words of their own.
TOLD_APART = {
    Registration.__tablename__, RegistrationEvent.__tablename__, Consent.__tablename__, LearnerWord.__tablename__,
    Submission.__tablename__, LearnerTag.__tablename__,
}  # fmt: skip
NAMES = {"learner_need": "needs", "learner_note": "notes", "merged_person": "other_addresses"}
KINDS = (String, Text, DateTime, JSON)
MACHINE = ("public_id", "once_key", "context_id", "lease_by", "lease_until", "next_at", "email_slot")


def portrait_of(learner_id: int, language: str) -> dict[str, Any]:
    """Return everything kept about a person as JSON data; answers are worded in that language."""
    registrations = list(
        db.session.scalars(
            select(Registration).where(Registration.learner_id == learner_id).order_by(Registration.id)
        )
    )
    ids = [row.id for row in registrations]
    told = {
        table.name: _rows(table, learner_id, ids)
        for table in dict.fromkeys(column.table for column in personal_columns())
        if isinstance(table, Table) and table.name not in TOLD_APART
    }
    learner = told.pop(Learner.__tablename__)[0]
    reader = AnswerReader(language)
    learner["answers"] = _answers(reader, learner.get("answers"))
    standings = {one.id: one for one in standings_of(learner_id)}
    return {
        "made_at": _moment(now()),
        "person": learner,
        "registrations": [_registration(row, standings[row.id], reader) for row in registrations],
        "messages": told.pop(Delivery.__tablename__, []),
        "consents": _consents(learner_id),
        "forms_sent": _forms(learner_id),
        "tags": [tag.name for tag in tags_of([learner_id]).get(learner_id, [])],
        **{NAMES.get(name, name): rows for name, rows in told.items() if rows},
    }


def _rows(table: Table, learner_id: int, registration_ids: list[int]) -> list[dict[str, Any]]:
    """Return a table's rows about the person: personal columns, and what says when and in which state."""
    criterion = rows_of(table, learner_id, registration_ids)
    if criterion is None:
        return []
    columns = [
        column
        for column in table.columns
        if f"{table.name}.{column.name}" not in LEFT_OUT
        and column.name not in MACHINE
        and (column.info.get("personal") or isinstance(column.type, DateTime) or _is_words(column))
    ]
    rows = db.session.execute(select(*columns).where(criterion).order_by(*table.primary_key)).mappings()
    return [_plain(row) for row in rows]


def _is_words(column: Any) -> bool:
    return not column.foreign_keys and isinstance(getattr(column.type, "impl", column.type), KINDS)


def _registration(row: Registration, standing: Standing, reader: AnswerReader) -> dict[str, Any]:
    return {
        "training": standing.subject.title,
        "language": standing.language or standing.wants,
        "state": row.status,
        "rank": standing.rank,
        "meetings": [
            {"starts_at": _moment(hour.starts_at), "ends_at": _moment(hour.ends_at)} for hour in standing.hours
        ],
        "time_zone": standing.zone if standing.hours else None,
        "registered_at": _moment(row.created_at),
        "origin": row.origin,
        "reason": row.reason,
        "answers": _answers(reader, row.answers),
        "history": [
            {
                "at": _moment(event.at),
                "what": event.verb,
                "from": event.from_status,
                "to": event.to_status,
                "by": event.actor_kind,
                "reason": event.reason,
            }
            for event in row.events
        ],
        "attendance": _attendance(row.id),
    }  # fmt: skip


def _attendance(registration_id: int) -> list[dict[str, Any]]:
    facts = db.session.scalars(
        select(AttendanceFact)
        .where(AttendanceFact.registration_id == registration_id)
        .order_by(AttendanceFact.id)
    )
    return [
        {
            "meeting": _moment(fact.meeting.starts_at),
            "kind": fact.kind,
            "mark": fact.mark,
            "at": _moment(fact.at),
            "minutes": fact.minutes,
        }
        for fact in facts
    ]


def _consents(learner_id: int) -> list[dict[str, Any]]:
    statement = (
        select(
            Consent.kind, Consent.given_at, Consent.withdrawn_at,
            TextVersion.number, TextVersion.language, TextVersion.body,
        )
        .join(TextVersion, TextVersion.id == Consent.text_version_id)
        .where(Consent.learner_id == learner_id)
        .order_by(Consent.id)
    )  # fmt: skip
    return [
        _plain({**row._mapping, "version": row.number, "number": None})
        for row in db.session.execute(statement)
    ]


def _forms(learner_id: int) -> list[dict[str, Any]]:
    """Return when forms were sent under the person's address; what was typed, where it is kept and theirs to see."""
    key = db.session.scalar(select(Learner.email_key).where(Learner.id == learner_id))
    statement = select(Submission).where(Submission.learner_id == learner_id).order_by(Submission.id)
    return [
        {
            "sent_at": _moment(row.created_at),
            "language": row.language,
            "first_name": row.outcome.get("first_name"),
            "email": row.outcome.get("email"),
            "typed": row.payload,
        }
        for row in db.session.scalars(statement)
        if address_key(row.outcome.get("email", "@")) == key
    ]


def _answers(reader: AnswerReader, answers: Mapping[str, Any] | None) -> dict[str, str]:
    return {answered.label: answered.text for answered in reader.read(answers)}


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as JSON data, without what is empty."""
    return {
        str(name): _moment(value) if isinstance(value, datetime | date) else value
        for name, value in row.items()
        if value not in (None, "", [], {})
    }


def _moment(moment: date | None) -> str | None:
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return moment.isoformat() if moment else None
