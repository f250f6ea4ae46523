"""Writing the mails of `address_messages` when they are sent: one whose question is no longer open is dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..dates import datetime_words, zone_names
from ..mailing import kinds
from ..mailing.kinds import Letter, NotWanted, Posted
from ..mailing.links import Links
from .address_messages import KINDS
from .keys import address_token, page_token, recovery_token
from .models import Learner
from .people import address_key


def init_app(_app: Flask) -> None:
    """Make the kinds of mail known."""
    for name, title in KINDS.items():
        kinds.register(name, compose, title=title)


def compose(posted: Posted, links: Links) -> Letter:
    """Write a mail about a change of address, as long as there is something to answer."""
    learner = _learner(posted)
    key = address_key(posted.to_address)
    if posted.kind == "address_wanted":
        return _letter(links.secret("learner.show_learner", token=page_token(learner)))
    until = datetime.fromisoformat(posted.facts["until"])
    if until <= now():
        raise NotWanted("outdated")
    when = datetime_words(until, _zone(learner))
    if posted.kind == "address_confirmation":
        if learner.email_pending is None or address_key(learner.email_pending) != key:
            raise NotWanted("outdated")
        link = links.secret("learner_address.new_confirmation", token=address_token(learner, key))
        return _letter(link, when=when)
    new = learner.email_pending or learner.email
    if address_key(new) == key:
        raise NotWanted("outdated")
    link = links.secret("learner_address.new_recovery", token=recovery_token(learner, key))
    return _letter(link, when=when, new=new)


def _letter(link: Any, **context: Any) -> Letter:
    return Letter(context={"link": link, "greeting": _("Hello,"), **context})


def _learner(posted: Posted) -> Any:
    columns = (
        Learner.public_id, Learner.link_version, Learner.email, Learner.email_pending, Learner.time_zone
    )  # fmt: skip
    learner = db.session.execute(select(*columns).where(Learner.id == posted.learner_id)).first()
    if learner is None:
        raise NotWanted("person_gone")
    return learner


def _zone(learner: Any) -> str:
    return learner.time_zone if learner.time_zone in zone_names() else current_programme().time_zone
