"""Writing the mails of `reminder_messages` when they are sent: one whose facts are no longer true is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..dates import date_words, datetime_words, local
from ..mailing import kinds
from ..mailing.kinds import Letter, NotWanted, Posted
from ..mailing.links import Links
from . import letters
from .keys import page_token
from .models import Learner, Status
from .reminder_messages import KINDS
from .standing import Standing


def init_app(_app: Flask) -> None:
    """Make the kinds of mail known."""
    for name, title in KINDS.items():
        compose = (
            compose_about_meeting if name in ("meeting_reminder", "still_coming") else compose_about_wait
        )
        kinds.register(name, compose, title=title)


def compose_about_meeting(posted: Posted, links: Links) -> Letter:
    """Write a reminder or the question, while the place and the date are as they were, and it is not too late."""
    letter = letters.compose(posted, links)
    one, facts = _only(letter), posted.facts
    hour = next((hour for hour in one.hours if hour.id == facts["meeting"]), None)
    is_true = (
        one.has_place and hour is not None and hour.starts_at == datetime.fromisoformat(facts["starts_at"])
    )
    if not is_true or hour is None or now() >= datetime.fromisoformat(facts["until"]):
        raise NotWanted("outdated")
    context = {
        # The registration with this meeting alone.
        "one": replace(one, hours=(hour,)),
        "is_first": hour.id == one.hours[0].id,
        "when": datetime_words(hour.starts_at, one.zone),
        "near": _near(hour.starts_at, one.zone),
        "cancel_link": _own_link("learner.new_cancellation", posted, one, links),
    }
    return replace(letter, context={**letter.context, **context})


def compose_about_wait(posted: Posted, links: Links) -> Letter:
    """Write to somebody who waits, or waited, for a date."""
    letter = letters.compose(posted, links)
    one = _only(letter)
    asks = posted.kind == "still_interested"
    if not one.is_any_date or one.status != (Status.WAITING if asks else Status.EXPIRED):
        raise NotWanted("outdated")
    context: dict[str, Any] = {
        "one": one,
        "choose_link": links.page("registration.new_registration", training=one.subject.slug),
    }
    if asks:
        ends_at = datetime.fromisoformat(posted.facts["ends_at"])
        context["last_day"] = date_words(ends_at, current_programme().time_zone)
        context["renewal_link"] = _own_link("waiting.new_renewal", posted, one, links)
        context["cancel_link"] = _own_link("learner.new_cancellation", posted, one, links)
    return replace(letter, context={**letter.context, **context})


def _only(letter: Letter) -> Standing:
    about: list[Standing] = letter.context["about"]
    if len(about) != 1:
        raise NotWanted("outdated")
    return about[0]


def _own_link(endpoint: str, posted: Posted, one: Standing, links: Links) -> Any:
    columns = select(Learner.public_id, Learner.link_version).where(Learner.id == posted.learner_id)
    token = page_token(db.session.execute(columns).one())
    return links.secret(endpoint, token=token, public_id=one.public_id)


def _near(starts_at: datetime, zone: str) -> str:
    """Return how near a meeting is, by the days of its zone: true on the day that the mail leaves."""
    days = (local(starts_at, zone).date() - local(now(), zone).date()).days
    if days <= 0:
        return _("Your meeting is today")
    if days == 1:
        return _("Your meeting is tomorrow")
    return ngettext("Your meeting is in %(num)d day", "Your meeting is in %(num)d days", days)
