"""The form that changes somebody's rank: one of four places in the line, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..forms import OneDisc, Required
from .queue_listing import Wait
from .step_forms import ReasonForm

END = "end"


class RankForm(ReasonForm):
    """Where in the line. What is sent is before whom, so that a line that moved meanwhile is no surprise."""

    place = OneDisc(_l("Where in the line"), [Required(_l("Choose a place in the line."))])

    def __init__(self, formdata: Any = None, *, ranked: Sequence[Wait], wait: Wait | None) -> None:
        super().__init__(formdata)
        self.place.choices = _choices(ranked, wait) if wait else []
        self._fields = {name: self._fields[name] for name in ("place", "reason")}

    def before(self) -> str | None:
        """Return before whom they are put; None is behind everybody."""
        return None if self.place.data == END else str(self.place.data)


def _choices(ranked: Sequence[Wait], wait: Wait) -> list[tuple[str, str]]:
    """Return the places that differ from the present one: front, one up, one down, end."""
    at, last = ranked.index(wait), len(ranked) - 1
    found: dict[str, str] = {}
    if at > 0:
        found[ranked[0].public_id] = _("To the front: rank 1, before %(name)s", name=ranked[0].name)
    if at > 1:
        above = ranked[at - 1]
        found[above.public_id] = _("One up: rank %(rank)s, before %(name)s", rank=at, name=above.name)
    if at < last - 1:
        found[ranked[at + 2].public_id] = _(
            "One down: rank %(rank)s, behind %(name)s", rank=at + 2, name=ranked[at + 1].name
        )
    if at < last:
        found[END] = _("To the end: rank %(rank)s", rank=last + 1)
    return list(found.items())
