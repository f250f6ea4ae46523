"""The mails about a change of address, which must not carry a personal link; `address_letters` writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from ..mailing import outbox
from ..mailing.models import Priority

# Kind: what the team calls it. The templates are mail/<kind>/.
KINDS: dict[str, Any] = {
    "address_confirmation": _l("New address to be confirmed"),
    "address_left": _l("Change of address, told to the old one"),
    "address_wanted": _l("Address wanted by somebody else"),
}


def address_confirmation(*, learner_id: int, to: str, language: str, until: datetime) -> None:
    """Ask a new address whether it is theirs."""
    _post(
        "address_confirmation", learner_id=learner_id, to=to, language=language, facts={"until": _iso(until)}
    )


def address_left(*, learner_id: int, to: str, language: str, until: datetime) -> None:
    """Tell the address in use that another one was asked for, with the way to say "this was not me"."""
    _post("address_left", learner_id=learner_id, to=to, language=language, facts={"until": _iso(until)})


def address_wanted(*, learner_id: int, to: str, language: str, once_key: str) -> None:
    """Tell somebody that their address was typed as another person's new one; nothing of theirs changes."""
    _post("address_wanted", learner_id=learner_id, to=to, language=language, facts={}, once_key=once_key)


def _post(
    kind: str, *, learner_id: int, to: str, language: str, facts: dict[str, Any], once_key: str | None = None
) -> None:  # fmt: skip
    outbox.post(
        kind, to=to, language=language, priority=Priority.CONFIRMATION, learner_id=learner_id, facts=facts,
        once_key=once_key,
    )  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.isoformat()
