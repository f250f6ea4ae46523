"""What a receipt shows: what a newcomer would obtain, and what happens next. Reads only the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import select

from ..catalogue.labels import training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.showing import ShownSession, Snapshot, shown_session
from ..catalogue.wording import dates_words, language_name
from ..database import db
from ..languages import LANGUAGES, current_language
from .choosing import session_title, spoken_title
from .models import Status, Submission
from .typos import likely_address

ANY_DATE = "any"
# The one that matters now comes first, on the full sheet.
ORDER = (Status.CONFIRMED, Status.PENDING, Status.WAITING, ANY_DATE)


@dataclass(frozen=True)
class Entry:
    """One training on the receipt: its state, when, and what happens next."""

    training: Any
    title: str
    status: str
    status_words: str
    when: Any
    next: str


@dataclass(frozen=True)
class Receipt:
    """A submission's outcome in words. `confirmed` holds the ids of the sessions for the calendar."""

    first_name: str
    email: str
    entries: tuple[Entry, ...]
    confirmed: tuple[int, ...]

    @property
    def likely_address(self) -> str | None:
        """The address that was probably meant, when the one typed looks like a slip."""
        return likely_address(self.email)

    @property
    def has_calendar(self) -> bool:
        """Whether there is a date to put into a calendar."""
        return bool(self.confirmed)


def read_receipt(public_id: str, snapshot: Snapshot) -> Receipt | None:
    """Return the receipt of a submission; None when there is none, or none any more."""
    outcome = db.session.scalar(select(Submission.outcome).where(Submission.public_id == public_id))
    if not outcome or not outcome.get("results"):
        return None
    results = sorted(outcome["results"], key=lambda result: ORDER.index(result["status"]))
    sessions = _sessions({result["session_id"] for result in results if result["session_id"]})
    return Receipt(
        outcome["first_name"],
        outcome["email"],
        tuple(_entry(result, sessions, snapshot) for result in results),
        tuple(result["session_id"] for result in results if result["status"] == Status.CONFIRMED),
    )


def _entry(result: dict[str, Any], sessions: dict[int, ShownSession], snapshot: Snapshot) -> Entry:
    training, title = _training(result["training_id"], snapshot)
    session = sessions.get(result["session_id"])
    words, follows = _words(result["status"])
    return Entry(
        training,
        title,
        Status.WAITING if result["status"] == ANY_DATE else result["status"],
        words,
        _session_when(session) if session else _any_when(result["languages"]),
        follows,
    )


def _words(status: str) -> tuple[str, str]:
    """Return the state's words where the usual ones do not do, and what happens next."""
    if status == Status.CONFIRMED:
        return "", gettext("Your own link to the live meetings is in the message.")
    if status == Status.PENDING:
        return "", gettext("The team looks at each registration and answers you by mail.")
    if status == Status.WAITING:
        return "", gettext(
            "As soon as a place is free for you, a message offers it and leaves you time to answer."
        )
    return gettext("Waiting for a date"), gettext(
        "We write to you when there is one. Until then, nothing to do."
    )


def _training(identifier: int, snapshot: Snapshot) -> tuple[Any, str]:
    shown = next((training for training in snapshot.trainings if training.id == identifier), None)
    if shown is not None:
        return shown, spoken_title(shown)
    # A training that is no longer published keeps its receipts.
    label = training_labels()[identifier]
    return label, label.short_title


def _session_when(session: ShownSession) -> Markup:
    return Markup("{}<br>{}").format(session_title(session), dates_words(session))


def _any_when(languages: Any) -> str:
    names = [language_name(code) for code in languages]
    spoken = LANGUAGES[current_language()].locale
    return gettext("In %(languages)s.", languages=format_list(names, "or", locale=spoken)) if names else ""


def _sessions(ids: set[int]) -> dict[int, ShownSession]:
    if not ids:
        return {}
    statement = select(TrainingSession).where(TrainingSession.id.in_(ids))
    return {session.id: shown_session(session) for session in db.session.scalars(statement)}
