"""What people change on the page of settings, typed, one line each; everything else is the operator's (`config`).

The rows are in the table `setting`; what is not there has its default. To add a setting, add a line to PREFERENCES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select

from .database import db
from .installation import Setting

# What a setting can be: a number between two bounds, one line of text, an address, yes or no, one or several of a list.
NUMBER, LINE, ADDRESS, YES, ONE, SEVERAL = "number", "line", "address", "yes", "one", "several"
NOBODY, ADMINISTRATORS, ORGANISERS = "nobody", "administrators", "organisers"
NEVER, DAILY, WEEKLY = "never", "daily", "weekly"
# Reminders before a meeting, in minutes; a session may have others.
LEADS = (7 * 24 * 60, 3 * 24 * 60, 24 * 60, 2 * 60, 60)
DAYS, MONTHS = "days", "months"


@dataclass(frozen=True)
class Preference:
    """One setting: `label` and `hint` are lazily translated; the hint says what the setting touches.

    An empty `default` of a text means that something else decides; the hint says what.
    """

    key: str
    group: str
    kind: str
    default: Any
    label: Any
    hint: Any
    unit: str = ""
    least: int = 0
    most: int = 0
    choices: tuple[Any, ...] = ()

    def accepts(self, value: Any) -> bool:
        """Tell whether a value is one that this setting can have."""
        if self.kind == NUMBER:
            return isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most
        if self.kind == YES:
            return isinstance(value, bool)
        if self.kind == ONE:
            return value in self.choices
        if self.kind == SEVERAL:
            return isinstance(value, list) and set(value) <= set(self.choices)
        return isinstance(value, str)


# The groups, in the order of the page.
GROUPS: dict[str, Any] = {
    "names": _l("Names and addresses"),
    "sessions": _l("New sessions"),
    "team": _l("Messages to the team"),
    "periods": _l("How long data are kept"),
}
PREFERENCES: dict[str, Preference] = {
    one.key: one
    for one in (
        Preference(
            "contact_email", "names", ADDRESS, "", _l("Contact address"),
            _l("On the public pages, in messages and in brochures. Left empty: the address of the catalogue."),
        ),
        Preference(
            "sender_name", "names", LINE, "", _l("Name of the sender"),
            _l("Before the address from which messages leave. Left empty: the name of the programme. "
               "The address itself belongs to the mail server: the operator sets it."),
        ),
        Preference(
            "reply_to", "names", ADDRESS, "", _l("Address for replies"),
            _l("Where replies to messages go. Left empty: the contact address. "
               "A training can have an address of its own."),
        ),
        Preference(
            "session_reminders", "sessions", SEVERAL, [7 * 24 * 60, 24 * 60, 60], _l("Reminders of a new session"),
            _l("What the form of a new session begins with. Sessions that exist keep theirs."), choices=LEADS,
        ),
        Preference(
            "session_asks_presence", "sessions", YES, True, _l("Ask whether people still come"),
            _l("What the form of a new session begins with: people are asked three days before the first meeting."),
        ),
        Preference(
            "digest", "team", ONE, NEVER, _l("Digest by mail"),
            _l("For colleagues who have chosen nothing on the page of their account: counts and links, no names."),
            choices=(NEVER, DAILY, WEEKLY),
        ),
        Preference(
            "told_of_refused_mail", "team", ONE, ADMINISTRATORS, _l("Who is told of refused messages"),
            _l("At most once a day, with their number and a link."), choices=(NOBODY, ADMINISTRATORS, ORGANISERS),
        ),
        Preference(
            "retention_registrations_months", "periods", NUMBER, 24, _l("Registrations and people"),
            _l("After the last thing that a person does here, everything about them is erased. The figures stay."),
            unit=MONTHS, least=6, most=120,
        ),
        Preference(
            "retention_needs_days", "periods", NUMBER, 30, _l("Accessibility needs"),
            _l("After a person’s last meeting. These are data about health: keep them short."),
            unit=DAYS, least=1, most=180,
        ),
        Preference(
            "retention_waits_months", "periods", NUMBER, 12, _l("Waits for any date"),
            _l("People are asked after six months whether they still wait, and have 30 days to answer."),
            unit=MONTHS, least=7, most=36,
        ),
        Preference(
            "retention_mails_days", "periods", NUMBER, 90, _l("Text of messages"),
            _l("After a message was written. Afterwards only its kind, hour and result are kept."),
            unit=DAYS, least=30, most=365,
        ),
        Preference(
            "retention_log_days", "periods", NUMBER, 365, _l("Activity of the team"),
            _l("Lines of the log of activity. The database itself refuses to delete them earlier."),
            unit=DAYS, least=90, most=3650,
        ),
    )
}  # fmt: skip


def preference(key: str) -> Any:
    """Return the value in force of one setting; its default when nothing, or nothing sensible, is stored."""
    return preferences((key,))[key]


def preferences(keys: Iterable[str] = tuple(PREFERENCES)) -> dict[str, Any]:
    """Return the values in force of several settings, in one query."""
    wanted = list(keys)
    rows = db.session.execute(select(Setting.key, Setting.value).where(Setting.key.in_(wanted)))
    stored = {row.key: row.value for row in rows if PREFERENCES[row.key].accepts(row.value)}
    return {key: stored.get(key, PREFERENCES[key].default) for key in wanted}


def value_words(one: Preference, value: Any, lead_words: Callable[[int], str]) -> str:
    """Return a value as the page of settings says it; `lead_words` says a reminder's minutes."""
    if one.kind == NUMBER:
        return span_words(value, one.unit)
    if one.kind == YES:
        return _("Yes") if value else _("No")
    if one.kind == ONE:
        return choice_words()[value]
    if one.kind == SEVERAL:
        return ", ".join(lead_words(lead) for lead in sorted(value, reverse=True)) or _("None")
    return value


def choice_words() -> Mapping[str, str]:
    """Return the words of every choice."""
    return {
        NEVER: _("Never"),
        DAILY: _("Every day"),
        WEEKLY: _("Every Monday"),
        NOBODY: _("Nobody"),
        ADMINISTRATORS: _("Administrators"),
        ORGANISERS: _("Organisers and administrators"),
    }


def span_words(number: int, unit: str) -> str:
    """Return a length of time: "24 months", "30 days"; whole years of days are said in months."""
    if unit == DAYS and number % 365 == 0:
        number, unit = number // 365 * 12, MONTHS
    if unit == MONTHS:
        return ngettext("%(num)d month", "%(num)d months", number)
    return ngettext("%(num)d day", "%(num)d days", number)
