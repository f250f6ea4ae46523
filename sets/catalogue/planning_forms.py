"""The form that plans a session: days and hours as people write them, in the session's zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DateTimeLocalField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional, ValidationError

from ..dates import zone_names
from ..forms import AtMost, OneOf, Required, SiteForm, TextLine
from ..languages import LANGUAGES, current_language
from .models import Filling, TrainingSession
from .planning import Plan, PlannedMeeting

# Rows offered on an empty form, and the most a session may have.
FIRST_ROWS, MOST_MEETINGS = 2, 40
MOST_PLACES = 100_000
COMMON_ZONES = (
    "Europe/Paris", "Europe/Brussels", "Europe/Rome", "Europe/Madrid", "Europe/Ljubljana", "Europe/Lisbon",
    "Europe/London", "Europe/Athens",
)  # fmt: skip


class MeetingForm(SiteForm):
    """One meeting: a day, two hours, a room. A row left empty is no meeting."""

    meeting_id = HiddenField()
    day = DateField(_l("Day"), [Optional(), Required()])
    starts = TimeField(_l("From"), [Optional(), Required()])
    ends = TimeField(_l("To"), [Optional(), Required()])
    room_url = TextLine(
        _l("Link to the room"),
        [AtMost(1000)],
        description=_l("Learners never see it: they get a link of their own that opens the room."),
        render_kw={"inputmode": "url", "autocomplete": "off"},
    )

    def is_blank(self) -> bool:
        """Tell whether nothing was typed in this row."""
        raw = (self.day.raw_data, self.starts.raw_data, self.ends.raw_data, self.room_url.raw_data)
        return not any(any(values) for values in raw if values)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the row, unless it is blank."""
        if self.is_blank():
            return True
        is_valid = super().validate(extra_validators)
        for field in (self.day, self.starts, self.ends):
            if field.data is None and not field.errors:
                field.errors = [_("Fill in the day and both hours, or empty the whole row.")]
                return False
        if is_valid and self.ends.data <= self.starts.data:
            self.ends.errors = [_("The end must come after the beginning.")]
            return False
        return is_valid

    def validate_room_url(self, field: Any) -> None:
        """A room is opened over TLS, or not at all."""
        if field.data and not field.data.startswith("https://"):
            raise ValidationError(_("Write the whole address of the room, from “https://” on."))


class SessionForm(SiteForm):
    """A session with its meetings."""

    revision = HiddenField()
    training = OneOf(_l("Training"), [Required()])
    language = OneOf(_l("Language of the session"), [Required()])
    time_zone = OneOf(_l("Time zone"), [Required()], default="Europe/Paris",
                      description=_l("All hours on this page are hours there."))  # fmt: skip
    capacity = IntegerField(
        _l("Places"),
        [
            Optional(),
            NumberRange(0, MOST_PLACES, _l("Write a number of places, or leave it empty for no limit.")),
        ],
        description=_l("Leave it empty for no limit. Fewer places later remove nobody."),
    )
    opens_at = DateTimeLocalField(_l("Registration opens"), [Optional()],
                                  description=_l("Leave it empty to open at publication."))  # fmt: skip
    closes_at = DateTimeLocalField(_l("Registration closes"), [Optional()],
                                   description=_l("Leave it empty to close at the first meeting."))  # fmt: skip
    needs_approval = BooleanField(_l("The team approves each registration"))
    filling = OneOf(_l("When a place becomes free"), [Required()], default=Filling.OFFER)
    meetings = FieldList(
        FormField(MeetingForm), label=_l("Meeting"), min_entries=0, max_entries=MOST_MEETINGS
    )

    def __init__(self, *args: Any, trainings: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = Locale.parse(LANGUAGES[current_language()].locale).languages
        self.training.choices = [
            (str(label.id), f"{label.position}. {label.short_title}") for label in trainings
        ]
        self.language.choices = [(code, names.get(code, code).capitalize()) for code in LANGUAGES]
        others = sorted(zone_names() - set(COMMON_ZONES))
        self.time_zone.choices = [
            (zone, zone.replace("_", " ")) for zone in (*COMMON_ZONES, *others) if "/" in zone
        ]
        self.filling.choices = [
            (Filling.OFFER.value, _("Offer it to the next person, who has some time to answer")),
            (Filling.AUTOMATIC.value, _("Give it to the next person at once")),
        ]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, then what they say together."""
        is_valid = super().validate(extra_validators)
        zone = ZoneInfo(self.time_zone.data) if self.time_zone.data in zone_names() else ZoneInfo("UTC")
        for entry in self.meetings:
            row = entry.form
            if (
                row.day.data
                and row.starts.data
                and not row.errors
                and not _exists(row.day.data, row.starts.data, zone)
            ):
                row.starts.errors = [
                    _("This hour does not exist on that day: the clocks change. Choose another.")
                ]
                is_valid = False
        if self.opens_at.data and self.closes_at.data and self.closes_at.data <= self.opens_at.data:
            self.closes_at.errors = [_("Registration must close after it opens.")]
            is_valid = False
        return is_valid

    def as_plan(self) -> Plan:
        """Return what was typed as a plan, hours turned into moments."""
        zone = ZoneInfo(self.time_zone.data)
        rows = [entry.form for entry in self.meetings if not entry.form.is_blank()]
        meetings = [
            PlannedMeeting(
                starts_at=_moment(row.day.data, row.starts.data, zone),
                ends_at=_moment(row.day.data, row.ends.data, zone),
                room_url=row.room_url.data or "",
                id=int(row.meeting_id.data) if (row.meeting_id.data or "").isdigit() else None,
            )
            for row in rows
        ]
        return Plan(
            training_id=int(self.training.data),
            language=self.language.data,
            time_zone=self.time_zone.data,
            capacity=self.capacity.data,
            meetings=tuple(sorted(meetings, key=lambda meeting: meeting.starts_at)),
            opens_at=self.opens_at.data.replace(tzinfo=zone).astimezone(UTC) if self.opens_at.data else None,
            closes_at=self.closes_at.data.replace(tzinfo=zone).astimezone(UTC)
            if self.closes_at.data
            else None,
            needs_approval=bool(self.needs_approval.data),
            filling=self.filling.data,
        )


def filled_in(session: TrainingSession) -> dict[str, Any]:
    """Return a session as the data of the form, hours on its own clocks."""
    zone = ZoneInfo(session.time_zone)

    def there(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone).replace(tzinfo=None) if moment else None

    return {
        "revision": session.revision,
        "training": str(session.training_id),
        "language": session.language,
        "time_zone": session.time_zone,
        "capacity": session.capacity,
        "opens_at": there(session.opens_at),
        "closes_at": there(session.closes_at),
        "needs_approval": session.needs_approval,
        "filling": session.filling,
        "meetings": [
            {
                "meeting_id": meeting.id,
                "day": meeting.starts_at.astimezone(zone).date(),
                "starts": meeting.starts_at.astimezone(zone).time(),
                "ends": meeting.ends_at.astimezone(zone).time(),
                "room_url": meeting.room_url or "",
            }
            for meeting in session.standing_meetings
        ],
    }


def _moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _exists(day: date, hour: time, zone: ZoneInfo) -> bool:
    there = datetime.combine(day, hour, zone)
    return there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == there.replace(tzinfo=None)
