"""What is asked before one step is taken for many: why, to where, with which tag."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import OneDisc, OneOf, Required
from .adding_choices import Door
from .note_forms import TagForm
from .step_forms import StepForm


class ManyStepForm(StepForm):
    """A reason for the records, and whether the people are told."""

    silent = BooleanField(
        _l("Do not mail them"),
        description=_l(
            "They are not told of this step, and their calendars stay as they are. The records say that you chose so."
        ),
    )

    def __init__(self, formdata: Any = None) -> None:
        super().__init__(formdata)
        del self._fields["tell"]


class ManyMoveForm(ManyStepForm):
    """To which session of the training."""

    session = OneDisc(_l("To which session"), [Required(_l("Choose a session."))])

    def __init__(self, formdata: Any = None, *, doors: Iterable[Door]) -> None:
        super().__init__(formdata)
        self.session.choices = [(door.value, f"{door.title} – {door.detail}") for door in doors]
        self._fields = {name: self._fields[name] for name in ("session", "reason", "silent")}


class TakeTagForm(TagForm):
    """Which of the tags that these people have."""

    name = OneOf(_l("Tag"), [Required(_l("Choose a tag."))])

    def __init__(self, formdata: Any = None, *, tags: Iterable[tuple[str, str]]) -> None:
        super().__init__(formdata)
        self.name.choices = [("", "–"), *tags]
