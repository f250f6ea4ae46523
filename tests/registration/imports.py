"""Sending a file through the pages of imports, as an organiser does, and letting the worker do its part."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from sets.catalogue.models import SessionState
from sets.database import db
from sets.registration import importing_steps
from sets.registration.importing_models import ImportEntry, ImportRun
from sets.registration.models import Learner, Registration
from tests import factories
from tests.pages import Page, checked, submit, visit
from tests.registration.old_submissions import DAYS

LIST, LEFT_OUT = "/staff/imports", "-"
SLUGS = {"social": "social-economy", "digital": "digital-collaboration", "ai": "artificial-intelligence"}
HEAD = ["First name", "Last name", "E-mail", "Training", "Session"]


def past_sessions() -> dict[str, Any]:
    """Store the three sessions of March 2025, closed and over; return them by the fixture's names."""
    found = {}
    for name, day in DAYS.items():
        starts = datetime.fromisoformat(f"{day}T17:00").replace(tzinfo=UTC)
        found[name] = factories.training_session(
            factories.training(SLUGS[name]), starts=starts, state=SessionState.CLOSED, capacity=20
        )
    return found


def lines(*rows: list[str], head: list[str] | None = None) -> bytes:
    """Return a small file as CSV."""
    table = [head or HEAD, *rows]
    return "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in table).encode()


def send(client: Any, content: bytes, name: str = "submissions.csv", *, status: int = 200) -> Page:
    """Send a file; return the page that follows."""
    page = visit(client, LIST)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.source)[1]  # type: ignore[index]
    answer = client.post(
        LIST,
        data={"csrf_token": token, "file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
        follow_redirects=True,
        headers={"Origin": "http://localhost", "Referer": page.url, "Sec-Fetch-Site": "same-origin"},
    )
    return checked(Page(client, answer), status)


def work() -> None:
    """Let the worker do everything that is due."""
    for _round in range(2000):
        db.session.rollback()
        if not importing_steps.run_due():
            return
    raise AssertionError("The worker never came to an end.")


def run_of(page: Page) -> str:
    """Return the address of the import that a page is about."""
    found = re.search(r"/staff/imports/[0-9a-f-]{36}", page.path)
    assert found is not None, page.path
    return found[0]


def check(page: Page, **fields: Any) -> Page:
    """Say what the columns are, as proposed but for these, have the lines checked, and return the page that follows."""
    page = submit(page, form="/columns", **fields)
    work()
    return page if page.path.endswith("/values") else visit(page.client, run_of(page))


def settle(page: Page, **by_value: str) -> Page:
    """Say what the unknown values stand for, by a part of the value; what is not named is left out."""
    chosen = {}
    for label in page.all("label"):
        name, words = label.get("for") or "", "".join(label.itertext())
        if name.startswith("value-"):
            chosen[name] = next((code for part, code in by_value.items() if part in words), LEFT_OUT)
    return submit(page, form="/values", **chosen)


def confirm(page: Page, **fields: Any) -> Page:
    """Confirm a checked import, let the worker register it, and return its page."""
    asked = page.click("Go on to the import")
    answer = submit(asked, form="/confirmation", **fields)
    work()
    return visit(page.client, run_of(answer))


def undo(page: Page) -> Page:
    """Undo an import and return its page."""
    asked = page.click("Undo this import")
    submit(asked, form="/undo")
    work()
    return visit(page.client, run_of(asked))


def rows() -> list[Registration]:
    """Return every registration."""
    db.session.rollback()
    return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def people() -> list[str]:
    """Return everybody's address."""
    db.session.rollback()
    return list(db.session.scalars(select(Learner.email).order_by(Learner.email)))


def results() -> dict[str, int]:
    """Return how many entries of the last import came to what."""
    db.session.rollback()
    run = db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
    assert run is not None
    found: dict[str, int] = {}
    for entry in db.session.scalars(select(ImportEntry).where(ImportEntry.import_id == run.id)):
        found[entry.result] = found.get(entry.result, 0) + 1
    return found
