"""The activity log as administrators read it: ids become names when the page is made, never before.

Capabilities name their own verbs and subjects here (`name_verbs`, `name_subjects`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from ..database import db
from ..dates import calendar_day_words
from .activity import CLOCK, OPERATOR
from .models import Account, Activity
from .requirement import choice_words
from .roles import role_words

PER_PAGE = 100
# Lines that an export reads at a time.
AT_ONCE = 500
# A subject's words and where its page is ("" for none), for each id that still exists.
Namer = Callable[[Iterable[str]], Mapping[str, tuple[str, str]]]

# What a line's filter says, in words; None where the namer does not know all of it.
FilterNamer = Callable[[Mapping[str, Any]], str | None]

_verbs: dict[str, Any] = {
    "account_added": _l("Added an account"),
    "account_updated": _l("Changed an account"),
    "account_disabled": _l("Disabled an account"),
    "account_invited": _l("Invited a colleague"),
    "access_given_back": _l("Gave access back"),
    "access_withdrawn": _l("Withdrew access"),
    "activity_exported": _l("Exported the activity"),
    "colleague_signed_out": _l("Signed a colleague out"),
    "invitation_accepted": _l("Accepted an invitation"),
    "invitation_sent_again": _l("Sent an invitation again"),
    "mail_noted_arrived": _l("Noted that a message arrived"),
    "mail_released": _l("Released the mail"),
    "mail_tested": _l("Sent a test message"),
    "mail_sent_again": _l("Sent messages again"),
    "passkey_added": _l("Added a passkey"),
    "passkey_deleted": _l("Deleted a passkey"),
    "password_changed": _l("Changed a password"),
    "password_link_asked": _l("Asked for a link to set a password"),
    "password_link_sent": _l("Sent a link to set a password"),
    "profile_changed": _l("Changed a profile"),
    "recovery_codes_made": _l("Made recovery codes"),
    "role_changed": _l("Changed a role"),
    "second_factor_of": _l("Changed who needs a second factor"),
    "second_factor_off": _l("Turned a second factor off"),
    "second_factor_on": _l("Turned a second factor on"),
    "second_factor_reset": _l("Reset a second factor"),
    "session_ended": _l("Signed out"),
    "sessions_ended": _l("Signed out other browsers"),
    "sign_in_disowned": _l("Said that a sign-in was not theirs"),
    "signed_in": _l("Signed in"),
}
_namers: dict[str, Namer] = {}
_aliases: dict[str, Callable[[str], set[str]]] = {}
_filter_namers: dict[str, FilterNamer] = {}


@dataclass(frozen=True)
class ActivityFilter:
    """What the address of the list asks for."""

    who: str = ""
    verb: str = ""
    # The days in between, both included, in the reader's zone.
    since: date | None = None
    until: date | None = None
    type: str = ""
    id: str = ""
    time_zone: str = "UTC"

    @property
    def query(self) -> dict[str, str]:
        """The filter as it stands in an address."""
        parts = {
            "who": self.who,
            "verb": self.verb,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "type": self.type,
            "id": self.id,
        }
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True)
class ActivityLine:
    """One line of the page."""

    at: datetime
    actor: str
    words: str
    verb: str
    subject_type: str
    subject_id: str
    subject: str
    subject_url: str
    rows: int | None
    filter: str


def name_verbs(words: Mapping[str, Any]) -> None:
    """Say what the verbs of a capability are called (lazily translated, past tense: "Exported registrations")."""
    _verbs.update(words)


def name_subjects(
    subject_type: str, namer: Namer, *, aliases: Callable[[str], set[str]] | None = None
) -> None:
    """Say how the subjects of one type are called: `namer(ids)` returns words and an address for each that exists.

    `aliases(id)` returns every id that the same subject has in the log, where it may have several.
    """
    _namers[subject_type] = namer
    if aliases:
        _aliases[subject_type] = aliases


def name_filters(capability: str, namer: FilterNamer) -> None:
    """Say what a capability's lines tell beside their verb: by which filter, for which reason."""
    _filter_namers[capability] = namer


def list_lines(chosen: ActivityFilter, before: int | None) -> tuple[list[ActivityLine], int | None]:
    """Return a page of the log, the newest first, and the id that the next page stands before (None at the end)."""
    found = _page(chosen, before, PER_PAGE + 1)
    rows = found[:PER_PAGE]
    return _lines(rows), rows[-1].id if len(found) > PER_PAGE else None


def every_line(chosen: ActivityFilter, upto: int) -> Iterator[ActivityLine]:
    """Yield all that the filter shows up to that id, the newest first, some hundred at a time."""
    before: int | None = upto + 1
    while before is not None:
        rows = _page(chosen, before, AT_ONCE)
        yield from _lines(rows)
        before = rows[-1].id if len(rows) == AT_ONCE else None
        db.session.expunge_all()


def count_lines(chosen: ActivityFilter) -> tuple[int, int]:
    """Return how many lines the filter shows, and the id of the newest of them (0 for none)."""
    conditions = _conditions(chosen)
    row = db.session.execute(select(func.count(), func.max(Activity.id)).where(*conditions)).one()
    return row[0], row[1] or 0


def subject_words(chosen: ActivityFilter) -> str:
    """Return what the filter's subject is called, "" when nothing is known of it any more."""
    return _named(chosen.type, {chosen.id}).get(chosen.id, ("", ""))[0]


