"""Whom a campaign is for, in one sentence, and what its state is called. Reads only."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import TrainingLabel, language_words, session_words, training_labels
from ..catalogue.models import TrainingSession
from ..database import db
from ..registration.filter_words import either, part_words
from ..registration.listing import Filter
from ..registration.models import Status
from .audience import UNSENT, wanted_by
from .models import Audience, Campaign

# The shape of each state, among those of macros/status.html.
SHAPES = {
    "draft": "draft",
    "scheduled": "queued",
    "expanding": "sending",
    "sending": "sending",
    "done": "sent",
    "stopped": "cancelled",
}


def state_words(state: str) -> str:
    """Return what a campaign's state is called."""
    words = {
        "draft": _("Draft"),
        "scheduled": _("Planned"),
        "expanding": _("On its way"),
        "sending": _("On its way"),
        "done": _("Sent"),
        "stopped": _("Stopped"),
    }
    return words.get(state, state)


def audience_words(campaign: Campaign, labels: Mapping[int, TrainingLabel] | None = None) -> str:
    """Return whom a campaign is for, as one sentence in the reader's language.

    `labels` are those of `training_labels()`, where many campaigns are named at once.
    """
    parts = (
        [_("People who asked for news of the trainings")]
        if campaign.audience == Audience.NEWS
        else _filter_words(wanted_by(campaign), str(campaign.filter.get(UNSENT) or ""), labels)
    )
    if campaign.left_out:
        parts.append(
            ngettext(
                "without one person left out by hand",
                "without %(num)d people left out by hand",
                len(campaign.left_out),
            )
        )
    return f"{', '.join(parts)}."


def people_words(status: str) -> str:
    """Return the people of a state: "People with a confirmed place"."""
    words = {
        "confirmed": _("People with a confirmed place"),
        "pending": _("People who await the team’s decision"),
        "waiting": _("People on the waiting list"),
        "offered": _("People who were offered a place and have not answered"),
        "cancelled": _("People who cancelled"),
        "rejected": _("People who were not accepted"),
        "expired": _("People whose registration expired"),
    }
    return words.get(status, status)


def state_warning(*statuses: str) -> str:
    """Return what to remember when people written to have no confirmed place; empty where all have one."""
    others = [status for status in statuses if status != Status.CONFIRMED]
    if not others:
        return ""
    if len(statuses) > 1:
        return _(
            "Not all of these people have a confirmed place. A link into the room stays empty for the others."
        )
    status = others[0]
    words = {
        "pending": _("These people have no confirmed place yet: the team decides about them."),
        "waiting": _("These people have no place: they are on the waiting list."),
        "offered": _("These people have no confirmed place yet: they have not answered the offer."),
        "cancelled": _("These people cancelled: they have no place any more."),
        "rejected": _("These people were not accepted: they have no place."),
        "expired": _("The registration of these people expired: they have no place."),
    }
    empty = _("A link into the room stays empty for them.")
    return f"{words.get(status, '')} {empty}".strip()


def session_of(public_id: str) -> TrainingSession | None:
    """Return the session of that public id with its meetings, or None."""
    return db.session.scalar(
        select(TrainingSession)
        .where(TrainingSession.public_id == public_id)
        .options(selectinload(TrainingSession.meetings))
    )


def _chosen_words(wanted: Filter) -> str:
    if wanted.ids:
        number = len(wanted.ids)
        return ngettext("One person chosen by hand", "%(num)d people chosen by hand", number)
    return either(map(people_words, wanted.status))


def _filter_words(wanted: Filter, unsent: str, labels: Mapping[int, TrainingLabel] | None) -> list[str]:
    parts = [_chosen_words(wanted)]
    named = [session_of(one) for one in wanted.session if one != "any"]
    sessions = [one for one in named if one is not None]
    labels = training_labels() if labels is None else labels
    slugs = set(wanted.training)
    ids = {session.training_id for session in sessions} if not slugs else set()
    trainings = [one for one in labels.values() if one.slug in slugs or one.id in ids]
    if trainings:
        parts.append(_("training “%(title)s”", title=either(one.short_title for one in trainings)))
    if sessions:
        parts.append(_("session: %(session)s", session=either(map(session_words, sessions))))
    if "any" in wanted.session:
        parts.append(_("for any date"))
    if wanted.language:
        languages = either(map(language_words, wanted.language))
        parts.append(_("who read our messages in: %(language)s", language=languages))
    parts += [
        _("%(term)s: %(value)s", term=label, value=words)
        for label, words in part_words(wanted, ("country", "kind", "source", "tag", "answer", "outcome"))
    ]
    parts += [words for _label, words in part_words(wanted, ("received_from", "received_to", "returned"))]
    if wanted.wants:
        parts.append(_("who ask for a session in: %(language)s", language=language_words(wanted.wants)))
    if wanted.q:
        parts.append(_("whose name or address has “%(words)s”", words=wanted.q))
    if unsent and (name := db.session.scalar(select(Campaign.name).where(Campaign.public_id == unsent))):
        parts.append(_("who did not get “%(campaign)s”", campaign=name))
    return parts
