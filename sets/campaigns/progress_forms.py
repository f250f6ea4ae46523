"""The form that has people get a campaign who are confirmed after it was sent, until the end of a day."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.validators import ValidationError

from ..clock import now
from ..forms import Required, SiteForm


class CatchUpForm(SiteForm):
    """Until which day, on the clocks of the reader."""

    until = DateField(_l("Until the end of"), [Required(_l("Choose a day."))])

    def __init__(self, formdata: Any = None, *, zone: str, until: datetime | None = None) -> None:
        self.zone = ZoneInfo(zone)
        super().__init__(formdata, data={"until": until.astimezone(self.zone).date() if until else None})

    def validate_until(self, field: Any) -> None:
        """Refuse a day that is over."""
        if field.data and self.moment() <= now():
            raise ValidationError(_("This day is over. Choose a later one."))

    def moment(self) -> datetime:
        """Return the end of the day."""
        return datetime.combine(self.until.data, time(23, 59), tzinfo=self.zone)
