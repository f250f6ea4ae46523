"""A training as search engines read it: schema.org Course with one CourseInstance for each session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..dates import local
from .programme import Programme
from .showing import ShownSession, ShownTraining
from .states import CHOOSABLE, PublicState

SHOWN = (*CHOOSABLE, PublicState.SOON, PublicState.PAUSED, PublicState.CLOSED, PublicState.CANCELLED)


def course_data(
    training: ShownTraining, *, programme: Programme, url: str, moment: datetime
) -> dict[str, Any]:
    """Return the data of a training's page."""
    provider = {"@type": "Organization", "name": programme.operator, "email": programme.contact_email}
    instances = [
        _instance(session, training, session.public_state(moment), provider, url)
        for session in training.sessions
        if session.public_state(moment) in SHOWN and session.starts_at
    ]
    return {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": training.text.title,
        "description": training.text.description,
        "url": url,
        "inLanguage": training.text.language,
        "provider": provider,
        "isAccessibleForFree": True,
        "timeRequired": f"PT{training.hours}H",
        "offers": {"@type": "Offer", "price": 0, "priceCurrency": "EUR", "category": "Free"},
        **({"hasCourseInstance": instances} if instances else {}),
    }


def _instance(
    session: ShownSession, training: ShownTraining, state: PublicState, provider: dict[str, Any], url: str
) -> dict[str, Any]:
    assert session.starts_at
    assert session.ends_at
    cancelled = state is PublicState.CANCELLED
    return {
        "@type": "CourseInstance",
        "name": training.text.title,
        "description": training.text.description,
        "courseMode": "online",
        "courseWorkload": f"PT{training.hours}H",
        "inLanguage": session.language,
        "startDate": local(session.starts_at, session.time_zone).isoformat(),
        "endDate": local(session.ends_at, session.time_zone).isoformat(),
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "eventStatus": f"https://schema.org/{'EventCancelled' if cancelled else 'EventScheduled'}",
        "location": {"@type": "VirtualLocation", "url": url},
        "organizer": provider,
        **({"instructor": {"@type": "Person", "name": session.trainer}} if session.trainer else {}),
    }
