"""The form that sends a campaign: now or at a time, to the number of people that was read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import StopValidation

from ..catalogue.planning_fields import Filled, Moment, Number, exists, moment_there
from ..clock import now
from ..forms import OneDisc, Required, SiteForm

# Above so many people their number is typed, not only read.
TYPED_ABOVE = 50
NOW, LATER = "now", "later"


class SendingForm(SiteForm):
    """When, and to how many. `revision` is the draft that was read, `shown` the number of people that was shown."""

    when = OneDisc(_l("When"), [Required(_l("Choose when it leaves."))])
    at = Moment(_l("Day and hour"))
    people = Number(
        _l("How many mails leave?"),
        [Filled(_l("Type how many mails leave."))],
        message=_l("Write the number in figures."),
        description=_l("Type the number, so that it is you who decides and not a slip of the hand."),
    )
    revision = HiddenField()
    shown = HiddenField()

    def __init__(self, formdata: Any = None, *, zone: str, total: int, revision: int) -> None:
        super().__init__(formdata, data={"when": NOW, "revision": revision, "shown": total})
        self.zone, self.total = ZoneInfo(zone), total
        self.when.choices = [(NOW, _("Now")), (LATER, _("At a time"))]
        self.at.flags.required = True  # where “later” is chosen: the label shall not call it optional
        if total <= TYPED_ABOVE:
            del self.people

    def validate_at(self, field: Any) -> None:
        """Ask for a moment to come where sending later was chosen."""
        if self.when.data != LATER:
            field.errors = []
            raise StopValidation()
        if not field.data:
            raise StopValidation(None if field.errors else _("Choose the day and the hour."))
        if not exists(field.data, self.zone):
            raise StopValidation(_("The clocks skip this hour that day. Choose another."))
        if (self.moment() or now()) <= now():
            raise StopValidation(_("This moment has passed. Choose a later one."))

    def validate_people(self, field: Any) -> None:
        """Compare what was typed with what is true now."""
        if field.data != self.total and not field.errors:
            raise StopValidation(_("%(total)s mails leave. Type this number to send them.", total=self.total))

    def show_again(self, revision: int, sentence: str) -> None:
        """Say why it was not sent, and go by what is true now: the page that follows is read anew."""
        self.revision.data, self.shown.data = str(revision), str(self.total)
        self.form_errors.append(sentence)

    def moment(self) -> datetime | None:
        """Return when to send, or None for now."""
        return moment_there(self.at.data, self.zone) if self.when.data == LATER else None

    def chosen(self) -> dict[str, Any]:
        """Return what `sending.start_campaign` takes from here."""
        moment = self.moment()
        return {
            "revision": _whole(self.revision.data),
            "people": _whole(self.shown.data, -1),
            "at": moment,
            "zone": self.zone.key if moment else "",
        }


def _whole(text: Any, otherwise: int = 0) -> int:
    plain = str(text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else otherwise
