"""The words of states and origins, as staff lists, exports and figures say them."""

from __future__ import annotations

from flask_babel import gettext as _

from .models import RegistrationEvent, Status
from .transitions import TRANSITIONS, RegistrationRefused

# What staff do to a registration, and the verb of the table behind it.
STEPS = {
    "approval": "approve",
    "refusal": "reject",
    "cancellation": "cancel",
    "restoration": "restore",
    "move": "move",
}


def status_words(status: str) -> str:
    """Return a registration's state in the reader's language."""
    words = {
        "confirmed": _("Place confirmed"),
        "pending": _("Awaiting approval"),
        "waiting": _("On the waiting list"),
        "offered": _("Place offered"),
        "cancelled": _("Cancelled"),
        "rejected": _("Not accepted"),
        "expired": _("Expired"),
    }
    return words.get(status, status)


def origin_words(origin: str) -> str:
    """Return how a registration came about."""
    words = {
        "public": _("the learner"),
        "staff": _("the team"),
        "import": _("an import"),
        "move": _("a change of session"),
        "offer": _("an offer"),
    }
    return words.get(origin, origin)


def actor_words(kind: str) -> str:
    """Return who took a step of a registration's history."""
    words = {
        "learner": _("by the learner"),
        "staff": _("by the team"),
        "clock": _("by itself"),
        "import": _("by an import"),
    }
    return words.get(kind, kind)


def mark_words(mark: str) -> str:
    """Return what the team ticked of somebody at a meeting; nothing ticked is not known."""
    words = {
        "present": _("Present"),
        "partial": _("In part"),
        "excused": _("Excused"),
        "absent": _("Absent"),
        "": _("Not known"),
    }
    return words.get(mark, mark)


def event_words(event: RegistrationEvent) -> str:
    """Return what a line of a registration's history says: the state that it led to, or what else was done."""
    if event.verb == "reorder":
        return _("Rank changed")
    if event.verb == "merge":
        return _("Two people became one")
    if event.verb == "renew":
        return _("Said that they still wait")
    if event.verb == "session_moved":
        return _("Dates of the session changed")
    if event.verb == "session_cancelled":
        return _("Session cancelled")
    if event.verb == "move" and event.to_status == Status.CANCELLED:
        return _("Moved to another session")
    return status_words(event.to_status)


def steps_from(status: str) -> list[str]:
    """Return what staff can do to a registration in that state."""
    return [step for step, verb in STEPS.items() if Status(status) in TRANSITIONS[verb]]


def refusal_words(refusal: RegistrationRefused) -> str:
    """Return why something is refused, said to the team: the workflow's own words speak to the learner."""
    words = {
        "already_confirmed": _(
            "This person has a place in another session of this training. Move or cancel that registration instead."
        ),
        "session_closed": _("This session takes nobody any more: it is a draft, cancelled, or has begun."),
        "session_unknown": _("This session takes nobody any more: it is a draft, cancelled, or over."),
    }
    return words.get(refusal.reason, str(refusal))
