"""How lists of the team name sessions."""

from __future__ import annotations

from datetime import UTC, datetime

from tests import factories
from tests.pages import visit
from tests.staff.signing import sign_in

EVENING = datetime(2026, 3, 24, 18, 0, tzinfo=UTC)


def test_a_session_of_another_zone_says_which_and_one_of_the_readers_own_does_not(app, client, clock):
    for zone in ("Europe/Paris", "Europe/Lisbon"):
        factories.training_session(time_zone=zone, starts=EVENING, language="en")
    sign_in(client, "coordinator")
    words = visit(client, "/staff/sessions").text + visit(client, "/staff/registrations").text
    assert "Tuesday 24 March, 19:00, in English" in words
    assert "Tuesday 24 March, 18:00, Lisbon time, in English" in words
