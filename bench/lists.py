"""Rows of the team's lists: the same pages with 100,000 registrations and with 1,000."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from .exports import site_at
from .measuring import Line, in_fresh_process
from .sites import filled_site

PAGES = {
    "staff list": ("/staff/registrations", 2.0),
    "staff list by name": ("/staff/registrations?sort=name", 2.0),
    "staff list of a state": ("/staff/registrations?status=waiting", 2.0),
    "staff list of several states": ("/staff/registrations?status=waiting&status=cancelled&language=fr", 4.0),
    "staff list of a country": ("/staff/registrations?country=IT", 4.0),
    "staff list of a country by name": ("/staff/registrations?country=IT&kind=cooperative&sort=name", 4.0),
    "staff list of an answer": ("/staff/registrations?answer=1.1", 10.0),
    "duplicates": ("/staff/duplicates", 4.0),
    "search by a name": ("/staff/registrations?q=benali7", 4.0),
    "search by a word of all": ("/staff/registrations?q=coop%C3%A9rative", 4.0),
    "search by two words": ("/staff/registrations?q=amina+cooperative", 4.0),
    "search by two names": ("/staff/registrations?q=amina+benali", 4.0),
    "search by an address": ("/staff/registrations?q=zoe.7@example.org", 4.0),
    "dashboard": ("/staff/", 2.0),
    "sessions": ("/staff/sessions", 2.0),
    # These count everybody, each time.
    "figures": ("/staff/figures?from=all", 30.0),
    "figures of people": ("/staff/figures/people?from=all", 30.0),
    "figures of an answer": ("/staff/figures/answers?question=2&from=all", 30.0),
}


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield a line for each page."""
    small, large = filled_site(folder, 1_000), filled_site(folder, 10_000 if quick else 100_000)
    rounds = [
        (in_fresh_process(times, large), in_fresh_process(times, small)) for _ in range(1 if quick else 3)
    ]
    for name, (_, bar) in PAGES.items():
        mine = statistics.median(one[name] for one, _ in rounds)
        other = statistics.median(one[name] for _, one in rounds)
        ratio = statistics.median(one[name] / two[name] for one, two in rounds)
        yield Line(name, mine * 1000, "ms", bar, floor=other * 1000, ratio=ratio, note="floor: 1,000")


def times(instance: Path) -> dict[str, float]:
    """Return the median seconds of each page, as an organiser of the site gets it."""
    site = site_at(instance)
    client = site.test_client()
    with site.app_context():
        sign_in(client)
    return {name: _median(client, path) for name, (path, _) in PAGES.items()}


def sign_in(client: object) -> None:
    """Make an organiser and sign the client in as them."""
    from tests.staff.signing import sign_in as enter

    enter(client, "organiser", email=f"organiser.{time.time_ns()}@example.org")  # type: ignore[arg-type]


def _median(client: object, path: str) -> float:
    taken = []
    for _ in range(12):
        begun = time.perf_counter()
        answer = client.get(path)  # type: ignore[attr-defined]
        taken.append(time.perf_counter() - begun)
        if answer.status_code != 200:
            raise AssertionError(f"{path} answers {answer.status_code}")
    return statistics.median(taken[2:])
