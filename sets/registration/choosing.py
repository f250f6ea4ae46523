"""What can be chosen for each training: its sessions in words, "tell me when there is a date", or not this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext
from markupsafe import Markup, escape

from ..catalogue.showing import ShownSession, ShownTraining, Snapshot
from ..catalogue.states import CHOOSABLE, PublicState
from ..catalogue.wording import dates_words, language_name, state_words
from ..languages import current_language

ANY = "any"
# States that are said on the form though nobody can choose the date.
SAID = (PublicState.SOON, PublicState.PAUSED, PublicState.CLOSED)


@dataclass(frozen=True)
class Row:
    """One radio of a training: `value` is a session's public id, "any" or nothing."""

    value: str
    title: str
    detail: Any = ""
    places: str = ""
    checked: bool = False


@dataclass
class Pick:
    """One training of the form with what was chosen for it. Looks like a field to the error summary."""

    training: ShownTraining
    values: Mapping[str, str]
    moment: datetime
    is_alone: bool = False
    errors: list[str] = field(default_factory=list)
    type: str = ""

    def __post_init__(self) -> None:
        self.name = f"training-{self.training.slug}"
        self.value = str(self.values.get(self.name) or "").strip().lower()[:64]
        if self.value == "no":
            self.value = ""
        self.session = next((one for one in self.training.sessions if one.public_id == self.value), None)
        if self.value in ("", ANY):
            return
        if self.session is None:
            self.errors = [
                gettext("This date does not exist any more. Choose another, or ask to be told of the next.")
            ]
        elif not is_open(self.session, self.moment):
            self.errors = [
                gettext(
                    "This date has closed in the meantime. Choose another, or ask to be told of the next."
                )
            ]

    @property
    def id(self) -> str:
        """The id of the radio that the summary leads to."""
        return self.first_id

    @property
    def first_id(self) -> str:
        """The id of the first radio."""
        return f"{self.name}-0"

    @property
    def title(self) -> str:
        """The training's title, with its own `lang` where it falls back to another language."""
        return spoken_title(self.training)

    @property
    def count(self) -> str:
        """Its number, where there are several, and its length: "Training 1 · 12 hours"."""
        hours = ngettext("%(num)d hour", "%(num)d hours", self.training.hours)
        if self.is_alone:
            return hours
        return gettext("Training %(number)d · %(hours)s", number=self.training.position, hours=hours)

    @property
    def is_chosen(self) -> bool:
        """Whether the training was chosen, rightly or not."""
        return bool(self.value)

    @property
    def rows(self) -> list[Row]:
        """The radios, in order; a date that was chosen and has closed is still there, so that nothing is lost."""
        shown = [one for one in self.training.sessions if is_open(one, self.moment) or one is self.session]
        later = gettext("No commitment. We write to you when a new date is planned.")
        rows = [
            *(self._session_row(one) for one in shown),
            Row(ANY, gettext("Tell me when there is a date"), later, checked=self.value == ANY),
        ]
        if not self.is_alone:
            rows.append(Row("", gettext("Not this training"), checked=not self.is_chosen))
        return rows

    @property
    def closed(self) -> list[Row]:
        """The dates that are told and cannot be chosen yet, or no more."""
        return [
            Row("", session_title(one), dates_words(one), state_words(one, state))
            for one in self.training.sessions
            if one is not self.session and (state := one.public_state(self.moment)) in SAID
        ]

    def _session_row(self, session: ShownSession) -> Row:
        state = session.public_state(self.moment)
        return Row(
            session.public_id,
            session_title(session),
            session_words(session),
            state_words(session, state) or gettext("Registration is closed"),
            checked=session is self.session,
        )


def is_open(session: ShownSession, moment: datetime) -> bool:
    """Tell whether newcomers may choose this session at that moment; a full one has a waiting list."""
    return session.public_state(moment) in CHOOSABLE


def spoken_title(training: ShownTraining) -> str:
    """Return a training's title in the page's language, else in another one, marked with its `lang`."""
    text = training.text
    return (
        Markup('<span lang="{}">{}</span>').format(text.foreign, text.title) if text.foreign else text.title
    )


def in_language(code: str) -> str:
    """Return the language of a session in words: "In French", « En français »."""
    return gettext("In %(language)s", language=language_name(code))


def session_words(session: ShownSession) -> Markup:
    """Return when a session takes place, and what else to know before choosing it."""
    words = [dates_words(session)]
    if session.needs_approval:
        words.append(escape(gettext("The team confirms each registration by mail.")))
    if session.is_example:
        words.append(escape(gettext("An example, to try the site.")))
    return Markup("<br>").join(words)


def session_title(session: ShownSession) -> str:
    """Return what a date is called under its training: its language, and its meetings when there are several."""
    count = len(session.meetings)
    if count < 2:
        return in_language(session.language)
    language = language_name(session.language)
    return ngettext(
        "In %(language)s, %(num)d meeting", "In %(language)s, %(num)d meetings", count, language=language
    )


def preselected(snapshot: Snapshot, session_id: str, slug: str, moment: datetime) -> dict[str, str]:
    """Return what an address asks for, as the form's values: a session, or a training's first date that suits.

    A session that is closed, and a training without open date, become "tell me when there is a date". Where there is
    one training only, nobody needs to ask for it.
    """
    if len(snapshot.trainings) == 1:
        slug = snapshot.trainings[0].slug
    for training in snapshot.trainings:
        own = next((one for one in training.sessions if one.public_id == session_id), None)
        if own is None and training.slug != slug:
            continue
        if own is None:
            open_dates = [one for one in training.sessions if is_open(one, moment)]
            spoken = current_language()
            own = min(open_dates, key=lambda one: one.language != spoken, default=None)
        free = own if own is not None and is_open(own, moment) else None
        return {f"training-{training.slug}": free.public_id if free is not None else ANY}
    return {}


@dataclass(frozen=True)
class Gone:
    """A session that an address asks for and nobody can take any more: what it was, where known, and why."""

    reason: str
    training: Any = ""
    title: str = ""
    when: Any = ""


def gone_date(snapshot: Snapshot, session_id: str, moment: datetime) -> Gone | None:
    """Return the session that an address asks for where it is cancelled, over or unknown: no row of the form."""
    for training in snapshot.trainings:
        for session in training.sessions:
            if session.public_id == session_id:
                words = spoken_title(training), session_title(session), dates_words(session)
                reason = _gone_words(session.public_state(moment))
                return Gone(reason, *words) if reason else None
    if not session_id:
        return None
    return Gone(gettext("This date does not exist any more. Choose another, or ask to be told of the next."))


def _gone_words(state: PublicState) -> str:
    if state is PublicState.CANCELLED:
        return gettext("This session does not take place. We are sorry.")
    if state is PublicState.PAST:
        return gettext("This date has closed in the meantime. Choose another, or ask to be told of the next.")
    return ""
