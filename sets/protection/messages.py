"""The mails to administrators: what retention removes from next week on, and a period that will be shorter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..catalogue.showing import current_programme
from ..database import db
from ..dates import date_words
from ..mailing import kinds, outbox
from ..mailing.links import Links, page_url
from ..mailing.models import Priority
from ..preferences import PREFERENCES, preference, span_words
from ..staff.models import Account
from ..staff.roles import has_role
from .shortening import going_words

AHEAD, SHORTER = "retention_ahead", "retention_shorter"


def init_app(_app: Flask) -> None:
    """Make the kinds of mail known."""
    kinds.register(AHEAD, compose_ahead, title=_l("What is removed soon"))
    kinds.register(SHORTER, compose_shorter, title=_l("A shorter period"))


def announce_ahead(week: str, *, people: int, needs: int, starts_at: datetime, ends_at: datetime) -> None:
    """Tell every administrator what goes in the week after next, in the open transaction."""
    facts = {"people": people, "needs": needs}
    facts |= {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    _post(AHEAD, facts, f"retention:{week}")


def announce_shorter(key: str, number: int, count: int, starts_at: datetime) -> None:
    """Tell every administrator that a period becomes shorter and what goes then, in the open transaction."""
    facts = {"key": key, "before": preference(key), "number": number, "count": count}
    _post(SHORTER, facts | {"starts_at": starts_at.isoformat()}, f"shorter:{key}:{starts_at.timestamp():.0f}")


def compose_ahead(posted: kinds.Posted, _links: Links) -> kinds.Letter:
    """Write what goes between which days."""
    zone = current_programme().time_zone
    facts = posted.facts
    going = [going_words("retention_registrations_months", facts["people"])] if facts["people"] else []
    if facts["needs"]:
        going.append(going_words("retention_needs_days", facts["needs"]))
    return kinds.Letter(
        context={
            "going": going,
            "first": date_words(datetime.fromisoformat(facts["starts_at"]), zone),
            "last": date_words(datetime.fromisoformat(facts["ends_at"]), zone),
            "page_link": page_url("privacy.list_removals"),
        }
    )


def compose_shorter(posted: kinds.Posted, _links: Links) -> kinds.Letter:
    """Write which period becomes shorter, from when on, and what goes then."""
    facts = posted.facts
    one = PREFERENCES[facts["key"]]
    return kinds.Letter(
        context={
            "label": str(one.label),
            "before": span_words(facts["before"], one.unit),
            "after": span_words(facts["number"], one.unit),
            "day": date_words(datetime.fromisoformat(facts["starts_at"]), current_programme().time_zone),
            "going": going_words(facts["key"], facts["count"]),
            "page_link": page_url("privacy.show_privacy"),
        }
    )


def _post(kind: str, facts: dict[str, Any], key: str) -> None:
    for account in db.session.scalars(select(Account).where(Account.active).order_by(Account.id)):
        if has_role(account, "administrator"):
            outbox.post(
                kind, to=account.email, language=account.language, priority=Priority.NOTICE, facts=facts,
                once_key=f"{key}:{account.id}",
            )  # fmt: skip
