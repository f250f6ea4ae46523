"""A learner's own page: who they are, how they stand, what is kept of them, why and until when. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from ..catalogue.wording import language_name
from ..clock import now
from ..database import db
from ..dates import zone_names, zone_words
from ..languages import current_language
from ..mailing.models import Delivery
from ..privacy import period, period_words
from ..questionnaires.answers import AnswerReader
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .desk_models import LearnerNote, LearnerTag, MergedPerson
from .keys import LinkUnknown, read_page_token
from .links_of_people import person_of
from .models import Erasure, Learner, Registration, Status, Submission
from .noting import notes_about
from .people import folded
from .standing import Standing, standings_of
from .tagging import tags_of


@dataclass(frozen=True)
class Kept:
    """One thing that is kept: its name, what it is, what for, and until when if that is not as the rest."""

    label: str
    value: str
    purpose: str
    until: datetime | None = None


@dataclass(frozen=True)
class Person:
    """What the page shows."""

    learner: Learner
    standings: list[Standing]

    @property
    def name(self) -> str:
        """The name to greet them by; nothing until the address is proven."""
        return self.learner.first_name if self.learner.proven_at else ""

    @property
    def current(self) -> list[Standing]:
        """What still matters, first what matters most."""
        return [one for one in self.standings if one.is_current]

    @property
    def earlier(self) -> list[Standing]:
        """What is over or was given up, latest first."""
        return [one for one in self.standings if not one.is_current]

    @property
    def undoable(self) -> list[Standing]:
        """What they gave up and may still take back, the latest first."""
        return sorted((one for one in self.standings if one.can_undo), key=lambda one: one.status_at)[::-1]

    def find(self, public_id: str) -> Standing | None:
        """Return one of their registrations."""
        return next((one for one in self.standings if one.public_id == public_id), None)


def find_person(token: str) -> Person:
    """Return whose page this link opens. Raises LinkUnknown."""
    read = read_page_token(token)
    if read is None:
        raise LinkUnknown
    learner, link_version, _feed_version = person_of(read[0])
    if learner is None:
        raise LinkUnknown(is_erased=db.session.get(Erasure, read[0]) is not None)
    if link_version != read[1]:
        raise LinkUnknown(is_revoked=True)
    return Person(learner, standings_of(learner.id))


def find_registration(registration_id: int) -> Registration:
    """Return one registration with its answers."""
    return db.session.scalars(select(Registration).where(Registration.id == registration_id)).one()


def kept_until(person: Person) -> datetime:
    """Return when everything is erased by itself, unless the person does something here before."""
    latest = _last_day(person) + period("registrations")
    return max(latest, person.learner.keep_until or latest)


def kept_about(person: Person) -> list[Kept]:
    """Return what is kept of a person, each with its purpose, in the language being spoken."""
    learner = person.learner
    organisation = ", ".join(
        part
        for part in (
            learner.organisation,
            organisation_kind_words(learner.organisation_kind) if learner.organisation_kind else "",
        )
        if part
    )
    zone = zone_words(learner.time_zone) if learner.time_zone in zone_names() else ""
    rows = [
        _kept(_("Name"), learner.full_name, Learner.first_name),
        _kept(_("E-mail address"), learner.email, Learner.email),
        _kept(_("Organisation"), organisation, Learner.organisation),
        _kept(_("Role"), learner.role, Learner.role),
        _kept(_("Country"), country_words(learner.country) if learner.country else "", Learner.country),
        _kept(_("Language of our messages"), language_name(learner.language), Learner.language),
        _kept(_("Your clock"), zone, Learner.time_zone),
        _kept(
            _("How you heard of us"), source_words(learner.source) if learner.source else "", Learner.source
        ),
        *_answers(learner),
    ]
    if learner.need is not None:
        until = learner.need.keep_until or _last_day(person) + period("needs")
        purpose = str(type(learner.need).text.info["purpose"])
        rows.append(Kept(_("What you need to take part"), learner.need.text, purpose, until))
    if learner.email_before and learner.before_until and learner.before_until > now():
        purpose = _("So that a change of address can be taken back.")
        rows.append(Kept(_("Earlier address"), learner.email_before, purpose, learner.before_until))
    rows += _kept_by_the_team(learner)
    rows += _messages(learner)
    wants_news = any(one.kind == "news" and one.withdrawn_at is None for one in learner.consents)
    news = _("You receive them.") if wants_news else _("You do not receive them.")
    rows.append(Kept(_("News of other trainings"), news, _("Only because you asked for it.")))
    return [row for row in rows if row.value]


def other_details(learner: Learner) -> list[tuple[str, str, str]]:
    """Return (label, kept, typed) of the details that were typed otherwise at a later sign-up, while they are kept."""
    payload = latest_payload(learner.id)
    if payload is None:
        return []
    labels = {
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "organisation": _("Organisation"),
        "organisation_kind": _("Kind of organisation"),
        "role": _("Role"),
        "country": _("Country"),
        "source": _("How you heard of us"),
    }
    return [
        (label, _shown(name, getattr(learner, name)), _shown(name, payload[name]))
        for name, label in labels.items()
        if payload.get(name) and folded(payload[name]) != folded(getattr(learner, name) or "")
    ]


def latest_payload(learner_id: int) -> dict[str, Any] | None:
    """Return the details last typed that differ from those kept, until they are forgotten."""
    statement = (
        select(Submission.payload)
        .where(
            Submission.learner_id == learner_id,
            Submission.payload.is_not(None),
            Submission.held_at.is_(None),
            Submission.purge_at > now(),
        )
        .order_by(Submission.id.desc())
    )
    return db.session.scalars(statement.limit(1)).first()


def _kept(label: str, value: str, column: Any) -> Kept:
    return Kept(label, value, str(column.info["purpose"]))


def _answers(learner: Learner) -> list[Kept]:
    reader = AnswerReader(current_language())
    stores = [learner.answers, *(row.answers for row in learner.registrations if row.answers)]
    purpose = str(Registration.answers.info["purpose"])
    seen: dict[str, Kept] = {}
    for store in stores:
        for answered in reader.read(store):
            seen.setdefault(answered.label, Kept(answered.label, answered.text, purpose))
    return list(seen.values())


def _kept_by_the_team(learner: Learner) -> list[Kept]:
    """Return what the team noted about the person, the tags it gave them, and addresses that they had here."""
    notes = [note.text for note, _author in notes_about(learner.id) if note.deleted_at is None]
    tags = ", ".join(tag.name for tag in tags_of([learner.id]).get(learner.id, []))
    addresses = db.session.scalars(select(MergedPerson.email).where(MergedPerson.learner_id == learner.id))
    return [
        *(_kept(_("Other address"), one, MergedPerson.email) for one in addresses),
        *(_kept(_("Note of our team"), text, LearnerNote.text) for text in notes),
        _kept(_("Tags of our team"), tags, LearnerTag.tag_id),
    ]


def _messages(learner: Learner) -> list[Kept]:
    statement = select(func.count(Delivery.id)).where(
        Delivery.learner_id == learner.id, Delivery.text.is_not(None)
    )
    if not (count := int(db.session.scalar(statement) or 0)):
        return []
    words = ngettext(
        "%(num)d message. Its text is kept for: %(period)s.",
        "%(num)d messages. Each text is kept for: %(period)s.",
        count,
        period=period_words("mails"),
    )
    return [Kept(_("Our messages to you"), words, str(Delivery.text.info["purpose"]))]


def _last_day(person: Person) -> datetime:
    moments = [person.learner.acted_at or person.learner.created_at, person.learner.created_at]
    moments += [one.status_at for one in person.standings]
    moments += [
        one.hours[-1].ends_at for one in person.standings if one.hours and one.status == Status.CONFIRMED
    ]
    return max(moments)


def _shown(name: str, value: str) -> str:
    words = {"organisation_kind": organisation_kind_words, "country": country_words, "source": source_words}
    return words[name](value) if value and name in words else value or ""
