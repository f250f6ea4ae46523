"""For whom a field that a text uses has nothing to say: found by filling it in for everybody. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..database import db
from ..languages import speaking
from ..mailing.batch import composing
from ..mailing.links import Links
from ..registration.models import Learner
from ..registration.standing import standings_among
from .audience import Recipient, recipients
from .fields import ANSWER, FIELDS, asked_keys, fields_in
from .letters import text_for, values_for
from .models import Campaign
from .sending import by_registration

# So many people are looked at; a page may not take long, and what is odd shows among them.
LOOKED_AT = 1000
AT_ONCE = 200
# Fields that always have something to say, or for which it does not matter.
FILLED = {"greeting", "my_page"}


@dataclass(frozen=True)
class Blank:
    """A field that a text uses, and the names of those for whom it is empty."""

    field: str
    words: str
    language: str
    names: tuple[str, ...]


def blanks_of(campaign: Campaign) -> list[Blank]:
    """Return the fields that are empty for somebody, in the order of the texts."""
    used = {name for text in campaign.texts.values() for name in fields_in(text.subject, text.body)}
    asked = {f"{ANSWER}{key}" for key in asked_keys()} if used else set()
    if not used - FILLED:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    everybody = islice(recipients(campaign, by_registration=by_registration(campaign)), LOOKED_AT)
    while people := list(islice(everybody, AT_ONCE)):
        _look(campaign, people, found)
    return [
        Blank(field, _field_words(field), language, tuple(names))
        for (language, field), names in found.items()
        if field in FIELDS or field in asked
    ]


def _look(campaign: Campaign, people: list[Recipient], found: dict[tuple[str, str], list[str]]) -> None:
    learners = {
        one.id: one
        for one in db.session.scalars(select(Learner).where(Learner.id.in_([p.learner_id for p in people])))
    }
    ids = [one.registration_id for one in people if one.registration_id]
    with composing():
        standings: dict[int, Any] = {one.id: one for one in standings_among(ids)} if ids else {}
        for person in people:
            text = text_for(campaign, person.language)
            if text is None or not set(fields_in(text.subject, text.body)) - FILLED:
                continue
            with speaking(person.language):
                standing = standings.get(person.registration_id or 0)
                values = values_for(campaign, text, learners[person.learner_id], standing, Links())
            for field, value in values.items():
                if not value and field not in FILLED:
                    found.setdefault((text.language, field), []).append(person.name)


def _field_words(field: str) -> str:
    return str(FIELDS[field].words) if field in FIELDS else _("Answer")