def _page(chosen: ActivityFilter, before: int | None, most: int) -> list[Activity]:
    statement = select(Activity).where(*_conditions(chosen)).order_by(Activity.id.desc()).limit(most)
    if before is not None:
        statement = statement.where(Activity.id < before)
    return list(db.session.scalars(statement))


def _conditions(chosen: ActivityFilter) -> list[Any]:
    conditions: list[Any] = []
    if chosen.who == OPERATOR or chosen.who == CLOCK:
        conditions.append(Activity.actor_kind == chosen.who)
    elif chosen.who:
        conditions.append(Activity.actor_id == int(chosen.who))
    if chosen.verb:
        conditions.append(Activity.verb == chosen.verb)
    zone = ZoneInfo(chosen.time_zone)
    if chosen.since:
        conditions.append(Activity.at >= datetime.combine(chosen.since, time.min, zone))
    if chosen.until:
        conditions.append(Activity.at < datetime.combine(chosen.until + timedelta(days=1), time.min, zone))
    if chosen.type and chosen.id:
        ids = _aliases.get(chosen.type, lambda one: {one})(chosen.id) | {chosen.id}
        conditions += [Activity.subject_type == chosen.type, Activity.subject_id.in_(sorted(ids))]
    return conditions


def people() -> list[tuple[str, str]]:
    """Return who may stand in the log: accounts, and those who are none."""
    accounts = db.session.scalars(select(Account).order_by(Account.name, Account.email))
    own = [(str(account.id), account.name or account.email) for account in accounts]
    return [*own, (OPERATOR, _("Operator, on the command line")), (CLOCK, _("The site itself"))]


def verbs() -> list[tuple[str, str]]:
    """Return what may stand in the log."""
    return sorted(((name, str(words)) for name, words in _verbs.items()), key=lambda one: one[1].casefold())


def _lines(rows: list[Activity]) -> list[ActivityLine]:
    names = dict(people())
    subjects = _subjects(rows)
    # The same filter stands in many lines.
    filters = {_key(row.filter): _filter_words(row.filter) for row in rows}
    return [
        ActivityLine(
            at=row.at,
            actor=names.get(
                str(row.actor_id) if row.actor_id else row.actor_kind, _("Somebody not signed in")
            ),
            words=str(_verbs.get(row.verb, row.verb.replace("_", " "))),
            verb=row.verb,
            subject_type=row.subject_type or "",
            subject_id=row.subject_id or "",
            subject=subjects.get((row.subject_type, row.subject_id), ("", ""))[0],
            subject_url=subjects.get((row.subject_type, row.subject_id), ("", ""))[1],
            rows=row.rows,
            filter=filters[_key(row.filter)],
        )
        for row in rows
    ]


def _subjects(rows: list[Activity]) -> dict[tuple[str | None, str | None], tuple[str, str]]:
    wanted: dict[str, set[str]] = {}
    for row in rows:
        if row.subject_type and row.subject_id:
            wanted.setdefault(row.subject_type, set()).add(row.subject_id)
    found: dict[tuple[str | None, str | None], tuple[str, str]] = {}
    for subject_type, ids in wanted.items():
        named = _named(subject_type, ids)
        for subject_id in ids:
            found[subject_type, subject_id] = named.get(subject_id, ("", ""))
    return found


def _named(subject_type: str, ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    return _namers[subject_type](ids) if subject_type in _namers else {}


def _filter_words(chosen: Mapping[str, Any] | None) -> str:
    if not chosen:
        return ""
    for namer in _filter_namers.values():
        if (words := namer(chosen)) is not None:
            return words
    return _joined([(name, str(value)) for name, value in sorted(chosen.items())])


def _key(chosen: Mapping[str, Any] | None) -> str:
    return json.dumps(chosen, sort_keys=True)


def _joined(parts: Iterable[tuple[str, str]]) -> str:
    return "; ".join(_("%(term)s: %(value)s", term=term, value=value) for term, value in parts)


def _name_own_filters(chosen: Mapping[str, Any]) -> str | None:
    """Name a role that was given, who needs a second factor, and the filter of this log's own export."""
    if set(chosen) == {"role"}:
        return role_words(str(chosen["role"]))
    if set(chosen) == {"choice"}:
        return choice_words(str(chosen["choice"]))
    if not {"who", "verb", "since", "until", "type", "id"} >= set(chosen):
        return None
    parts = []
    if who := chosen.get("who"):
        parts.append((_("Who"), dict(people()).get(who, who)))
    if verb := chosen.get("verb"):
        parts.append((_("What"), dict(verbs()).get(verb, verb)))
    for name, label in (("since", _("From the day")), ("until", _("To the day"))):
        if day := chosen.get(name):
            parts.append((label, calendar_day_words(date.fromisoformat(day))))
    if subject := chosen.get("id"):
        kind = chosen.get("type", "")
        parts.append((_("On what"), _named(kind, {subject}).get(subject, (subject, ""))[0] or subject))
    return _joined(parts)


def _name_accounts(ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    numbers = [int(one) for one in ids if one.isdigit()]
    rows = db.session.execute(select(Account.id, Account.email).where(Account.id.in_(numbers)))
    return {str(row.id): (row.email, url_for("team.show_person", account_id=row.id)) for row in rows}


name_subjects("account", _name_accounts)
name_filters("staff", _name_own_filters)
