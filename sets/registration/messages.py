"""The mails to learners about their registrations: one function per kind, called inside the workflow's transaction.

Each posts one row with frozen facts (ids, never a token); `letters` writes it when it is sent. A mail that has not left
yet and says something older about the same training is superseded: the new one carries what it still had to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..database import db
from ..mailing import outbox
from ..mailing.models import Delivery, Priority
from . import calendar_entries
from .calendar_entries import Told
from .models import ACTIVE, Registration, Status

# Kind: what the team calls it. The templates are mail/<kind>/.
KINDS: dict[str, Any] = {
    "registration_received": _l("Confirmation of a registration"),
    "added_by_team": _l("Registered by the team"),
    "registration_held": _l("Registration to be confirmed"),
    "registration_pending": _l("Registration awaiting approval"),
    "place_offered": _l("Place offered"),
    "place_confirmed": _l("Place confirmed"),
    "place_free": _l("Place free, first come"),
    "place_moved": _l("Change of session"),
    "registration_restored": _l("Registration taken up again"),
    "session_changed": _l("Session changed"),
    "session_cancelled": _l("Session cancelled"),
    "registration_cancelled": _l("Registration cancelled"),
    "registration_rejected": _l("Registration not accepted"),
    "decision_missed": _l("No decision in time"),
    "offer_declined": _l("Offered place left"),
    "offer_expired": _l("Offer expired"),
    "wait_ended": _l("End of a wait"),
    "personal_link": _l("Personal link"),
    "link_renewed": _l("New personal link"),
    "address_changed": _l("Address changed"),
}


def registration_received(
    *, learner_id: int, to: str, language: str, results: list[dict[str, Any]], once_key: str,
    known: bool = False, other_details: bool = False, is_again: bool = False, is_apart: bool = False,
) -> None:  # fmt: skip
    """Tell what a sign-up obtained; to a known address, how everything stands.

    `is_again`: its address was corrected, and what has not left yet is said here; `is_apart`: the address has another
    page already, which stays as it is.
    """
    changed = [result["registration_id"] for result in results if result["changed"]]
    _post(
        "registration_received",
        learner_id=learner_id, to=to, language=language, once_key=once_key,
        about=[result["registration_id"] for result in results],
        request=[
            result["registration_id"]
            for result in results
            if result["changed"] and result["status"] == Status.CONFIRMED
        ],
        supersedes=changed if known or is_again else (),
        facts={"known": known, "changed": changed, "other_details": other_details, "apart": is_apart},
    )  # fmt: skip


def added_by_team(*, registration_id: int, status: str, by: str, **addressee: Any) -> None:
    """Tell somebody that the team registered them, who did (`by`), what they have now, and how to refuse it."""
    _post_one(
        "added_by_team", registration_id=registration_id,
        request=[registration_id] if status == Status.CONFIRMED else (), facts={"by": by}, **addressee,
    )  # fmt: skip


def registration_held(
    *, to: str, language: str, submission_id: str, once_key: str, version: int = 1
) -> None:  # fmt: skip
    """Ask somebody whose registration looks like a machine's to confirm it by a link of that version."""
    outbox.post(
        "registration_held",
        to=to,
        language=language,
        priority=Priority.CONFIRMATION,
        facts={"submission_id": submission_id, "version": version},
        context_id=submission_id,
        once_key=once_key,
    )


def registration_pending(**addressee_and_id: Any) -> None:
    """Tell that a place is held until the team has decided."""
    _post_one("registration_pending", **addressee_and_id)


def place_offered(
    *, learner_id: int, to: str, language: str, registration_id: int, offer_ends_at: datetime | None
) -> None:
    """Offer a place, with its deadline."""
    facts = {"offer_ends_at": offer_ends_at.isoformat()} if offer_ends_at else {}
    _post_one(
        "place_offered", learner_id=learner_id, to=to, language=language, registration_id=registration_id,
        facts=facts,
    )  # fmt: skip


