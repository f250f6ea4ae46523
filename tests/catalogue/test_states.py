"""What the public is told of a session, case by case, and when the clock changes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sets.catalogue.showing import ShownMeeting, ShownSession
from sets.catalogue.states import PublicState, next_change, session_state

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def shown(*starts, **values):
    meetings = tuple(ShownMeeting(n, str(n), start, start + DAY / 24) for n, start in enumerate(starts))
    known = {
        "id": 1, "public_id": "s", "training_id": 1, "language": "fr", "time_zone": "Europe/Paris",
        "state": "published", "availability": "open", "opens_at": None, "closes_at": None, "needs_approval": False,
        "is_example": False, "trainer": "",
    }  # fmt: skip
    return ShownSession(**known | values, meetings=meetings)


@pytest.mark.parametrize(
    ("session", "state"),
    [
        (shown(NOW + DAY), "open"),
        (shown(NOW + DAY, availability="last_places"), "last_places"),
        (shown(NOW + DAY, availability="full"), "full"),
        (shown(), "date_to_come"),
        (shown(NOW + 9 * DAY, opens_at=NOW + DAY), "soon"),
        (shown(NOW + 9 * DAY, opens_at=NOW), "open"),
        (shown(NOW + 9 * DAY, closes_at=NOW), "closed"),
        (shown(NOW + 9 * DAY, state="closed"), "closed"),
        (shown(NOW + 9 * DAY, state="paused"), "paused"),
        (shown(NOW + 9 * DAY, state="cancelled"), "cancelled"),
        (shown(NOW), "closed"),
        (shown(NOW - DAY, NOW + DAY), "closed"),
        (shown(NOW - DAY, closes_at=NOW + DAY), "past"),
        (shown(NOW - DAY, state="cancelled"), "past"),
    ],
)
def test_a_session_stands_as_the_clock_and_its_places_say(session, state):
    assert session_state(session, NOW) is PublicState(state)


def test_the_next_change_is_the_nearest_moment_to_come():
    later = shown(NOW + 5 * DAY, opens_at=NOW - DAY, closes_at=NOW + 4 * DAY)
    sooner = shown(NOW + 9 * DAY, opens_at=NOW + DAY)
    assert next_change([later, sooner], NOW) == NOW + DAY
    assert next_change([later], NOW + DAY) == NOW + 4 * DAY
    assert next_change([later], NOW + 4 * DAY) == NOW + 5 * DAY
    assert next_change([shown()], NOW) is None
