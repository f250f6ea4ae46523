"""The form that plans a session, or changes it: days and hours as people write them, in the session's zone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, HiddenField
from wtforms.validators import NumberRange, Optional

from ..clock import now
from ..dates import zone_names
from ..forms import AtMost, OneOf, Required, SiteForm, TextLine
from ..languages import LANGUAGES, current_language
from .models import Filling, TrainingSession
from .planning import Plan, PlannedMeeting
from .planning_fields import Day, Filled, Hour, Moment, Number, Rows, SecureAddress, exists, moment_there
from .run_forms import FIELDS, RunForm, run_filled_in

# Rows offered on an empty form, and the most a session may have.
FIRST_ROWS, MOST_MEETINGS = 2, 40
MOST_PLACES = 100_000
# The team's decision comes so long before the first meeting, unless a session says otherwise.
DECIDES_BEFORE = timedelta(hours=24)
COMMON_ZONES = (
    "Europe/Paris", "Europe/Brussels", "Europe/Rome", "Europe/Madrid", "Europe/Ljubljana", "Europe/Lisbon",
    "Europe/London", "Europe/Athens",
)  # fmt: skip
# The zones that are named after a city; the others are older names of these.
CONTINENTS = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}


class MeetingForm(SiteForm):
    """One meeting: a day, two hours, a room. A row left empty is no meeting."""

    meeting_id = HiddenField()
    day = Day(_l("Day"), [Filled(_l("Choose the day, or empty the whole row."))])
    starts = Hour(_l("From"), [Filled(_l("Write when it begins, or empty the whole row."))])
    ends = Hour(_l("To"), [Filled(_l("Write when it ends, or empty the whole row."))])
    room_url = TextLine(
        _l("Link to the room"),
        [
            AtMost(1000),
            # A room is opened over TLS, or not at all.
            SecureAddress(_l("Write the whole address of the room, from “https://” on.")),
        ],
        render_kw={
            "inputmode": "url",
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )

    def is_blank(self) -> bool:
        """Tell whether nothing was typed in this row."""
        return not any(
            any(part.strip() for part in field.raw_data or ())
            for field in (self.day, self.starts, self.ends, self.room_url)
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the row, unless it is blank."""
        if self.is_blank():
            return True
        is_valid = super().validate(extra_validators)
        if self.starts.data and self.ends.data and self.ends.data <= self.starts.data:
            self.ends.errors = [_("The end must come after the beginning.")]
            return False
        return is_valid


