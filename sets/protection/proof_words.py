"""What a proof of erasure says, on the page and in the PDF: sentences and numbers, nobody's name."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.showing import current_programme
from ..dates import datetime_words
from ..staff.roles import role_words
from .models import ErasureProof


def reason_words() -> dict[str, str]:
    """Return the words of every reason."""
    return {
        "asked": _("The person asked to be erased"),
        "objection": _("The person objected to the use of their data, or took their consent back"),
        "mistake": _("Registered by mistake, or by somebody else"),
        "finished": _("The data are no longer needed"),
    }


def count_words(counts: Mapping[str, int]) -> list[str]:
    """Return what was erased, in numbers: one line for each kind of thing."""
    lines: list[str] = []
    rest = 0
    # The person first, whatever order the tables have.
    for table, number in sorted(counts.items(), key=lambda one: one[0] not in ("learner", "registration")):
        words = _count_words(table, number)
        if words:
            lines.append(words)
        else:
            rest += number
    if rest:
        lines.append(ngettext("%(num)d other entry", "%(num)d other entries", rest))
    return lines


def proof_rows(proof: ErasureProof) -> list[tuple[str, str | list[str]]]:
    """Return the proof as (term, value), in the language being spoken."""
    programme = current_programme()
    return [
        (_("Reference"), proof.reference),
        (_("Erased"), datetime_words(proof.at, programme.time_zone)),
        (_("By"), _("%(operator)s, role: %(role)s", operator=programme.operator, role=role_words(proof.by_role))),
        (_("Reason"), reason_words().get(proof.reason, proof.reason)),
        (_("What was erased"), count_words(proof.counts)),
        (_("What stays"), staying_words()),
    ]  # fmt: skip


def staying_words() -> str:
    """Return what stays of somebody who was erased."""
    return _("Counts without a name, and the random number of the erasure, so that no backup brings it back.")


def _count_words(table: str, number: int) -> str:
    if table == "learner":
        return ngettext(
            "The details of %(num)d person: name, address, organisation, role, country",
            "The details of %(num)d people: name, address, organisation, role, country",
            number,
        )
    if table == "registration":
        return ngettext(
            "Name and answers of %(num)d registration", "Name and answers of %(num)d registrations", number
        )
    if table == "delivery":
        return ngettext(
            "Address and text of %(num)d message", "Addresses and texts of %(num)d messages", number
        )
    if table == "consent":
        return ngettext("%(num)d consent", "%(num)d consents", number)
    if table == "learner_need":
        return _("Accessibility needs")
    if table == "registration_event":
        return ngettext("%(num)d step of the history", "%(num)d steps of the history", number)
    if table == "submission":
        return ngettext("%(num)d form as it was sent", "%(num)d forms as they were sent", number)
    return ""
