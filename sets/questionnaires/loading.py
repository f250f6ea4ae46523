"""The questions of a catalogue folder: rows with ids for ever, and a live version of the form for each scope.

Shared steps of `pages.loading`, which opens the transaction. What is asked already keeps its id, its kind and its
scope: answers are stored under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from ..catalogue.models import Training
from ..catalogue.reading import CatalogueRefused
from ..clock import now
from ..database import db
from .models import FormVersion, Option, Question


def store_questions(session: Any, declared: Iterable[Mapping[str, Any]]) -> bool:
    """Make the questions and the live forms say what the folder says; tell whether anything changed.

    Raises CatalogueRefused when a question that exists would change its kind or its scope.
    """
    declared = list(declared)
    trainings = {training.slug: training.id for training in session.scalars(select(Training))}
    known = {question.key: question for question in session.scalars(select(Question))}
    _refuse_other_kinds(declared, known, trainings)
    changed = False
    scopes: dict[int | None, list[dict[str, Any]]] = {scope: [] for scope in (None, *trainings.values())}
    for entry in declared:
        scope = trainings[entry["training"]] if "training" in entry else None
        question = known.pop(entry["key"], None)
        if question is None:
            question = Question(key=entry["key"], type=entry["type"], training_id=scope)
            session.add(question)
        changed |= _bring_back(question)
        changed |= _store_options(session, question, entry.get("options", ()))
        session.flush()
        scopes[scope].append(_content(question, entry))
    for question in known.values():
        changed |= _retire(question)
    for scope, contents in scopes.items():
        changed |= _store_version(session, scope, contents)
    return changed


def written_questions() -> list[dict[str, Any]]:
    """Return the questions of the live forms, as their file declares them."""
    slugs = dict(db.session.execute(select(Training.id, Training.slug)).tuples().all())
    rows = {question.id: question for question in db.session.scalars(select(Question))}
    live = db.session.scalars(
        select(FormVersion)
        .outerjoin(Training, Training.id == FormVersion.training_id)
        .where(FormVersion.state == "live")
        .order_by(func.coalesce(Training.position, 0))
    )
    return [
        _declared(entry, rows[entry["id"]], slugs) for form in live for entry in form.content["questions"]
    ]


def _refuse_other_kinds(
    declared: list[Mapping[str, Any]], known: Mapping[str, Question], trainings: Mapping[str, int]
) -> None:
    sentences = []
    for entry in declared:
        question = known.get(entry["key"])
        scope = trainings[entry["training"]] if "training" in entry else None
        if question and (question.type, question.training_id) != (entry["type"], scope):
            sentences.append(
                f"questions.toml: the question “{entry['key']}” exists with another type or training, and its answers "
                "are kept under it. Give the new question another key."
            )
    if sentences:
        raise CatalogueRefused(sentences)


def _store_options(session: Any, question: Question, declared: Iterable[Mapping[str, Any]]) -> bool:
    changed = False
    known = {option.key: option for option in question.options}
    for entry in declared:
        option = known.pop(entry["key"], None)
        if option is None:
            question.options.append(Option(key=entry["key"]))
            # One by one, so that ids follow the order of the file.
            session.flush()
            changed = True
        else:
            changed |= _bring_back(option)
    for option in known.values():
        changed |= _retire(option)
    return changed


def _store_version(session: Any, scope: int | None, questions: list[dict[str, Any]]) -> bool:
    content = {"questions": questions}
    versions = select(FormVersion).where(FormVersion.training_id.is_(scope) if scope is None
                                         else FormVersion.training_id == scope)  # fmt: skip
    live = session.scalar(versions.where(FormVersion.state == "live"))
    if (live.content if live else {"questions": []}) == content:
        return False
    if live:
        live.state = "past"
        session.flush()
    last = max((version.number for version in session.scalars(versions)), default=0)
    session.add(FormVersion(training_id=scope, number=last + 1, state="live", content=content, live_at=now()))
    session.flush()
    return True


def _content(question: Question, entry: Mapping[str, Any]) -> dict[str, Any]:
    ids = {option.key: option.id for option in question.options}
    content = {
        "id": question.id,
        "required": entry["required"],
        "label": dict(entry["label"]),
        "hint": dict(entry.get("hint", {})),
    }
    if entry.get("options"):
        content["options"] = [
            {"id": ids[option["key"]], "label": dict(option["label"])} for option in entry["options"]
        ]
    return content


def _declared(entry: Mapping[str, Any], question: Question, slugs: Mapping[int, str]) -> dict[str, Any]:
    keys = {option.id: option.key for option in question.options}
    declared: dict[str, Any] = {"key": question.key, "type": question.type}
    if question.training_id is not None:
        declared["training"] = slugs[question.training_id]
    declared |= {"required": entry["required"], "label": entry["label"]}
    if entry.get("hint"):
        declared["hint"] = entry["hint"]
    if entry.get("options"):
        declared["options"] = [
            {"key": keys[option["id"]], "label": option["label"]} for option in entry["options"]
        ]
    return declared


def _bring_back(row: Question | Option) -> bool:
    was_retired, row.retired_at = row.retired_at is not None, None
    return was_retired


def _retire(row: Question | Option) -> bool:
    if row.retired_at is not None:
        return False
    row.retired_at = now()
    return True
