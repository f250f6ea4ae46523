"""A count is a link to its list, and the list shows exactly that many."""

from __future__ import annotations

import re
from datetime import timedelta

from sets.clock import now
from sets.registration.models import Status
from tests import factories
from tests.pages import visit
from tests.staff.signing import sign_in

NUMBER = re.compile(r"\d+")


def counted_links(page):
    """Return the links to the list whose words are a count: "3", "3 / 20", "Place confirmed: 3"."""
    found = {}
    for link in page.all("a"):
        href, words = link.get("href") or "", " ".join("".join(link.itertext()).split())
        if href.startswith("/staff/registrations?") and (numbers := NUMBER.findall(words)):
            found[href] = int(numbers[-1] if ":" in words else numbers[0])
    return found


def test_every_count_of_dashboard_and_sessions_leads_to_exactly_that_many(client, clock):
    trainings = [factories.training() for _ in range(2)]
    for training in trainings:
        for capacity in (2, 12, None):
            session = factories.training_session(training, capacity=capacity)
            for status in Status:
                ends = {"offer_ends_at": now() + timedelta(days=1)} if status == Status.OFFERED else {}
                factories.registration(session, status=status, **ends)
            factories.registration(session, created_at=now() - timedelta(days=9))
        factories.registration(of=training, status=Status.WAITING, wants=["fr", "it"])
    sign_in(client, "organiser", time_zone="Pacific/Auckland")
    pages = [
        visit(client, "/staff/"),
        visit(client, "/staff/sessions"),
        visit(client, "/staff/sessions/demand"),
    ]
    pages += [
        visit(client, link.get("href"))
        for link in pages[1].all("a")
        if re.fullmatch(r"/staff/sessions/[0-9a-f-]{36}", link.get("href") or "")
    ]
    counts = {}
    for page in pages:
        assert "registrations" not in page.path
        counts |= counted_links(page)
    assert len(counts) > 60
    wrong = {}
    for href, number in counts.items():
        text = visit(client, href).text
        if f" {number} registration" not in text and number:
            wrong[href] = number
    assert wrong == {}
