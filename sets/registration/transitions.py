"""The table of a registration's states: which verb leads from where to where. What it does not have is refused."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from .models import ACTIVE, Status

PENDING, WAITING, OFFERED = Status.PENDING, Status.WAITING, Status.OFFERED
CONFIRMED, CANCELLED, REJECTED, EXPIRED = Status.CONFIRMED, Status.CANCELLED, Status.REJECTED, Status.EXPIRED

# verb: {from: allowed ends}; None is "no registration yet".
AS_NEW = frozenset({CONFIRMED, PENDING, WAITING})
TRANSITIONS: dict[str, dict[Status | None, frozenset[Status]]] = {
    "register": {None: AS_NEW, CANCELLED: AS_NEW, EXPIRED: AS_NEW},
    # What somebody had in a session that was over before this site knew of them, as a file tells it.
    "import": {None: frozenset({CONFIRMED, CANCELLED, REJECTED, EXPIRED})},
    "offer": {None: frozenset({OFFERED}), WAITING: frozenset({OFFERED})},
    "fill": {None: frozenset({CONFIRMED, PENDING}), WAITING: frozenset({CONFIRMED, PENDING})},
    # In the last hours: of all who were told that a place is free, who answers first has it.
    "claim": {None: frozenset({CONFIRMED}), WAITING: frozenset({CONFIRMED})},
    "accept": {OFFERED: frozenset({CONFIRMED})},
    "decline": {OFFERED: frozenset({CANCELLED})},
    "approve": {PENDING: frozenset({CONFIRMED})},
    "reject": {PENDING: frozenset({REJECTED}), CONFIRMED: frozenset({REJECTED})},
    "cancel": {status: frozenset({CANCELLED}) for status in (PENDING, WAITING, OFFERED, CONFIRMED)},
    # Also undoing. The learner takes back what they cancelled; what the team refused, the team alone.
    "restore": dict.fromkeys((CANCELLED, REJECTED, EXPIRED), AS_NEW),
    # The old registration ends, the new one begins.
    "move": {
        **{status: frozenset({CANCELLED}) for status in ACTIVE},
        **{status: frozenset({CONFIRMED, PENDING}) for status in (None, CANCELLED, REJECTED, EXPIRED)},
    },
    "reorder": {WAITING: frozenset({WAITING})},
    "session_cancelled": {status: frozenset({CANCELLED}) for status in ACTIVE},
    "withdraw": {WAITING: frozenset({CANCELLED})},
    "expire": {status: frozenset({EXPIRED}) for status in (PENDING, WAITING, OFFERED)},
}

REFUSALS: dict[str, Any] = {
    "not_found": _l("This registration no longer exists."),
    "no_transition": _l(
        "This can no longer be done: the registration has changed in the meantime. Load the page again."
    ),
    "session_closed": _l(
        "Registration for this session has just closed. Choose another date, or ask to be told."
    ),
    "session_unknown": _l("This session does not exist any more. Choose another date, or ask to be told."),
    "address_same": _l("This is the address that we write to already."),
    "address_enough": _l(
        "Many changes of address were asked for today. Wait until tomorrow, or write to us."
    ),
    "answers_closed": _l(
        "The session has begun, or you are no longer registered for it: its answers stay as they are."
    ),
    "correction_over": _l(
        "An address can be corrected here for one hour. Write to us, and a person puts it right."
    ),
    "corrected_enough": _l(
        "The address was corrected several times already. Write to us, and a person puts it right."
    ),
    "offer_over": _l("The time to answer is over, and the place went to the next person."),
    "already_registered": _l(
        "This person is registered for this training already. Open that registration to change it."
    ),
    "refused_before": _l("This person was not accepted for this session. Restore that registration instead."),
    "address_known": _l("This address is known. Say whether it is the same person."),
    "place_taken": _l(
        "Somebody was faster: the place is taken. You keep your rank, and we tell you as soon as another is free."
    ),
    "no_place": _l("There is no free place any more."),
    "too_late_to_undo": _l(
        "This can no longer be undone: a cancellation can be taken back for 24 hours, before the session begins."
    ),
    "already_there": _l("There is a registration for that session already."),
    "place_free": _l("A place is free in that session: take it instead of waiting."),
    "approval_elsewhere": _l(
        "The team decides on each place of that session. Write to us if you would like to change to it."
    ),
    "session_over": _l("This session is over, cancelled or has begun: nothing can be changed in it."),
    "already_confirmed": _l(
        "You already have a place in another session of this training. Give it up first."
    ),
}


class RegistrationRefused(Exception):  # noqa: N818  (it is a refusal, not an error)
    """The workflow refuses: `reason` is a key of REFUSALS, the text is for the person who asked."""

    def __init__(self, reason: str, *, training_id: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.training_id = training_id

    def __str__(self) -> str:
        return str(REFUSALS[self.reason])


def check_transition(verb: str, before: str | None, after: str) -> None:
    """Raise RegistrationRefused unless the table has this step."""
    allowed = TRANSITIONS[verb].get(Status(before) if before else None, frozenset())
    if after not in allowed:
        raise RegistrationRefused("no_transition")
