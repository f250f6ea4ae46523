"""The columns of the list of registrations after the name: which there are, and which an account chose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..database import db, transaction
from ..languages import current_language
from ..questionnaires.answers import AnswerReader
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .desk_models import ChosenColumns
from .models import Learner, Registration
from .tagging import tags_of
from .wording import origin_words

DEFAULTS = ("email", "training", "session", "status", "received_at", "mail_language")
QUESTION = "q_"
# Cells that are more than words are the template's.
DRAWN = {"email", "training", "session", "status", "received_at", "status_at"}
MOST = 30


@dataclass(frozen=True)
class Shown:
    """The columns of a page, and the words of its cells by (registration's id, column)."""

    columns: list[tuple[str, str]]
    cells: dict[tuple[int, str], str]


def offered_columns() -> dict[str, str]:
    """Return every column's heading by its key; those of questions come last."""
    fixed = {
        "email": _("Address"),
        "organisation": _("Organisation"),
        "organisation_kind": _("Kind of organisation"),
        "role": _("Role"),
        "country": _("Country"),
        "training": _("Training"),
        "session": _("Session"),
        "status": _("State"),
        "status_at": _("Since"),
        "received_at": _("Received"),
        "mail_language": _("Mails in"),
        "source": _("Heard of it through"),
        "origin": _("Registered by"),
        "tags": _("Tags"),
        "reference": _("Reference"),
    }
    language = current_language()
    questions = AnswerReader(language).columns()
    return fixed | {f"{QUESTION}{one.key}": one.words(language) for one in questions}


def columns_of(account_id: int) -> list[str]:
    """Return the columns that an account chose; those that everybody begins with where it chose none."""
    stored = db.session.scalar(select(ChosenColumns.columns).where(ChosenColumns.account_id == account_id))
    return list(stored) if stored else list(DEFAULTS)


def choose_columns(columns: Iterable[str], *, account_id: int) -> None:
    """Remember an account's columns; none at all stands for those that everybody begins with."""
    known = offered_columns()
    chosen = [one for one in known if one in set(columns)][:MOST]
    with transaction() as session:
        row = session.get(ChosenColumns, account_id)
        if row is None:
            session.add(ChosenColumns(account_id=account_id, columns=chosen))
        else:
            row.columns = chosen


def show(keys: Iterable[str], rows: Sequence[tuple[Registration, Learner | None]]) -> Shown:
    """Return the columns that are still known, in their order, with the words of these rows."""
    known, asked = offered_columns(), set(keys)
    columns = [(key, label) for key, label in known.items() if key in asked]
    reader = AnswerReader(current_language())
    questions = {f"{QUESTION}{one.key}": one for one in reader.columns()}
    people = [learner.id for _registration, learner in rows if learner]
    tags = tags_of(people) if "tags" in asked else {}
    cells: dict[tuple[int, str], str] = {}
    for registration, learner in rows:
        for key, _label in columns:
            if key in questions:
                stores = registration.answers, learner.answers if learner else None
                cells[registration.id, key] = reader.cell(questions[key], *stores)
            elif key not in DRAWN:
                cells[registration.id, key] = _words(key, registration, learner, tags)
    return Shown(columns, cells)


def _words(key: str, registration: Registration, learner: Learner | None, tags: dict[int, list[Any]]) -> str:
    if key == "origin":
        return origin_words(registration.origin)
    if key == "reference":
        return registration.public_id
    if learner is None:
        return ""
    if key == "tags":
        return ", ".join(tag.name for tag in tags.get(learner.id, []))
    if key == "mail_language":
        return learner.language.upper()
    words = {
        "organisation_kind": (organisation_kind_words, learner.organisation_kind),
        "country": (country_words, learner.country),
        "source": (source_words, learner.source),
    }
    if key in words:
        say, code = words[key]
        return say(code) if code else ""
    return getattr(learner, key) or ""
