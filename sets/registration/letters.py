"""Writing the mails that `messages` posts, when they are sent: from the state of that moment, in their language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from ..catalogue.showing import snapshot
from ..catalogue.states import PublicState
from ..catalogue.wording import state_words
from ..clock import now
from ..database import db
from ..languages import current_language
from ..mailing import kinds
from ..mailing.kinds import Letter, NotWanted, Part, Posted, Poster
from ..mailing.links import Links
from ..statements import kept
from ..tokens import make_token
from . import calendar, objections, phrases
from .calendar_entries import CANCEL
from .choosing import is_open
from .keys import join_token, page_token
from .messages import KINDS, told_in
from .models import ACTIVE, Learner, Registration, Status
from .standing import Standing, standings_among, standings_of

# The state that a mail about one registration speaks of; once it is another, the mail has no sense any more.
SPEAKS_OF = {
    "registration_pending": Status.PENDING,
    "place_free": Status.WAITING,
    "session_cancelled": Status.CANCELLED,
    "place_offered": Status.OFFERED,
    "place_confirmed": Status.CONFIRMED,
    "registration_cancelled": Status.CANCELLED,
    "registration_rejected": Status.REJECTED,
    "decision_missed": Status.EXPIRED,
    "offer_declined": Status.CANCELLED,
    "offer_expired": Status.EXPIRED,
    "wait_ended": Status.EXPIRED,
}
# Kinds that end something and name the dates that one can register for instead.
NAMES_DATES = {"session_cancelled", "registration_rejected", "decision_missed", "offer_expired", "wait_ended"}
# Kinds that tell of something new that is active: given up since, they have no sense any more.
CHANGES = {"added_by_team", "place_moved", "registration_restored", "session_changed"}
# More bands than that at the head of a mail would hide what it says.
MOST_POSTERS = 3


@dataclass(frozen=True)
class NextDate:
    """A session that one can register for, and the form's address with it chosen."""

    words: str
    link: str


def init_app(_app: Flask) -> None:
    """Make the kinds of mail known."""
    for name, title in KINDS.items():
        kinds.register(name, compose_held if name == "registration_held" else compose, title=title)


def compose(posted: Posted, links: Links) -> Letter:
    """Write a mail about registrations. It is dropped when its person is gone or its news is no longer true."""
    learner = addressee_of(posted.learner_id)
    if learner is None:
        raise NotWanted("person_gone")
    about, also = _standings(posted, learner)
    if posted.kind == "registration_received" and not posted.facts.get("known"):
        # What the team ended without a mail, before this one left, is not told by it either.
        about = [one for one in about if one.status in ACTIVE]
        if not about:
            raise NotWanted("outdated")
    if posted.kind in SPEAKS_OF and [one.status for one in about] != [SPEAKS_OF[posted.kind]]:
        raise NotWanted("outdated")
    if posted.kind in CHANGES and not any(one.is_current for one in about):
        raise NotWanted("outdated")
    letter = write(posted.kind, posted.facts, learner, about, also, links)
    return replace(letter, parts=_parts(posted, learner, [*about, *also]))


def write(
    kind: str, facts: Any, learner: Any, about: list[Standing], also: list[Standing], links: Links
) -> Letter:
    """Return a mail about these registrations of a person, without its calendar parts: what the templates see."""
    context = {
        "say": phrases,
        "facts": facts,
        "about": about,
        "also": also,
        "name": learner.first_name if learner.proven_at else "",
        "is_proven": learner.proven_at is not None,
        "reader_zone": learner.time_zone,
        "page_link": links.secret("learner.show_learner", token=page_token(learner)),
        "join_link": _JoinLinks(learner, links),
        "headline": _headline(about, facts),
        "dates": _next_dates(about, links) if kind in NAMES_DATES else [],
        "free_session": _free_session(facts) if kind == "place_free" else None,
        "was": phrases.earlier_hours(facts["was"]) if kind == "session_changed" else [],
        "cancel_link": _cancel_link(about, learner, links),
        "still_waits": kind in ("offer_declined", "offer_expired") and _still_waits(learner, about),
        "has_dates": any(method != CANCEL for _r, _m, method, *_rest in facts.get("calendar", ())),
        **_objection(kind, facts, learner, about, links),
    }
    return Letter(context=context, posters=posters_of(about), reply_to=_reply_to(about))


def compose_held(posted: Posted, links: Links) -> Letter:
    """Write the mail that asks somebody to confirm a registration which was set aside."""
    token = make_token("held", posted.facts["submission_id"], posted.facts.get("version", 1))
    return Letter(context={"link": links.secret("registration.new_release", token=token)})


def addressee_of(learner_id: int | None) -> Any:
    """Return what mails need of a person; columns, not an object, which costs as much as all the rest."""
    return _addressee(learner_id=learner_id).first()


@kept
def _addressee() -> Any:
    columns = (
        Learner.id, Learner.public_id, Learner.link_version, Learner.first_name, Learner.proven_at,
        Learner.time_zone,
    )  # fmt: skip
    return select(*columns).where(Learner.id == bindparam("learner_id"))


class _JoinLinks:
    """Makes the learner's own way into a registration's next meeting, for templates: `join_link(standing)`."""

    def __init__(self, learner: Any, links: Links) -> None:
        self._learner, self._links = learner, links

    def __call__(self, standing: Standing) -> Any:
        hour = standing.next or standing.hours[-1]
        return self._links.secret("learner.show_join", token=join_token(self._learner, hour.public_id))


