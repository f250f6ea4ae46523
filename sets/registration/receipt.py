"""What a receipt shows: what a newcomer would obtain, and what happens next. Reads only the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy import bindparam, select

from ..catalogue.labels import training_labels
from ..catalogue.models import TrainingSession
from ..catalogue.showing import ShownMeeting, ShownSession, Snapshot
from ..catalogue.wording import dates_words, language_name
from ..database import db
from ..languages import LANGUAGES, current_language
from .address_corrections import can_correct
from .choosing import session_title, spoken_title
from .models import Status, Submission
from .typos import likely_address

ANY_DATE = "any"
# The one that matters now comes first, on the full sheet.
ORDER = (Status.CONFIRMED, Status.PENDING, Status.WAITING, ANY_DATE)
# Made once: building it is most of what asking costs.
_SUBMISSION = Submission.__table__.c
_OUTCOME = select(_SUBMISSION.outcome, _SUBMISSION.created_at).where(
    _SUBMISSION.public_id == bindparam("public_id")
)


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
    """A submission's outcome in words."""

    first_name: str
    email: str
    entries: tuple[Entry, ...]
    has_calendar: bool
    can_correct: bool

    @property
    def likely_address(self) -> str | None:
        """The address that was probably meant, when the one typed looks like a slip."""
        return likely_address(self.email)


def read_outcome(public_id: str) -> dict[str, Any] | None:
    """Return what a submission obtained, as a newcomer would, and whether its address can still be corrected.

    None when there is none, or none any more.
    """
    found = db.session.execute(_OUTCOME, {"public_id": public_id}).first()
    if found is None or not found.outcome.get("results"):
        return None
    return found.outcome | {"can_correct": can_correct(found.created_at)}


def confirmed_sessions(outcome: dict[str, Any]) -> tuple[int, ...]:
    """Return the ids of the sessions that the calendar of a receipt holds."""
    return tuple(
        result["session_id"] for result in outcome["results"] if result["status"] == Status.CONFIRMED
    )


def receipt_of(outcome: dict[str, Any], snapshot: Snapshot) -> Receipt:
    """Return the receipt of an outcome, in the language being spoken."""
    results = sorted(outcome["results"], key=lambda result: ORDER.index(result["status"]))
    sessions = _sessions({result["session_id"] for result in results if result["session_id"]}, snapshot)
    return Receipt(
        outcome["first_name"],
        outcome["email"],
        tuple(_entry(result, sessions, snapshot) for result in results),
        bool(confirmed_sessions(outcome)),
        outcome["can_correct"],
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


def _sessions(ids: set[int], snapshot: Snapshot) -> dict[int, ShownSession]:
    shown = {session.id: session for session in snapshot.sessions if session.id in ids}
    if missing := ids - set(shown):
        # Over for days, or withdrawn: its receipt is still there.
        statement = select(TrainingSession).where(TrainingSession.id.in_(missing))
        shown |= {row.id: _past_session(row) for row in db.session.scalars(statement)}
    return shown


def _past_session(row: TrainingSession) -> ShownSession:
    names = [name for name in ShownSession.__dataclass_fields__ if name not in ("availability", "meetings")]
    return ShownSession(
        **{name: getattr(row, name) for name in names},
        availability="full",
        meetings=tuple(
            ShownMeeting(one.id, one.public_id, one.starts_at, one.ends_at) for one in row.standing_meetings
        ),
    )
