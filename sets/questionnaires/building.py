"""The form's own questions: which version is live for each scope, and the fields of the version that was shown.

A scope is a training, or None for the general questions. Versions that were ever live never change, so each process
reads one once. A form opened on version 3 and sent when 4 is live is checked against 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from ..catalogue.showing import snapshot
from ..database import db
from ..forms import SiteForm
from .models import FormVersion, Option, Question
from .types import AskedOption, AskedQuestion

# Versions travel in the form as "3.8.12"; more than this many is nobody's form.
MOST_VERSIONS = 60


@dataclass(frozen=True)
class AskedForm:
    """One version of the form in one scope."""

    version_id: int
    training_id: int | None
    questions: tuple[AskedQuestion, ...]


class QuestionsForm(BaseForm):
    """The fields of one version in its order, bound to what was sent; to be validated where its training was chosen.

    Where nothing was sent, `stored` answers (by question id) are in the fields.
    """

    def __init__(
        self, asked: AskedForm, language: str, sent: Any = None, stored: Mapping[str, Any] | None = None
    ) -> None:
        self.asked = asked
        fields = {question.name: question.kind.field(question, language) for question in asked.questions}
        super().__init__(fields, meta=_Meta())
        answers = stored or {}
        typed = {
            question.name: question.kind.typed(question, answers[str(question.id)])
            for question in asked.questions
            if str(question.id) in answers
        }
        self.process(sent, data=typed)

    def answers(self) -> dict[str, Any]:
        """Return what is to be stored, by question id; questions left open are not there."""
        stored = {
            str(question.id): question.kind.stored(question, self[question.name].data)
            for question in self.asked.questions
        }
        return {identifier: value for identifier, value in stored.items() if value is not None}


class _Meta(SiteForm.Meta, DefaultMeta):
    """The base form's ways, for a form that is put together at run time."""


def init_app(app: Flask) -> None:
    """Give the app its memory of versions."""
    app.extensions["form_versions"] = {}
    app.extensions["live_forms"] = (None, ())


def live_forms() -> dict[int | None, AskedForm]:
    """Return the live version of each scope that has one: by training id, None for the general questions.

    Which ones are live is known for a version of the catalogue: making another one live is a change of the catalogue.
    """
    catalogue = snapshot().version
    known, ids = current_app.extensions["live_forms"]
    if known != catalogue:
        ids = tuple(db.session.scalars(select(FormVersion.id).where(FormVersion.state == "live")))
        current_app.extensions["live_forms"] = (catalogue, ids)
    return {form.training_id: form for form in forms_of(ids).values()}


def forms_of(version_ids: Any) -> dict[int, AskedForm]:
    """Return these versions by id; drafts and ids that do not exist are left out."""
    known: dict[int, AskedForm] = current_app.extensions["form_versions"]
    wanted = list(dict.fromkeys(version_ids))
    if missing := [identifier for identifier in wanted if identifier not in known]:
        known.update(_read(missing))
    return {identifier: known[identifier] for identifier in wanted if identifier in known}


def version_tag(forms: dict[int | None, AskedForm]) -> str:
    """Return the versions as they travel in the form."""
    return ".".join(str(form.version_id) for form in forms.values())


def shown_forms(tag: str | None) -> dict[int | None, AskedForm]:
    """Return the versions that a form was shown with; the live ones when it does not say, or says nonsense."""
    if tag == "":
        return {}
    parts = (tag or "").split(".")
    if len(parts) > MOST_VERSIONS or not all(
        part.isascii() and part.isdigit() and len(part) < 10 for part in parts
    ):
        return live_forms()
    found = forms_of(int(part) for part in parts)
    scopes = {form.training_id: form for form in found.values()}
    return scopes if len(scopes) == len(parts) else live_forms()


def _read(version_ids: list[int]) -> dict[int, AskedForm]:
    versions = db.session.execute(
        select(FormVersion.id, FormVersion.training_id, FormVersion.content).where(
            FormVersion.id.in_(version_ids), FormVersion.state != "draft"
        )
    ).all()
    asked = {entry["id"] for version in versions for entry in version.content.get("questions", ())}
    questions = {
        row.id: row
        for row in db.session.execute(
            select(Question.id, Question.key, Question.type).where(Question.id.in_(asked))
        )
    }
    keys = dict(
        db.session.execute(select(Option.id, Option.key).where(Option.question_id.in_(asked))).tuples().all()
    )
    return {
        version.id: AskedForm(
            version.id,
            version.training_id,
            tuple(
                _question(entry, questions[entry["id"]], keys)
                for entry in version.content.get("questions", ())
            ),
        )
        for version in versions
    }


def _question(entry: dict[str, Any], row: Any, keys: dict[int, str]) -> AskedQuestion:
    return AskedQuestion(
        row.id,
        row.key,
        row.type,
        bool(entry.get("required")),
        entry.get("label") or {},
        entry.get("hint") or {},
        tuple(
            AskedOption(option["id"], keys[option["id"]], option.get("label") or {})
            for option in entry.get("options", ())
        ),
    )
