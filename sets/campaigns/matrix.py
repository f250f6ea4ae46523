"""Who lacks what: the people of a session, and which messages each one got. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.models import Training, TrainingSession
from ..database import db
from ..mailing.models import Delivery, DeliveryRegistration, DeliveryStatus
from ..registration.models import ACTIVE, Learner, Registration, Status
from .audience import wanted_by
from .letters import text_for
from .listing import started_campaigns
from .models import Campaign, CampaignState
from .progress_words import campaign_name
from .sending import by_registration

PER_PAGE = 100
# Campaigns that are shown, the latest.
MOST_CAMPAIGNS = 8
# The mails that tell somebody that the place is theirs.
CONFIRMING = (
    "registration_received", "added_by_team", "place_confirmed", "place_moved", "registration_restored",
)  # fmt: skip
# A mail that did not arrive, or perhaps not, is one that somebody lacks.
ARRIVING = (DeliveryStatus.SENT, DeliveryStatus.QUEUED, DeliveryStatus.SENDING, DeliveryStatus.RETRY)


@dataclass(frozen=True)
class Column:
    """One message. `kinds` are the kinds of mail that count as it; `campaign` is set for a campaign's."""

    title: str
    kinds: tuple[str, ...] = ()
    campaign: Campaign | None = None
    # Whether everybody with a place should have it: nobody lacks a reminder whose hour has not come.
    is_due: bool = True

    @property
    def can_fill(self) -> bool:
        """Whether it can be sent to somebody who lacks it."""
        running = (CampaignState.EXPANDING, CampaignState.SENDING, CampaignState.DONE)
        return self.campaign is not None and self.campaign.state in running


@dataclass(frozen=True)
class Cell:
    """What one person got of one message: the last mail of it, or nothing, and then whether it can be sent."""

    column: Column
    delivery: str = ""
    status: str = ""
    came_back: bool = False
    can_fill: bool = False

    @property
    def is_lacking(self) -> bool:
        """Whether the person should have it and does not."""
        return self.column.is_due and (self.came_back or self.status not in ARRIVING)


@dataclass(frozen=True)
class Row:
    """One person of the session."""

    public_id: str
    name: str
    status: str
    language: str
    cells: list[Cell] = field(default_factory=list)

    @property
    def is_lacking(self) -> bool:
        """Whether somebody with a place lacks a message."""
        return self.status == Status.CONFIRMED and any(cell.is_lacking for cell in self.cells)


@dataclass(frozen=True)
class Matrix:
    """The people of a session, those with a place first, and its messages, the oldest first."""

    columns: list[Column]
    rows: list[Row]

    @property
    def lacking(self) -> list[Row]:
        """The people with a place who lack a message."""
        return [row for row in self.rows if row.is_lacking]


def read_matrix(session: TrainingSession) -> Matrix:
    """Return who of a session got which message. Who gave up, was refused or was erased is not in it."""
    people = db.session.execute(
        select(
            Registration.id, Registration.public_id, Registration.status, Learner.id.label("learner_id"),
            Learner.first_name, Learner.last_name, Learner.language,
        )
        .join(Learner, Learner.id == Registration.learner_id)
        .where(
            Registration.training_session_id == session.id,
            Registration.status.in_(ACTIVE),
            Registration.silent.is_(False),
        )
        .order_by(
            Registration.status != Status.CONFIRMED, Registration.status, Learner.last_name, Learner.first_name
        )
    ).all()  # fmt: skip
    own = _own_mails(session)
    campaigns = _campaigns(session)
    sent = _campaign_mails([one.id for one in campaigns], session)
    columns = [
        *_columns({kind for kinds in own.values() for kind in kinds}),
        *map(_campaign_column, campaigns),
    ]
    rows = [
        Row(
            person.public_id,
            ", ".join(part for part in (person.last_name, person.first_name) if part),
            person.status,
            person.language,
            [_cell(column, person, own.get(person.id, {}), sent) for column in columns],
        )
        for person in people
    ]
    return Matrix(columns, rows)


def _columns(kinds: set[str]) -> list[Column]:
    found = [Column(_("Confirmation"), CONFIRMING)]
    more = (
        (_("Session changed"), "session_changed"),
        (_("Still coming?"), "still_coming"),
        (_("Reminder"), "meeting_reminder"),
    )
    return found + [Column(title, (kind,), is_due=False) for title, kind in more if kind in kinds]


def _campaign_column(campaign: Campaign) -> Column:
    return Column(campaign_name(campaign), campaign=campaign)


def _cell(column: Column, person: Any, own: dict[str, Any], sent: dict[str, Any]) -> Cell:
    if column.campaign is None:
        mails = [own[kind] for kind in column.kinds if kind in own]
        mail = max(mails, key=lambda one: (one.status != DeliveryStatus.CANCELLED, one.id), default=None)
        return _got(column, mail) if mail else Cell(column)
    campaign = column.campaign
    key = f"r{person.id}" if by_registration(campaign) else f"l{person.learner_id}"
    mail = sent.get(f"camp:{campaign.id}:{key}")
    if mail is not None:
        return _got(column, mail)
    fits = person.status in wanted_by(campaign).status and text_for(campaign, person.language) is not None
    return Cell(column, can_fill=column.can_fill and fits)


def _got(column: Column, mail: Any) -> Cell:
    return Cell(column, mail.public_id, mail.status, came_back=mail.bounced_at is not None)


def _own_mails(session: TrainingSession) -> dict[int, dict[str, Any]]:
    """Return the last mail of each kind about each registration; one that was dropped only where there is no other."""
    rows = db.session.execute(
        select(
            DeliveryRegistration.registration_id,
            Delivery.id,
            Delivery.public_id,
            Delivery.kind,
            Delivery.status,
            Delivery.bounced_at,
        )
        .join(Delivery, Delivery.id == DeliveryRegistration.delivery_id)
        .join(Registration, Registration.id == DeliveryRegistration.registration_id)
        .where(Registration.training_session_id == session.id, Delivery.campaign_id.is_(None))
        .order_by(Delivery.status != DeliveryStatus.CANCELLED, Delivery.id)
    )
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row.registration_id, {})[row.kind] = row
    return found


def _campaigns(session: TrainingSession) -> list[Campaign]:
    """Return the latest campaigns that were for people of the session, the oldest of them first."""
    slug = db.session.scalar(select(Training.slug).where(Training.id == session.training_id))
    found = [one for one in started_campaigns() if _is_for(one, session.public_id, slug or "")]
    return found[:MOST_CAMPAIGNS][::-1]


def _is_for(campaign: Campaign, session: str, training: str) -> bool:
    wanted = wanted_by(campaign)
    return session in (wanted.session or (session,)) and training in (wanted.training or (training,))


def _campaign_mails(campaign_ids: Iterable[int], session: TrainingSession) -> dict[str, Any]:
    of_session = select(Registration.learner_id).where(Registration.training_session_id == session.id)
    rows = db.session.execute(
        select(Delivery.once_key, Delivery.public_id, Delivery.status, Delivery.bounced_at).where(
            Delivery.campaign_id.in_(list(campaign_ids)), Delivery.learner_id.in_(of_session)
        )
    )
    return {row.once_key: row for row in rows}
