"""Who got a campaign, and who did not and why: a list by state, and the same as a spreadsheet. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from ..database import db
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from ..registration.export import MOMENT, TEXT, Context, Sheet
from ..registration.models import Learner, Registration
from ..staff.deliveries import reason_words
from ..staff.server_words import server_words
from .models import Campaign
from .progress import GROUPS, LEFT, group_of
from .progress_words import GROUP_WORDS

PER_PAGE = 50
# Rows read at once for the spreadsheet.
BATCH = 500

# Heading, key, kind and width of each column of the spreadsheet.
COLUMNS: tuple[tuple[Any, str, str, int], ...] = (
    (_l("Last name"), "last_name", TEXT, 20),
    (_l("First name"), "first_name", TEXT, 18),
    (_l("E-mail"), "email", TEXT, 32),
    (_l("Language of mails"), "mail_language", TEXT, 16),
    (_l("State"), "state", TEXT, 20),
    (_l("Posted"), "posted_at", MOMENT, 17),
    (_l("Sent"), "sent_at", MOMENT, 17),
    (_l("Tries"), "attempts", TEXT, 8),
    (_l("Why"), "reason", TEXT, 50),
    (_l("The server said"), "answer", TEXT, 50),
    (_l("Reference"), "reference", TEXT, 38),
)


@dataclass(frozen=True)
class Line:
    """One mail with its person: `registration` is the public id of a record of theirs, "" when there is none."""

    delivery: Delivery
    first_name: str
    last_name: str
    registration: str

    @property
    def name(self) -> str:
        """The whole name as lists sort it; "" for somebody who was erased."""
        return ", ".join(part for part in (self.last_name, self.first_name) if part)

    @property
    def group(self) -> str:
        """Which of progress.GROUPS the mail is in."""
        return group_of(self.delivery.status, came_back=self.delivery.bounced_at is not None)

    @property
    def reason(self) -> str:
        """Why it did not leave, or is doubtful, in plain words."""
        status = self.delivery.status
        if status in (DeliveryStatus.FAILED, DeliveryStatus.RETRY):
            said = server_words(self.delivery.smtp_code, self.delivery.smtp_text)
            return said or reason_words(self.delivery.reason)
        return reason_words(self.delivery.reason)

    @property
    def answer(self) -> str:
        """What the server said, where it took no mail."""
        if self.group == "sent":
            return ""
        return " ".join(str(part) for part in (self.delivery.smtp_code, self.delivery.smtp_text) if part)


def list_lines(campaign: Campaign, group: str, page: int) -> list[Line]:
    """Return one page of a campaign's mails (`group`: one of progress.GROUPS; "" is all), in order of name."""
    statement = _statement(campaign, group).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    return [Line(*row) for row in db.session.execute(statement)]


def as_sheet(campaign: Campaign, group: str, zone: str) -> Sheet:
    """Return the list as a spreadsheet's content, in the language being spoken, on the clocks of `zone`."""
    keys = [key for _heading, key, _kind, _width in COLUMNS]
    return Sheet(
        keys=keys,
        headings=[str(heading) for heading, *_rest in COLUMNS],
        kinds=[kind for _heading, _key, kind, _width in COLUMNS],
        widths=[width for *_rest, width in COLUMNS],
        batches=_batches(campaign, group, Context(zone)),
    )


def count_lines(campaign: Campaign, group: str) -> int:
    """Return how many lines the list has."""
    return db.session.scalar(select(func.count()).where(*_wanted(campaign, group))) or 0


def _batches(campaign: Campaign, group: str, context: Context) -> Iterator[list[Sequence[Any]]]:
    start = 0
    while rows := db.session.execute(_statement(campaign, group).limit(BATCH).offset(start)).all():
        yield [list(column) for column in zip(*(_cells(Line(*row), context) for row in rows), strict=True)]
        db.session.expunge_all()
        start += BATCH


def _cells(line: Line, context: Context) -> tuple[Any, ...]:
    mail = line.delivery
    return (
        line.last_name or _("Erased person"),
        line.first_name,
        mail.to_address or "",
        context.language_name(mail.language),
        str(GROUP_WORDS[line.group]),
        context.moment(mail.posted_at),
        context.moment(mail.sent_at),
        str(mail.attempts),
        line.reason,
        line.answer,
        line.registration,
    )


def _wanted(campaign: Campaign, group: str) -> list[Any]:
    conditions = [Delivery.campaign_id == campaign.id]
    if group in GROUPS:
        conditions.append(Delivery.status.in_(GROUPS[group]))
    if group in LEFT:
        came_back = Delivery.bounced_at.is_not(None)
        conditions.append(came_back if group == "returned" else ~came_back)
    return conditions


def _statement(campaign: Campaign, group: str) -> Select[Any]:
    # The registration that the mail speaks of; for news, the latest of the person.
    own = (
        select(Registration.public_id)
        .join(DeliveryRegistration, DeliveryRegistration.registration_id == Registration.id)
        .where(DeliveryRegistration.delivery_id == Delivery.id)
        .order_by(Registration.id)
        .limit(1)
        .correlate(Delivery)
        .scalar_subquery()
    )
    any_of_theirs = (
        select(Registration.public_id)
        .where(Registration.learner_id == Delivery.learner_id)
        .order_by(Registration.id.desc())
        .limit(1)
        .correlate(Delivery)
        .scalar_subquery()
    )
    return (
        select(
            Delivery,
            func.coalesce(Learner.first_name, ""),
            func.coalesce(Learner.last_name, ""),
            func.coalesce(own, any_of_theirs, ""),
        )
        .outerjoin(Learner, Learner.id == Delivery.learner_id)
        .where(*_wanted(campaign, group))
        .order_by(Learner.last_name, Learner.first_name, Delivery.id)
    )