def place_free(*, registration_id: int, session_id: int, **addressee: Any) -> None:
    """Tell somebody who waits that a place is free, and goes to who answers first."""
    _post_one("place_free", registration_id=registration_id, facts={"session_id": session_id}, **addressee)


def place_confirmed(*, registration_id: int, moved_from: int | None = None, **addressee: Any) -> None:
    """Tell that the place is theirs; the dates travel as calendar requests. It may replace one in another session."""
    if moved_from is not None:
        place_moved(registration_id=registration_id, moved_from=moved_from, **addressee)
    else:
        _post_one("place_confirmed", registration_id=registration_id, request=[registration_id], **addressee)


def place_moved(*, registration_id: int, moved_from: int, **addressee: Any) -> None:
    """Tell of a change to another session: the old dates leave the calendar, the new ones enter it."""
    _post_one(
        "place_moved", registration_id=registration_id, request=[registration_id], withdraw=[moved_from],
        facts={"moved_from": moved_from}, **addressee,
    )  # fmt: skip


def registration_restored(*, result: dict[str, Any], **addressee: Any) -> None:
    """Tell how a registration stands that was taken up again, or that began on the personal page."""
    request = [result["registration_id"]] if result["status"] == Status.CONFIRMED else []
    _post_one(
        "registration_restored", registration_id=result["registration_id"], request=request, **addressee
    )


def session_changed(*, registration_id: int, was: dict[str, Any], words: str = "", **addressee: Any) -> None:
    """Tell that a session has other dates: as it was, and as it is now. `words` are the team's own.

    Somebody who was never told of an earlier change is told of both at once.
    """
    _post_one(
        "session_changed", registration_id=registration_id, refresh=[registration_id],
        facts={"was": was, "words": words}, **addressee,
    )  # fmt: skip


def session_cancelled(*, registration_id: int, was: str, words: str = "", **addressee: Any) -> None:
    """Tell that a session does not take place, and which other dates there are. `words` are the team's own."""
    _post_one(
        "session_cancelled", registration_id=registration_id, withdraw=[registration_id],
        facts={"was": str(was), "words": words}, **addressee,
    )  # fmt: skip


def registration_cancelled(*, registration_id: int, was: str, **addressee: Any) -> None:
    """Tell that a registration is cancelled; what had been put into a calendar leaves it."""
    _post_one(
        "registration_cancelled", registration_id=registration_id, withdraw=[registration_id],
        facts={"was": str(was)}, **addressee,
    )  # fmt: skip


def registration_rejected(*, registration_id: int, was: str, reason: str = "", **addressee: Any) -> None:
    """Tell that the team could not accept a registration, with its reason where the team wants it told."""
    _post_one(
        "registration_rejected", registration_id=registration_id, withdraw=[registration_id],
        facts={"was": str(was), "reason": reason}, **addressee,
    )  # fmt: skip


def decision_missed(**addressee_and_id: Any) -> None:
    """Tell that the session begins without a decision: the place is not theirs."""
    _post_one("decision_missed", priority=Priority.NOTICE, **addressee_and_id)


def offer_declined(**addressee_and_id: Any) -> None:
    """Tell that an offered place was left, and what stays."""
    _post_one("offer_declined", **addressee_and_id)


def offer_expired(**addressee_and_id: Any) -> None:
    """Tell that the time to answer is over."""
    _post_one("offer_expired", priority=Priority.NOTICE, **addressee_and_id)


def wait_ended(**addressee_and_id: Any) -> None:
    """Tell that no place became free, and which dates there are."""
    _post_one("wait_ended", priority=Priority.NOTICE, **addressee_and_id)


def personal_link(*, learner_id: int, to: str, language: str, once_key: str) -> None:
    """Send the personal link to somebody who asked for it."""
    outbox.post(
        "personal_link",
        to=to,
        language=language,
        priority=Priority.CONFIRMATION,
        learner_id=learner_id,
        once_key=once_key,
    )


