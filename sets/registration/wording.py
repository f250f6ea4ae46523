"""The words of states and origins, as staff lists, exports and figures say them."""

from __future__ import annotations

from flask_babel import gettext as _


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
