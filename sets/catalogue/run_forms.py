"""How a session is run, as fields of its form: who teaches, what people are reminded of, lessons, what stays after."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from ..forms import AtMost, SeveralOf, SiteForm, TextBlock, TextLine
from ..preferences import LEADS, preference
from .labels import lead_words
from .models import TrainingSession
from .planning_fields import SecureAddress

TEXTS = ("trainer", "lessons_url", "lessons_note", "materials_url", "materials_note", "replay_url")
FIELDS = ("trainer", "reminders", "asks_presence", *TEXTS[1:])
_ADDRESS = {"inputmode": "url", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_SECURE = _l("Write the whole address, from “https://” on.")


class RunForm(SiteForm):
    """What may be written at any time, also while people are registered: none of it moves anybody."""

    trainer = TextLine(
        _l("Trainer"), [AtMost(200)], description=_l("The name as the public page of the training shows it.")
    )
    reminders = SeveralOf(
        _l("Reminders by mail before each meeting"),
        default=lambda: [str(lead) for lead in preference("session_reminders")],
        description=_l("To the people whose place is confirmed. Without any, none is sent."),
    )
    asks_presence = BooleanField(
        _l("Ask people three days before the first meeting whether they still come"),
        default=lambda: preference("session_asks_presence"),
        description=_l("Only where places are limited. One button gives the place to the next person."),
    )
    lessons_url = TextLine(
        _l("Link to the lessons"), [AtMost(1000), SecureAddress(_SECURE)], render_kw=_ADDRESS
    )
    lessons_note = TextBlock(_l("How to use the lessons"), [AtMost(4000)])
    materials_url = TextLine(
        _l("Link to the materials"), [AtMost(1000), SecureAddress(_SECURE)], render_kw=_ADDRESS
    )
    materials_note = TextBlock(_l("A word about the materials"), [AtMost(4000)])
    replay_url = TextLine(
        _l("Link to the replay"), [AtMost(1000), SecureAddress(_SECURE)], render_kw=_ADDRESS
    )

    def __init__(self, *arguments: Any, session: TrainingSession | None = None, **values: Any) -> None:
        super().__init__(*arguments, **values)
        # What a session has beside the usual leads stays in its list.
        leads = {*LEADS, *(session.reminders if session else ())}
        self.reminders.choices = [(str(lead), lead_words(lead)) for lead in sorted(leads, reverse=True)]

    def run_typed(self) -> dict[str, Any]:
        """Return what was typed, by the names of a plan."""
        typed: dict[str, Any] = {name: self[name].data or "" for name in TEXTS}
        leads = sorted((int(lead) for lead in self.reminders.data or ()), reverse=True)
        return typed | {"reminders": tuple(leads), "asks_presence": bool(self.asks_presence.data)}


def run_filled_in(session: TrainingSession) -> dict[str, Any]:
    """Return how a session is run as the data of the form."""
    texts = {name: getattr(session, name) or "" for name in TEXTS}
    leads = [str(lead) for lead in session.reminders or ()]
    return texts | {"reminders": leads, "asks_presence": session.asks_presence}
