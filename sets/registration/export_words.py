"""What an export shows and what becomes of it, in words, for its page and its last sheet. Reads only."""

from __future__ import annotations

from flask_babel import gettext as _

from .filter_words import part_sentences
from .filtering import Filter

# The shape of each state, among those of macros/status.html.
SHAPES = {"waiting": "queued", "making": "sending", "ready": "sent", "failed": "failed", "ended": "cancelled"}


def state_words(state: str) -> str:
    """Return what an export's state is called."""
    words = {
        "waiting": _("Waits its turn"),
        "making": _("Being made"),
        "ready": _("Ready"),
        "failed": _("Could not be made"),
        "ended": _("Removed"),
    }
    return words.get(state, state)


def filter_sentence(wanted: Filter) -> str:
    """Return what a filter asks for, each part with its name."""
    return "; ".join(part_sentences(wanted)) or _("All registrations")