class SessionForm(RunForm):
    """A whole session with its meetings: what and where, places and registration, how it is run."""

    revision = HiddenField()
    capacity = Number(
        _l("Places"),
        [
            Optional(),
            NumberRange(0, MOST_PLACES, _l("Write a number of places, or leave it empty for no limit.")),
        ],
        message=_l("Write a number of places, or leave it empty for no limit."),
        description=_l("Empty: no limit."),
    )
    opens_at = Moment(_l("Registration opens"), [Optional()], description=_l("Empty: at publication."))
    closes_at = Moment(
        _l("Registration closes"),
        [Optional()],
        description=_l("Empty: when the first meeting begins."),
    )
    needs_approval = BooleanField(_l("The team approves each registration"))
    decide_by = Moment(
        _l("The team decides before"),
        [Optional()],
        description=_l("Empty: 24 hours before the first meeting. Registration closes then at the latest."),
    )
    filling = OneOf(_l("When a place becomes free"), [Required()], default=Filling.OFFER)
    training = OneOf(_l("Training"), [Required(_l("Choose a training."))])
    language = OneOf(_l("Language of the session"), [Required(_l("Choose a language."))])
    time_zone = OneOf(
        _l("Time zone"), [Required()], description=_l("All hours on this page are hours there.")
    )
    meetings = Rows(FormField(MeetingForm), label=_l("Meeting"), max_entries=MOST_MEETINGS)
    past_is_meant = BooleanField(_l("Yes, a meeting of this session lies in the past"))

    def __init__(
        self, formdata: Any = None, *, trainings: Iterable[Any] = (), session: TrainingSession | None = None,
        data: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.session = session
        self.asks_about_past = False
        super().__init__(formdata, session=session, data=filled_in(session) if session else data, **kwargs)
        # In the order of the page, which is the order of the list of errors.
        for name in (*FIELDS, "meetings", "past_is_meant"):
            self._fields[name] = self._fields.pop(name)
        first = ("revision", "training", "language", "time_zone")
        self._fields = {name: self._fields[name] for name in (*first, *self._fields)}
        names = Locale.parse(LANGUAGES[current_language()].locale).languages
        unchosen = [] if session else [("", _("Choose …"))]
        self.training.choices = unchosen + [
            (str(label.id), f"{label.position}. {label.short_title}") for label in trainings
        ]
        self.language.choices = unchosen + [(code, names.get(code, code).capitalize()) for code in LANGUAGES]
        others = sorted(
            zone for zone in zone_names() - set(COMMON_ZONES) if zone.partition("/")[0] in CONTINENTS
        )
        self.time_zone.choices = [(zone, zone.replace("_", " ")) for zone in (*COMMON_ZONES, *others)]
        self.filling.choices = [
            (Filling.OFFER.value, _("Offer it to the next person, who has some time to answer")),
            (Filling.AUTOMATIC.value, _("Give it to the next person at once")),
        ]

    @property
    def zone(self) -> ZoneInfo:
        """The zone that was chosen: every hour of this form is one there."""
        return ZoneInfo(self.time_zone.data if self.time_zone.data in zone_names() else "UTC")

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, then what they say together."""
        is_valid = super().validate(extra_validators)
        for field, sentence in self._contradictions():
            if not field.errors:
                field.errors = [sentence]
                is_valid = False
        # A list keeps the errors of its rows from before the look at them together.
        self.meetings.errors = (
            [entry.errors for entry in self.meetings]
            if any(entry.errors for entry in self.meetings)
            else self.meetings.errors
        )
        return is_valid

    def typed_revision(self) -> int:
        """Return the revision that the form was opened on; -1 when there is none to read."""
        typed = self.revision.data or ""
        return int(typed) if str(typed).isdecimal() and len(str(typed)) < 10 else -1

    def add_row(self) -> None:
        """Offer one more meeting, as long as a session may have more."""
        if len(self.meetings) < MOST_MEETINGS:
            self.meetings.append_entry()

    def as_plan(self) -> Plan:
        """Return what was typed as a plan, hours turned into moments."""
        return self._plan(int(self.training.data), self.language.data, self.time_zone.data)

    def _planned_meetings(self) -> list[PlannedMeeting]:
        return [
            PlannedMeeting(
                starts_at=_moment(row.day.data, row.starts.data, self.zone),
                ends_at=_moment(row.day.data, row.ends.data, self.zone),
                room_url=row.room_url.data or "",
                id=int(row.meeting_id.data) if str(row.meeting_id.data or "")[:9].isdecimal() else None,
            )
            for row in self._rows()
        ]

    def _rows(self) -> list[MeetingForm]:
        return [entry.form for entry in self.meetings if not entry.form.is_blank()]

    def _plan(self, training_id: int, language: str, time_zone: str) -> Plan:
        meetings = sorted(self._planned_meetings(), key=lambda meeting: meeting.starts_at)
        decide_by = self._decide_by(meetings) if self.needs_approval.data else None
        return Plan(
            training_id=training_id,
            language=language,
            time_zone=time_zone,
            capacity=self.capacity.data,
            meetings=tuple(meetings),
            opens_at=moment_there(self.opens_at.data, self.zone),
            # Whoever registered after the decision would never get one.
            closes_at=moment_there(self.closes_at.data, self.zone) or decide_by,
            needs_approval=bool(self.needs_approval.data),
            decide_by=decide_by,
            filling=self.filling.data,
            **self.run_typed(),
        )

    def _decide_by(self, meetings: list[PlannedMeeting]) -> datetime | None:
        if self.decide_by.data or not meetings:
            return moment_there(self.decide_by.data, self.zone)
        usual = meetings[0].starts_at - DECIDES_BEFORE
        is_kept = self.session is not None and self.session.decide_by == usual
        return usual if is_kept or usual > now() else None

    def _contradictions(self) -> Iterator[tuple[Any, str]]:
        for field in (self.opens_at, self.closes_at, self.decide_by):
            if field.data and not exists(field.data, self.zone):
                yield field, _("This hour does not exist on that day: the clocks change. Choose another.")
        opens, closes, decides = self.opens_at.data, self.closes_at.data, self.decide_by.data
        if opens and closes and closes <= opens:
            yield self.closes_at, _("Registration must close after it opens.")
        if self.needs_approval.data and closes and decides and decides < closes:
            yield self.decide_by, _("The team decides after registration has closed. Choose a later moment.")
        yield from self._contradictions_of_meetings()

    def _contradictions_of_meetings(self) -> Iterator[tuple[Any, str]]:
        known = {meeting.starts_at for meeting in (self.session.standing_meetings if self.session else ())}
        for row in self._rows():
            if row.errors or not (row.day.data and row.starts.data and row.ends.data):
                continue
            for field in (row.starts, row.ends):
                if not exists(datetime.combine(row.day.data, field.data), self.zone):
                    yield field, _("This hour does not exist on that day: the clocks change. Choose another.")
            begins = _moment(row.day.data, row.starts.data, self.zone)
            if begins < now() and begins not in known:
                self.asks_about_past = True
                if not self.past_is_meant.data:
                    yield row.day, _("This day is in the past. Correct it, or tick that it is meant.")


def filled_in(session: TrainingSession) -> dict[str, Any]:
    """Return a session as the data of the form, hours on its own clocks."""
    zone = ZoneInfo(session.time_zone)
    first = session.first_meeting
    usual = first.starts_at - DECIDES_BEFORE if first else None

    def there(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone).replace(tzinfo=None) if moment else None

    return {
        "revision": session.revision,
        "training": str(session.training_id),
        "language": session.language,
        "time_zone": session.time_zone,
        "capacity": session.capacity,
        "opens_at": there(session.opens_at),
        # What the form would work out by itself stays empty in it, so that it follows a change of the dates.
        "closes_at": there(session.closes_at if session.closes_at != session.decide_by else None),
        "needs_approval": session.needs_approval,
        "decide_by": there(session.decide_by if session.decide_by != usual else None),
        "filling": session.filling,
        **run_filled_in(session),
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
