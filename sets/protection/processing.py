"""The record of processing (GDPR, Article 30), made from the notes on the personal columns and the periods in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..dates import date_words
from ..privacy import PURPOSES, period_words, personal_columns
from ..registration.models import TextVersion

Rows = list[tuple[str, str | list[str]]]

# What stands in each table with personal columns, as a category of data. A test asks for every table.
CATEGORIES: dict[str, Any] = {
    "learner": _l(
        "Name, address, organisation, role, country, language, clock, how they heard of us, answers"
    ),
    "learner_word": _l("The words of name and address, for the search of the team"),
    "learner_need": _l("Accessibility needs (data about health, Article 9), with consent"),
    "consent": _l("What was agreed to, in which words, when, and until when"),
    "submission": _l("Forms as they were sent"),
    "registration": _l("Registrations with their answers and reasons"),
    "registration_event": _l("The steps of each registration, with reasons"),
    "delivery": _l("Messages: address, subject, text, answer of the mail server"),
    "learner_note": _l("Notes of the team"),
    "learner_tag": _l("Tags of the team"),
    "merged_person": _l("Earlier addresses of people who turned out to be one"),
    "import_line": _l("Lines of imported files"),
    "import_entry": _l("Lines of imported files"),
}


@dataclass(frozen=True)
class Purpose:
    """One purpose: which data, and for how long."""

    words: str
    categories: list[str]
    kept: list[str]


def processing_record() -> list[tuple[str, Rows]]:
    """Return the record as sections of (term, value), in the language being spoken."""
    return [
        (_("Who answers for it"), _controller()),
        (_("What for, which data, how long"), [_purpose_row(one) for one in purposes()]),
        (_("Whose data, and who receives them"), _people()),
        (_("How they are protected"), _measures()),
        (_("State of this record"), _state()),
    ]


def purposes() -> list[Purpose]:
    """Return every purpose with its categories of data and periods, as the columns say."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for column in personal_columns():
        categories, kept = found.setdefault(str(column.info["purpose"]), ({}, {}))
        categories.setdefault(category_words(str(column.table.name)))
        kept.setdefault(period_words(column.info["keep"]))
    extra = {"waits": _("Waits for any date"), "log": _("Ids and counts of what the team did")}
    for name, purpose in PURPOSES.items():
        found.setdefault(str(purpose), ({extra[name]: None}, {period_words(name): None}))
    return [Purpose(words, list(categories), list(kept)) for words, (categories, kept) in found.items()]


def category_words(table: str) -> str:
    """Return what a table holds, as a category of data."""
    return str(CATEGORIES.get(table, table.replace("_", " ")))


def _purpose_row(one: Purpose) -> tuple[str, str | list[str]]:
    kept = "; ".join(one.kept)
    return one.words, [*one.categories, _("Kept: %(period)s.", period=kept)]


def _controller() -> Rows:
    programme = current_programme()
    rows: Rows = [
        (
            _("Programme"),
            f"{programme.name}, {programme.full_name}" if programme.full_name else programme.name,
        ),
        (_("Controller"), programme.operator),
        (_("Contact"), programme.contact_email),
    ]
    if partners := [f"{partner.name} ({partner.country})" for partner in programme.partners]:
        rows.append((_("Partners"), partners))
    return rows


def _people() -> Rows:
    return [
        (
            _("Whose data"),
            [
                _("People who register for a training or ask for news"),
                _("The team: name, address, language, sign-ins"),
            ],
        ),
        (
            _("Inside the team"),
            [
                _("Coordinators read lists, write to people and mark who was there."),
                _("Organisers also correct, decide, export, and read accessibility needs."),
                _("Administrators also give access and choose the periods."),
            ],
        ),
        (
            _("Outside"),
            [
                _("Whoever runs the server and the mail server, for the controller."),
                _("Nobody else: no advertising, no measuring, no request to another site."),
            ],
        ),
        (
            _("Other countries"),
            _(
                "The site itself sends nothing out of the European Union; where the servers stand, the controller adds."
            ),
        ),
    ]


def _measures() -> Rows:
    return [
        (
            _("Access"),
            [
                _(
                    "Personal accounts with roles, passwords hashed, second factor or passkey, sessions that end."
                ),
                _("What the team does is noted in a log that the database itself protects."),
            ],
        ),
        (
            _("People’s own pages"),
            [
                _(
                    "Links that cannot be guessed and can be renewed; nobody learns from the site who is registered."
                ),
                _("Everybody sees, corrects, downloads and erases their data by themselves."),
            ],
        ),
        (
            _("On the way and on the disk"),
            [
                _("Encrypted connections; no cookie for learners; nothing personal in the server’s logs."),
                _(
                    "Backups hold the list of erasures, so that a restored one erases again before it sends anything."
                ),
            ],
        ),
        (
            _("Erasing"),
            [
                _("By itself at night, announced a week before; on request at once, with a proof."),
                _("Counts without a name stay, for the figures."),
            ],
        ),
    ]


def _state() -> Rows:
    zone = current_programme().time_zone
    latest = db.session.execute(
        select(func.max(TextVersion.number), func.max(TextVersion.from_at)).where(
            TextVersion.kind == "notice"
        )
    ).one()
    rows: Rows = [(_("Made"), date_words(now(), zone))]
    if latest[0]:
        words = _(
            "Version %(number)d, shown since %(day)s", number=latest[0], day=date_words(latest[1], zone)
        )
        rows.append((_("Privacy notice"), words))
    return rows
