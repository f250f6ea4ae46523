"""What the team writes beside a step of a registration: why, and whether the person is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import AtMost, OneDisc, Required, SiteForm, TextLine
from .adding_choices import Door


class StepForm(SiteForm):
    """A reason for the record, which a refusal may tell, and "do not mail" as a choice."""

    reason = TextLine(_l("Reason"), [AtMost(500)], description=_l("Kept on the record, for the team."))
    tell = BooleanField(_l("Tell the person this reason in the mail"))
    silent = BooleanField(
        _l("Do not mail this person"),
        description=_l(
            "They are not told of this step, and their calendar stays as it is. The record says that you chose so."
        ),
    )

    def said(self) -> dict[str, Any]:
        """Return what every verb of the workflow takes from here."""
        return {"reason": self.reason.data or "", "mail": not self.silent.data}


class MoveForm(StepForm):
    """To which session of the training; only those that have a place can be chosen."""

    session = OneDisc(_l("To which session"), [Required(_l("Choose a session."))])

    def __init__(self, formdata: Any = None, *, doors: Iterable[Door]) -> None:
        super().__init__(formdata)
        self.session.choices = [(door.value, door.title) for door in doors]
        first = ("session", "reason", "tell", "silent")
        self._fields = {name: self._fields[name] for name in first}


class ReasonForm(SiteForm):
    """A reason that must be given: it is the only answer to whoever asks why later."""

    reason = TextLine(
        _l("Reason"),
        [Required(_l("Write why, in a few words.")), AtMost(500)],
        description=_l("Kept on the record, for the team."),
    )
