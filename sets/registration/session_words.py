"""What the pages of sessions are given to speak with, and what they say of mails that follow."""

from __future__ import annotations

from typing import Any

from flask_babel import ngettext

from ..catalogue.labels import language_words, session_words
from ..catalogue.remarks import standing_shape, standing_words
from ..clock import now
from .wording import status_words


def page_words(zone: str) -> dict[str, Any]:
    """Return what every page of sessions shows its words and hours with; `zone` is the reader's."""
    return {
        "zone": zone,
        "moment": now(),
        "session_words": session_words,
        "language_words": language_words,
        "standing_words": standing_words,
        "standing_shape": standing_shape,
        "status_words": status_words,
    }


def served_words(served: int) -> str:
    """Return the sentence, after a blank, that so many people are told by mail; nothing where nobody is."""
    if not served:
        return ""
    return " " + ngettext("One person is told by mail.", "%(num)d people are told by mail.", served)
