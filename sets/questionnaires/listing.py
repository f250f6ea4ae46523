"""The questions of a scope, and its versions, as the team's pages list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ..catalogue.showing import current_programme
from ..database import db
from ..languages import LANGUAGES, current_language
from ..staff.models import Account
from .asked import AskedQuestion, only_if_words
from .building import AskedForm, asked_form
from .comparing import Change, changes
from .models import FormVersion
from .scopes import Scope
from .translating import progress_of


@dataclass(frozen=True)
class Line:
    """One question in a list: its words, and what there is to say of it."""

    id: int
    words: str
    kind: str
    remarks: list[Any]


@dataclass(frozen=True)
class PastVersion:
    """A version that is or was live: who made it so, when, and what it changed."""

    version: FormVersion
    author: str
    at: datetime | None
    changes: list[Change]


def list_questions(scope: Scope) -> list[Line]:
    """Return the questions of the version that is worked on, in order."""
    form = working_form(scope)
    known = {question.id: question for question in (*general_questions(scope), *form.questions)}
    return [_line(question, known) for question in form.questions]


def retired_lines(scope: Scope, entries: Sequence[dict[str, Any]]) -> list[Line]:
    """Return questions that are asked no more."""
    form = asked_form(_Content(scope.training_id, {"questions": list(entries)}))
    return [_line(question, {}) for question in form.questions]


def working_form(scope: Scope) -> AskedForm:
    """Return what the version that is worked on asks: the draft, or the live form."""
    return asked_form(_Content(scope.training_id, {"questions": scope.questions}))


def general_questions(scope: Scope) -> tuple[AskedQuestion, ...]:
    """Return the live questions that everybody is asked, where the scope is a training's."""
    if scope.training_id is None:
        return ()
    live = db.session.scalar(
        select(FormVersion).where(FormVersion.training_id.is_(None), FormVersion.state == "live")
    )
    return asked_form(live).questions if live else ()


def earlier_questions(scope: Scope, question_id: int | None) -> list[AskedQuestion]:
    """Return the questions on whose answer one may depend: those before it that have choices, or yes and no."""
    own: list[AskedQuestion] = []
    for question in working_form(scope).questions:
        if question.id == question_id:
            break
        own.append(question)
    return [question for question in (*general_questions(scope), *own) if question.kind.decides]


def list_versions(scope: Scope) -> list[PastVersion]:
    """Return the versions that are or were live, the newest first."""
    same = (
        FormVersion.training_id.is_(None)
        if scope.training_id is None
        else FormVersion.training_id == scope.training_id
    )
    rows = list(
        db.session.scalars(
            select(FormVersion).where(same, FormVersion.state != "draft").order_by(FormVersion.number)
        )
    )
    names = author_names(rows)
    found, before = [], None
    for row in rows:
        found.append(
            PastVersion(
                row, names[row.id], row.live_at, changes(before.content if before else None, row.content)
            )
        )
        before = row
    return found[::-1]


def scope_progress(scope: Scope) -> list[tuple[str, int, str]]:
    """Return how far each language of a scope is: its name, the percents that are done, what is not, in words."""
    rows = []
    for one in progress_of(scope.questions, current_programme().languages):
        words = [
            *([ngettext("%(num)d missing", "%(num)d missing", one.missing)] if one.missing else []),
            *([ngettext("%(num)d changed since", "%(num)d changed since", one.behind)] if one.behind else []),
        ]
        rows.append((LANGUAGES[one.language].name, one.percent, ", ".join(words)))
    return rows


def author_names(versions: Sequence[FormVersion]) -> dict[int, str]:
    """Return who made, or changed last, each version."""
    ids = {version.author_id for version in versions if version.author_id}
    accounts = {
        row.id: row.name or row.email
        for row in db.session.execute(
            select(Account.id, Account.name, Account.email).where(Account.id.in_(ids))
        )
    }
    return {
        version.id: accounts.get(version.author_id, _("Somebody who left"))
        if version.author_id
        else _("Loaded from a catalogue folder")
        for version in versions
    }


@dataclass(frozen=True)
class _Content:
    """Content that is no version of its own."""

    training_id: int | None
    content: dict[str, Any]
    id: int = 0


def _line(question: AskedQuestion, known: dict[int, AskedQuestion]) -> Line:
    remarks: list[Any] = [_("Must be answered.")] if question.required else []
    if question.options:
        number = len(question.options)
        remarks.append(ngettext("%(num)d choice.", "%(num)d choices.", number))
    if question.show_if and (decider := known.get(question.show_if.question_id)):
        remarks.append(only_if_words(decider, question.show_if, current_language()))
    return Line(question.id, question.words(current_language()), str(question.kind.name), remarks)
