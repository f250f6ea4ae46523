"""How long an offer lasts: the table of cases, in the session's zone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sets.registration.deadlines import offer_deadline

from .signups import at

# now, start, zone, deadline. 2026-03-02 is a Monday; Paris turns its clocks on Sunday 2026-03-29.
CASES = [
    ("48 hours when there is time", "2026-03-02 10:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-04 10:00"),
    ("a quarter of the time left", "2026-03-02 08:00", "2026-03-03 16:00", "Europe/Paris", "2026-03-02 16:00"),
    ("at night: the next morning", "2026-03-02 22:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-05 10:00"),
    ("on a Saturday: Monday morning", "2026-03-05 15:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-09 10:00"),
    ("on a Sunday: Monday morning", "2026-03-06 15:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-09 10:00"),
    ("at 20:00 sharp it may end", "2026-03-02 20:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-04 20:00"),
    ("at 08:00 sharp it may end", "2026-03-03 08:00", "2026-03-30 18:00", "Europe/Paris", "2026-03-05 08:00"),
    ("a minute past 20:00 it may not", "2026-03-02 20:01", "2026-03-30 18:00", "Europe/Paris", "2026-03-05 10:00"),
    ("no morning before the start: the evening before", "2026-03-02 18:00", "2026-03-03 09:00", "Europe/Paris",
     "2026-03-02 20:00"),
    ("morning at least 2 h before the start", "2026-03-02 12:00", "2026-03-04 12:00", "Europe/Paris",
     "2026-03-03 10:00"),
    ("across the change of clocks it is 10:00 there", "2026-03-27 18:00", "2026-04-20 18:00", "Europe/Paris",
     "2026-03-30 10:00"),
    ("in the session's zone, not the server's", "2026-03-02 19:30", "2026-03-30 18:00", "Europe/Athens",
     "2026-03-04 19:30"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "now", "start", "zone", "deadline"), CASES, ids=[case[0] for case in CASES])
def test_an_offer_ends_at_an_hour_when_people_are_up(
    case: str, now: str, start: str, zone: str, deadline: str
):
    assert offer_deadline(at(now, zone), at(start, zone), zone) == at(deadline, zone), case


@given(
    hours=st.integers(min_value=0, max_value=24 * 14),
    left=st.integers(min_value=1, max_value=24 * 60),
)
def test_an_offer_always_ends_after_now_and_before_the_start(hours: int, left: int):
    now = at("2026-03-23 09:00") + timedelta(hours=hours)
    start = now + timedelta(hours=left)
    assert now < offer_deadline(now, start, "Europe/Paris") < start
