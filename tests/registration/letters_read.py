"""Reading the mails that were posted: rendered as the sender would, and parsed as a receiver does."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar
from sqlalchemy import select, update

from sets.database import db, transaction
from sets.mailing.kinds import Posted
from sets.mailing.models import Delivery, DeliveryStatus
from sets.mailing.outbox import registrations_of
from sets.mailing.rendering import render


def posted(to: str, kind: str | None = None) -> list[Delivery]:
    """Return the mails to that person (before the @) that may leave or left, oldest first."""
    db.session.rollback()
    statement = select(Delivery).where(
        Delivery.to_address == f"{to}@example.org", Delivery.status != DeliveryStatus.CANCELLED
    )
    if kind:
        statement = statement.where(Delivery.kind == kind)
    return list(db.session.scalars(statement.order_by(Delivery.id)))


def as_posted(row: Delivery) -> Posted:
    """Return the row as composers get it."""
    names = ("id", "public_id", "kind", "priority", "language", "learner_id", "campaign_id", "context_id", "facts",
             "posted_at", "attempts")  # fmt: skip
    about = registrations_of([row.id]).get(row.id, ())
    values = {name: getattr(row, name) for name in names}
    return Posted(**values, to_address=row.to_address or "", registration_ids=about)


def letter(to: str, kind: str | None = None) -> EmailMessage:
    """Return the one mail to that person, as it arrives."""
    (row,) = posted(to, kind)
    message: Any = email.message_from_bytes(
        render(as_posted(row)).envelope.content, policy=email.policy.default
    )
    db.session.rollback()
    return message


def text_of(message: EmailMessage) -> str:
    """Return the text part, with no-break blanks made plain."""
    part = message.get_body(("plain",))
    assert part is not None
    return part.get_content().replace("\u00a0", " ").replace("\u202f", " ")


def html_of(message: EmailMessage) -> str:
    """Return the HTML part."""
    part = message.get_body(("html",))
    assert part is not None
    return part.get_content()


def calendars(message: EmailMessage) -> list[tuple[str, Any]]:
    """Return (method of the MIME header, parsed calendar) of each calendar part, in order."""
    return [
        (str(part.get_param("method")), Calendar.from_ical(part.get_content()))
        for part in message.walk()
        if part.get_content_type() == "text/calendar"
    ]


def events(message: EmailMessage) -> list[tuple[str, Any]]:
    """Return (method, the event) of each calendar part; a part with more or less than one event fails."""
    found = []
    for method, calendar in calendars(message):
        (event,) = calendar.walk("VEVENT")
        assert str(calendar["method"]) == method
        found.append((method, event))
    return found


def mails_leave() -> None:
    """Let every waiting mail have left."""
    db.session.rollback()
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.status == DeliveryStatus.QUEUED)
            .values(status=DeliveryStatus.SENT)
        )
