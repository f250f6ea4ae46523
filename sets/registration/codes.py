"""Answers of the form's own fields that are stored as codes: one table each, with what the form and lists say.

A code never changes its meaning; a new one is a new row. An empty code is "not said".
"""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

ORGANISATION_KINDS: dict[str, Any] = {
    "association": _l("Association"),
    "cooperative": _l("Cooperative"),
    "mutual": _l("Mutual society"),
    "foundation": _l("Foundation"),
    "social_enterprise": _l("Social enterprise"),
    "public_body": _l("Public body"),
    "education": _l("School, university or training body"),
    "company": _l("Other company"),
    "none": _l("No organisation at the moment"),
    "other": _l("Another kind"),
}

SOURCES: dict[str, Any] = {
    "colleague": _l("From a colleague or a friend"),
    "partner": _l("From an organisation I know"),
    "newsletter": _l("In a newsletter"),
    "social_network": _l("On a social network"),
    "search": _l("With a search engine"),
    "event": _l("At an event"),
    "other": _l("In another way"),
}


def organisation_kind_words(code: str) -> str:
    """Return what a kind of organisation is called in the language being spoken."""
    return str(ORGANISATION_KINDS.get(code, code))


def source_words(code: str) -> str:
    """Return how someone heard of the programme, in the language being spoken."""
    return str(SOURCES.get(code, code))