def link_renewed(*, learner_id: int, to: str, language: str) -> None:
    """Send a personal link that replaces the old one; dates in the calendar get their new way into the room."""
    _post_to_person("link_renewed", learner_id=learner_id, to=to, language=language)


def address_changed(*, learner_id: int, to: str, language: str) -> None:
    """Tell a new address that our messages come there now; its calendar gets the dates under the same UIDs."""
    _post_to_person("address_changed", learner_id=learner_id, to=to, language=language)


def _post_to_person(kind: str, *, learner_id: int, **addressee: Any) -> None:
    """Post a mail about everything that is active of a person."""
    statement = (
        select(Registration.id, Registration.status)
        .where(Registration.learner_id == learner_id, Registration.status.in_(ACTIVE))
        .order_by(Registration.id)
    )
    rows = db.session.execute(statement).all()
    _post(
        kind, learner_id=learner_id, about=[row.id for row in rows], supersedes=(),
        request=[row.id for row in rows if row.status == Status.CONFIRMED], **addressee,
    )  # fmt: skip


def _post_one(kind: str, *, registration_id: int, **values: Any) -> None:
    _post(kind, about=[registration_id], supersedes=[registration_id], **values)


def _post(
    kind: str, *, learner_id: int, to: str, language: str, about: list[int], supersedes: Iterable[int],
    priority: int = Priority.CONFIRMATION, request: Iterable[int] = (), withdraw: Iterable[int] = (),
    refresh: Iterable[int] = (), facts: dict[str, Any] | None = None, once_key: str | None = None,
) -> None:  # fmt: skip
    """Post one mail, carrying what superseded ones had still to say. A known `once_key` changes nothing at all."""
    if once_key and supersedes and _is_posted(once_key):
        return
    gone = outbox.supersede(_same_trainings(learner_id, supersedes), kinds=KINDS) if supersedes else []
    unsent = {told.key: told for one in gone for told in told_in(one.facts)}
    calendar = calendar_entries.request(request, unsent) if request else []
    calendar += calendar_entries.withdraw(withdraw, unsent) if withdraw else []
    calendar += calendar_entries.refresh(refresh, unsent) if refresh else []
    settled = {*request, *withdraw, *refresh}
    calendar += [told for told in unsent.values() if told.registration_id not in settled]
    also = sorted({identifier for one in gone for identifier in one.registration_ids} - set(about))
    outbox.post(
        kind,
        to=to,
        language=language,
        priority=priority,
        learner_id=learner_id,
        registration_ids=[*about, *also],
        facts=dict(facts or {})
        | _untold_changes(kind, gone)
        | {
            "about": about,
            "also": also,
            "unsent": sorted({one.kind for one in gone}),
            "calendar": [told.as_fact() for told in calendar],
        },
        once_key=once_key,
    )


def _untold_changes(kind: str, gone: list[outbox.Superseded]) -> dict[str, Any]:
    """Return what a session was before a change that nobody was told of: the next mail goes back to that."""
    if kind != "session_changed":
        return {}
    return next(({"was": one.facts["was"]} for one in gone if one.kind == kind and "was" in one.facts), {})


def told_in(facts: Any) -> list[Told]:
    """Return what a mail with these facts tells calendars."""
    return [Told(*fact) for fact in facts.get("calendar", ())]


def _is_posted(once_key: str) -> bool:
    return db.session.scalar(select(Delivery.id).where(Delivery.once_key == once_key)) is not None


def _same_trainings(learner_id: int, registration_ids: Iterable[int]) -> list[int]:
    """Return the person's registrations for the trainings of these: a change of date concerns two of them."""
    trainings = select(Registration.training_id).where(Registration.id.in_(list(registration_ids)))
    statement = select(Registration.id).where(
        Registration.learner_id == learner_id, Registration.training_id.in_(trainings)
    )
    return list(db.session.scalars(statement))
