"""Who gets a campaign: the same filter as the registrations' list, people confirmed unless said otherwise.

Erased people, imported ones and those who were left out by hand are never in it. Reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import String, cast, exists, func, literal, select

from ..database import db
from ..languages import LANGUAGES
from ..mailing.models import Delivery
from ..registration.listing import Filter, matching
from ..registration.models import Consent, Learner, Registration, Status
from .models import Audience, Campaign

# What the filter of a campaign has besides that of the list: the public id of a campaign that they did not get.
UNSENT = "unsent"


@dataclass(frozen=True)
class Recipient:
    """Somebody who gets a campaign; `registration_id` is None for news, which go to a person."""

    learner_id: int
    registration_id: int | None
    email: str
    language: str
    name: str

    def key(self, *, by_registration: bool) -> int:
        """Return the id of what the campaign counts: the registration, or the person."""
        return (self.registration_id or 0) if by_registration else self.learner_id

    @property
    def handle(self) -> str:
        """What an address names them by: person and registration."""
        return f"{self.learner_id}-{self.registration_id or 0}"

    def once_key(self, campaign_id: int, *, by_registration: bool) -> str:
        """Return what makes a second mail of the campaign to the same recipient impossible."""
        kind = "r" if by_registration else "l"
        return f"camp:{campaign_id}:{kind}{self.key(by_registration=by_registration)}"


def wanted_by(campaign: Campaign) -> Filter:
    """Return the filter of a campaign; whoever chose no state means those with a confirmed place."""
    wanted = Filter.from_stored(kept_filter(campaign.filter))
    if wanted.status:
        return wanted
    return replace(wanted, status=(str(Status.CONFIRMED),))


def kept_filter(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a campaign keeps of a list's filter: its order says nothing about people, and needs are health."""
    stored = Filter.from_stored(chosen).as_stored()
    return {name: value for name, value in stored.items() if name != "sort"}


def recipients(campaign: Campaign, *, by_registration: bool) -> Iterator[Recipient]:
    """Yield everybody who would get the campaign now, in order of name; a person once, unless `by_registration`."""
    seen = set()
    for row in db.session.execute(_people(campaign)):
        if not by_registration and row.learner_id in seen:
            continue
        seen.add(row.learner_id)
        name = f"{row.first_name} {row.last_name}".strip()
        yield Recipient(row.learner_id, row.registration_id, row.email, row.language, name)


def count_by_language(campaign: Campaign, *, by_registration: bool) -> dict[str, int]:
    """Return how many recipients read each language, in the order of the site's languages."""
    people = _people(campaign).order_by(None).subquery()
    counted = func.count() if by_registration else func.count(func.distinct(people.c.learner_id))
    statement = select(people.c.language, counted.label("number")).group_by(people.c.language)
    numbers = {row.language: row.number for row in db.session.execute(statement)}
    return {code: numbers[code] for code in LANGUAGES if code in numbers}


def session_ids(campaign: Campaign) -> list[int]:
    """Return the sessions that a campaign's recipients are registered for."""
    if campaign.audience == Audience.NEWS:
        return []
    people = _people(campaign).order_by(None).subquery()
    statement = (
        select(Registration.training_session_id)
        .join(people, people.c.registration_id == Registration.id)
        .where(Registration.training_session_id.is_not(None))
        .distinct()
    )
    return [one for one in db.session.scalars(statement) if one is not None]


def missing_batch(
    campaign: Campaign, limit: int, *, by_registration: bool, after: int = 0
) -> list[Recipient]:
    """Return up to `limit` recipients for whom no mail of this campaign exists yet, by their id, beyond `after`."""
    own: Any = Registration.id if by_registration else Learner.id
    key = literal(f"camp:{campaign.id}:{'r' if by_registration else 'l'}") + cast(own, String)
    statement = (
        _people(campaign)
        .where(own > after, ~exists().where(Delivery.once_key == key))
        .order_by(None)
        .order_by(own, *(() if campaign.audience == Audience.NEWS else (Registration.id,)))
    )
    found: dict[int, Recipient] = {}
    for row in db.session.execute(statement.limit(limit)):
        recipient = Recipient(row.learner_id, row.registration_id, row.email, row.language, "")
        found.setdefault(recipient.key(by_registration=by_registration), recipient)
    return list(found.values())


def _people(campaign: Campaign) -> Any:
    columns = (
        Learner.id.label("learner_id"), Learner.email, Learner.language, Learner.first_name, Learner.last_name,
    )  # fmt: skip
    if campaign.audience == Audience.NEWS:
        return (
            select(*columns, literal(None).label("registration_id"))
            .where(
                exists().where(
                    Consent.learner_id == Learner.id, Consent.kind == "news", Consent.withdrawn_at.is_(None)
                ),
                Learner.id.not_in(campaign.left_out) if campaign.left_out else literal(True),
            )
            .order_by(Learner.last_name, Learner.first_name, Learner.id)
        )
    statement = (
        matching(wanted_by(campaign), *columns, Registration.id.label("registration_id"), with_learner=True)
        .where(Registration.learner_id == Learner.id, Registration.silent.is_(False))
        .order_by(Learner.last_name, Learner.first_name, Learner.id, Registration.id)
    )
    if campaign.left_out:
        statement = statement.where(Registration.learner_id.not_in(campaign.left_out))
    if other := campaign.filter.get(UNSENT):
        got = select(Campaign.id).where(Campaign.public_id == str(other)).scalar_subquery()
        statement = statement.where(
            ~exists().where(
                Delivery.campaign_id == got, Delivery.learner_id == Learner.id, Delivery.status != "cancelled"
            )
        )
    return statement
