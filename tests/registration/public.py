"""What the tests of the public form share: filling it in as a person would."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from sets.database import db
from sets.registration.models import Learner, Registration
from tests.pages import Page, submit, visit

FORM = "registration"
SOCIAL, DIGITAL, AI = (
    "training-social-economy",
    "training-digital-collaboration",
    "training-artificial-intelligence",
)


def fill(page: Page, data: dict[str, Any] | None = None, *, status: int = 200, **fields: Any) -> Page:
    """Send the form on a page with a person's details, overridden by `data` and `fields`."""
    person = {"first_name": "Zoé", "last_name": "Lefèvre", "email": "zoe@coop.example.org"}
    options = {name: fields.pop(name) for name in ("forged", "headers", "follow") if name in fields}
    return submit(page, {**person, **(data or {}), **fields}, form=FORM, status=status, **options)


def register(client: Any, data: dict[str, Any], *, language: str = "fr", **options: Any) -> Page:
    """Open the form and send it."""
    return fill(visit(client, f"/{language}/register"), data, **options)


def learners() -> list[Learner]:
    """Return the people who are stored."""
    return list(db.session.scalars(select(Learner).order_by(Learner.id)))


def registrations() -> list[Registration]:
    """Return the registrations that are stored, by training."""
    return list(db.session.scalars(select(Registration).order_by(Registration.training_id, Registration.id)))


def errors(page: Page) -> dict[str, str]:
    """Return what the summary says, by where each line leads."""
    summary = page.one("div", class_="summary")
    from tests.page_rules import words

    return {link.get("href", "").removeprefix("#"): words(link) for link in summary.iter("a")}