def _standings(posted: Posted, learner: Any) -> tuple[list[Standing], list[Standing]]:
    """Return what the mail is about, and what else it has to say because an older mail never said it."""
    facts = posted.facts
    ids, others = set(facts.get("about", ())), set(facts.get("also", ()))
    if posted.kind == "personal_link":
        return [one for one in standings_of(learner.id) if one.is_current], []
    if facts.get("known"):
        everything = standings_of(learner.id)
        return [one for one in everything if one.is_current or one.id in ids | others], []
    found = standings_among(ids | others)
    return [one for one in found if one.id in ids], [one for one in found if one.id in others]


def _headline(about: list[Standing], facts: Any) -> str:
    """Return the news in a few words: heading of the mail about a sign-up, and begin of its subject."""
    if facts.get("known") and not facts.get("changed"):
        return _("How your registrations stand")
    if len(about) != 1:
        if about and all(one.status == Status.CONFIRMED for one in about):
            return _("Your places are confirmed")
        return _("Your registrations are noted")
    if about[0].is_any_date:
        return _("We will tell you the date")
    words = {
        Status.CONFIRMED: _("Your place is confirmed"),
        Status.PENDING: _("Your registration is noted"),
        Status.WAITING: _("You are on the waiting list"),
        Status.OFFERED: _("A place awaits you"),
    }
    return words.get(Status(about[0].status), _("Your registration is noted"))


def _objection(kind: str, facts: Any, learner: Any, about: list[Standing], links: Links) -> dict[str, Any]:
    """Return how to refuse what the team entered, in the mail that tells of it or stands for that mail."""
    if kind != "added_by_team" and "added_by_team" not in facts.get("unsent", ()):
        return {"objection_link": ""}
    link = links.secret("objections.new_objection", token=page_token(learner), public_id=about[0].public_id)
    privacy = links.page("public.show_page", key="privacy")
    return {
        "objection_link": link,
        "objection_erases": objections.erases(learner.id),
        "privacy_link": privacy,
    }


def posters_of(about: list[Standing]) -> list[Poster]:
    """Return the coloured heads of a mail about these registrations."""
    if len(about) > MOST_POSTERS:
        return []
    return [
        Poster(
            label=phrases.training_count(one.subject.position)
            if len(about) == 1
            else phrases.state_words(one),
            title=one.subject.title,
            tone=one.subject.emblem.tone,
            on_tone=one.subject.emblem.on_tone,
            position=one.subject.position,
        )
        for one in about
    ]


def _parts(posted: Posted, learner: Any, standings: list[Standing]) -> list[Part]:
    """Return the calendar parts that are still true: REQUEST for a meeting that awaits them, CANCEL for any other."""
    awaited = {(one.id, hour.id) for one in standings if one.status == Status.CONFIRMED for hour in one.hours}
    told = [one for one in told_in(posted.facts) if (one.method == CANCEL) != (one.key in awaited)]
    return calendar.letter_parts(told, learner=learner, address=posted.to_address)


def _reply_to(about: list[Standing]) -> str:
    """Return the address of the training's own people when the mail is about that training alone."""
    return about[0].reply_to if len({one.subject.id for one in about}) == 1 else ""


def _next_dates(about: list[Standing], links: Links) -> list[NextDate]:
    """Return the open sessions of the trainings that the mail is about, those in the reader's language first."""
    moment = now()
    trainings, mine = {one.subject.id for one in about}, {one.session_id for one in about}
    return [
        NextDate(
            _date_words(session, moment),
            links.page("registration.new_registration", session=session.public_id),
        )
        for session in sorted(snapshot().sessions, key=lambda one: one.language != current_language())
        if session.training_id in trainings and session.id not in mine and is_open(session, moment)
    ]


def _date_words(session: Any, moment: datetime) -> str:
    """Return when a session is, and that it is full where one can only wait."""
    words, state = phrases.session_date(session), session.public_state(moment)
    return f"{words} – {state_words(session, state)}" if state is PublicState.FULL else words


def _free_session(facts: Any) -> Any:
    """Return the session whose place is free, while it is: somebody may have been faster than the mail."""
    moment = now()
    session = next((one for one in snapshot().sessions if one.id == facts["session_id"]), None)
    if (
        session is None
        or session.starts_at is None
        or session.starts_at <= moment
        or session.availability == "full"
    ):
        raise NotWanted("outdated")
    return session


def _cancel_link(about: list[Standing], learner: Any, links: Links) -> Any:
    """Return the way to give up the one registration that the mail is about: a page with a button."""
    if len(about) != 1:
        return None
    return links.secret("learner.new_cancellation", token=page_token(learner), public_id=about[0].public_id)


def _still_waits(learner: Any, about: list[Standing]) -> bool:
    """Tell whether the person still waits for any date of a training whose offer they left or let pass."""
    trainings = {one.subject.id for one in about}
    statement = select(Registration.id).where(
        Registration.learner_id == learner.id,
        Registration.training_id.in_(trainings),
        Registration.training_session_id.is_(None),
        Registration.status == Status.WAITING,
    )
    return db.session.scalar(statement.limit(1)) is not None
