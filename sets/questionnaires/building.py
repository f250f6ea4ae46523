"""The form's own questions: which version is live for each scope, and the fields of the version that was shown.

A scope is a training, or None for the general questions. Versions that were ever live never change, so each process
reads one once. A form opened on version 3 and sent when 4 is live is checked against 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from markupsafe import Markup
from sqlalchemy import select
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from ..catalogue.showing import snapshot
from ..database import db
from ..forms import SiteForm
from .asked import AskedOption, AskedQuestion, only_if_words, words_field
from .conditions import condition_of
from .models import FormVersion, Option, Question

# Versions travel in the form as "3.8.12"; more than this many is nobody's form.
MOST_VERSIONS = 60


@dataclass(frozen=True)
class AskedForm:
    """One version of the form in one scope."""

    version_id: int
    training_id: int | None
    questions: tuple[AskedQuestion, ...]


@dataclass(frozen=True)
class ShownQuestion:
    """One question on a page: its field, the line for words beside a choice, and when it is asked.

    `decider` is the name of the field on this page that decides, and `values` those at which it is asked. What the form
    beside decides on comes after that form (`is_after`), or nobody would see that it is asked now.
    """

    field: Any
    words: Any = None
    open_value: str = ""
    decider: str = ""
    values: tuple[str, ...] = ()
    is_after: bool = False


class QuestionsForm(BaseForm):
    """The fields of one version in its order, bound to what was sent; to be validated where its training was chosen.

    Where nothing was sent, `stored` answers (by question id) are in the fields. A question may be asked only where an
    earlier one has a certain answer: of this form, of the form `beside` it on the page, or given before (`given`).
    """

    def __init__(
        self,
        asked: AskedForm,
        language: str,
        sent: Any = None,
        stored: Mapping[str, Any] | None = None,
        *,
        beside: QuestionsForm | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> None:
        self.asked, self.stored, self.beside = asked, dict(stored or {}), beside
        self._given, self._language = dict(given or {}), language
        fields: dict[str, Any] = {}
        typed: dict[str, Any] = {}
        for question in asked.questions:
            fields[question.name] = question.kind.field(question, language)
            if question.open_option:
                fields[words_name(question)] = words_field(question.open_option, language)
            if (value := self.stored.get(str(question.id))) is not None:
                typed[question.name] = question.kind.typed(question, value)
                typed[words_name(question)] = question.kind.words(value)
        super().__init__(fields, meta=_Meta())
        self.process(sent, data=typed)
        self._say_when()

    def answers(self) -> dict[str, Any]:
        """Return what is to be stored, by question id; questions left open are not there, nor those not asked."""
        return self._followed()[0]

    def validate(self, *_arguments: Any, **_options: Any) -> bool:
        """Check the fields of the questions that are asked, given the answers to the earlier ones."""
        asked = self._followed()[1]
        for question in self.asked.questions:
            for name in (question.name, words_name(question)):
                if name in self:
                    self[name].errors = ()
                    if question.id in asked:
                        self[name].validate(self)
        return not self.errors

    @property
    def shown(self) -> list[ShownQuestion]:
        """The questions of the page, in order: all that may come to be asked while it is filled in."""
        here = self._deciders()
        after = {question.id for question in self.beside.asked.questions} if self.beside else set()
        questions = []
        for question in self.asked.questions:
            condition = question.show_if
            if condition and condition.question_id in after:
                after.add(question.id)
            decider = here.get(condition.question_id) if condition else None
            if condition and decider is None and not condition.holds(self._given | self.stored):
                continue
            questions.append(
                ShownQuestion(
                    self[question.name],
                    self[words_name(question)] if question.open_option else None,
                    question.open_option.key if question.open_option else "",
                    decider.name if decider else "",
                    decider.values_of(condition) if decider and condition else (),
                    question.id in after,
                )
            )
        return questions

    @property
    def is_branching(self) -> bool:
        """Whether the page has something to show and to hide."""
        return any(question.show_if or question.open_option for question in self.asked.questions)

    def _followed(self) -> tuple[dict[str, Any], set[int]]:
        """Return the answers, and the ids of the questions that are asked, each after the one that decides on it."""
        here = {question.id: question for question in self.asked.questions}
        elsewhere = {key: value for key, value in (self._given | self.stored).items() if int(key) not in here}
        found = elsewhere | (self.beside.answers() if self.beside else {})
        asked: set[int] = set()
        visited: set[int] = set()

        def follow(question: AskedQuestion) -> None:
            if question.id in visited:
                return
            visited.add(question.id)
            if condition := question.show_if:
                # One that is asked no more stands after those that depend on it.
                if condition.question_id in here:
                    follow(here[condition.question_id])
                if not condition.holds(found):
                    return
            asked.add(question.id)
            if (value := self._value(question)) is not None:
                found[str(question.id)] = value

        for question in self.asked.questions:
            follow(question)
        return {key: found[key] for key in map(str, here) if int(key) in asked and key in found}, asked

    def _value(self, question: AskedQuestion) -> Any:
        words = self[words_name(question)].data if question.open_option else ""
        value = question.kind.stored(question, self[question.name].data, words or "")
        earlier = self.stored.get(str(question.id))
        return earlier if question.kind.keeps_first and None not in (earlier, value) else value

    def _deciders(self) -> dict[int, AskedQuestion]:
        """Return the questions of the page that others may depend on."""
        asked = (*(self.beside.asked.questions if self.beside else ()), *self.asked.questions)
        return {question.id: question for question in asked if question.kind.decides}

    def _say_when(self) -> None:
        """Add to the hints after which answers a question is to be answered: for readers without the script."""
        here = self._deciders()
        for question in self.asked.questions:
            decider = here.get(question.show_if.question_id) if question.show_if else None
            if question.show_if and decider:
                field = self[question.name]
                words = only_if_words(decider, question.show_if, self._language)
                field.description = Markup('{} <span class="only-if">{}</span>').format(
                    field.description, words
                )


def words_name(question: AskedQuestion) -> str:
    """Return the name of the field for words beside a choice."""
    return f"{question.name}-words"


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


def asked_form(version: Any) -> AskedForm:
    """Return what a version asks: a draft's form is made anew each time, since it changes."""
    return _made([version])[version.id]


def _read(version_ids: list[int]) -> dict[int, AskedForm]:
    versions = db.session.execute(
        select(FormVersion.id, FormVersion.training_id, FormVersion.content).where(
            FormVersion.id.in_(version_ids), FormVersion.state != "draft"
        )
    ).all()
    return _made(versions)


def _made(versions: Iterable[Any]) -> dict[int, AskedForm]:
    versions = list(versions)
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
                _question(entry, questions[entry["id"]], keys, version.id)
                for entry in version.content.get("questions", ())
            ),
        )
        for version in versions
    }


def _question(entry: dict[str, Any], row: Any, keys: dict[int, str], version_id: int) -> AskedQuestion:
    return AskedQuestion(
        row.id,
        row.key,
        row.type,
        bool(entry.get("required")),
        entry.get("label") or {},
        entry.get("hint") or {},
        tuple(
            AskedOption(option["id"], keys[option["id"]], option.get("label") or {}, bool(option.get("text")))
            for option in entry.get("options", ())
        ),
        show_if=condition_of(entry.get("show_if")),
        whole=bool(entry.get("whole")),
        lowest=entry.get("lowest"),
        highest=entry.get("highest"),
        version_id=version_id,
    )
