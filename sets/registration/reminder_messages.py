"""The mails that the clock sends to those who have a place or wait for a date; `reminder_letters` writes them.

Apart from `messages`, since they carry no news of their own: no later fact takes them up, they are dropped instead.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from ..mailing import outbox
from ..mailing.models import Priority

# Kind: what the team calls it. The templates are mail/<kind>/.
KINDS: dict[str, Any] = {
    "meeting_reminder": _l("Reminder of a meeting"),
    "still_coming": _l("“Still coming?”"),
    "still_interested": _l("“Still interested?”"),
    "interest_ended": _l("End of a wait for a date"),
}


def meeting_reminder(**addressee_and_meeting: Any) -> None:
    """Remind somebody of a meeting."""
    _post_meeting("meeting_reminder", **addressee_and_meeting)


def still_coming(**addressee_and_meeting: Any) -> None:
    """Ask somebody, before the first meeting, to give up a place that they do not need."""
    _post_meeting("still_coming", **addressee_and_meeting)


def still_interested(*, ends_at: datetime, **addressee_and_id: Any) -> None:
    """Ask somebody who waits for a date whether they still do; unanswered, the wait ends then."""
    _post("still_interested", facts={"ends_at": ends_at.isoformat()}, **addressee_and_id)


def interest_ended(**addressee_and_id: Any) -> None:
    """Tell that a wait for a date is over, since nobody answered."""
    _post("interest_ended", facts={}, **addressee_and_id)


def _post_meeting(kind: str, *, meeting_id: int, starts_at: datetime, until: datetime, **values: Any) -> None:
    told = {"meeting": meeting_id, "starts_at": starts_at.isoformat(), "until": until.isoformat()}
    _post(kind, facts=told, **values)


def _post(
    kind: str, *, to: str, language: str, learner_id: int, registration_id: int, facts: dict[str, Any],
    once_key: str | None = None,
) -> None:  # fmt: skip
    outbox.post(
        kind,
        to=to,
        language=language,
        priority=Priority.NOTICE,
        learner_id=learner_id,
        registration_ids=[registration_id],
        facts=facts | {"about": [registration_id]},
        once_key=once_key,
    )
