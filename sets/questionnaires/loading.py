"""The questions of a catalogue folder: rows with ids for ever, and a live version of the form for each scope.

Shared steps of `pages.loading`, which opens the transaction. What is asked already keeps its id, its kind and its
scope: answers are stored under them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from ..catalogue.models import Training, TrainingState
from ..catalogue.reading import CatalogueRefused
from ..catalogue.storing import read_setting, store_setting
from ..clock import now
from ..database import db
from .content import plain
from .models import FormVersion, Option, Question

# The live versions with which the last load agreed: the team has not changed them since.
LOADED = "loaded_forms"
NUMBER_PARTS = ("whole", "lowest", "highest")


def store_questions(session: Any, declared: Iterable[Mapping[str, Any]], *, replace: bool = False) -> bool:
    """Make the questions and the live forms say what the folder says; tell whether anything changed.

    Raises CatalogueRefused when a question that exists would change its kind or its scope, or when the team changed
    a form since the last load and the folder says something else. With `replace` the folder wins, over drafts too.
    """
    declared = list(declared)
    trainings = {training.slug: training.id for training in session.scalars(select(Training))}
    known = {question.key: question for question in session.scalars(select(Question))}
    _refuse_other_kinds(declared, known, trainings)
    changed = False
    asked: dict[str, Question] = {}
    scopes = _scopes_of_folder(session)
    begun = _only_begun(session)
    for entry in declared:
        scope = trainings[entry["training"]] if "training" in entry else None
        question = known.pop(entry["key"], None)
        if question is None:
            question = Question(key=entry["key"], type=entry["type"], training_id=scope)
            session.add(question)
        changed |= _bring_back(question)
        changed |= _store_options(session, question, entry.get("options", ()), begun)
        session.flush()
        asked[entry["key"]] = question
        scopes[scope].append(_content(question, entry, asked))
    slugs = {identifier: slug for slug, identifier in trainings.items()}
    refused = [] if replace else list(_edited(session, scopes, slugs))
    if refused:
        raise CatalogueRefused(refused)
    for scope, contents in scopes.items():
        changed |= _store_version(session, scope, contents)
    live = session.scalars(select(FormVersion.id).where(FormVersion.state == "live"))
    store_setting(session, LOADED, sorted(live))
    for question in known.values():
        if question.training_id in scopes and question not in begun:
            changed |= _retire(question)
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
    keys = dict(db.session.execute(select(Option.id, Option.key)).tuples().all())
    return [_declared(entry, rows, keys, slugs) for form in live for entry in form.content["questions"]]


def _scopes_of_folder(session: Any) -> dict[int | None, list[dict[str, Any]]]:
    """Return a list for each scope that a folder speaks of: trainings being written or retired are in none."""
    published = session.scalars(select(Training.id).where(Training.state == TrainingState.PUBLISHED))
    return {scope: [] for scope in (None, *published)}


def _only_begun(session: Any) -> set[Question | Option]:
    """Return the questions and options that drafts began, and nobody was asked: a folder has nothing to say of them."""
    named: dict[bool, tuple[set[int], set[int]]] = {True: (set(), set()), False: (set(), set())}
    for state, content in session.execute(select(FormVersion.state, FormVersion.content)):
        questions, options = named[state == "draft"]
        for entry in content["questions"]:
            questions.add(entry["id"])
            options |= {option["id"] for option in entry.get("options", ())}
    begun, asked = named[True], named[False]
    return {
        *session.scalars(select(Question).where(Question.id.in_(begun[0] - asked[0]))),
        *session.scalars(select(Option).where(Option.id.in_(begun[1] - asked[1]))),
    }


def _edited(session: Any, scopes: Mapping[int | None, Any], slugs: Mapping[int, str]) -> Iterator[str]:
    """Yield a sentence for each form that the team changed since the last load and the folder words otherwise."""
    loaded = read_setting(LOADED) or []
    rows = session.scalars(select(FormVersion).where(FormVersion.state.in_(("live", "draft"))))
    versions = {(row.training_id, row.state): row for row in rows if row.training_id in scopes}
    for (training_id, state), row in versions.items():
        live = versions.get((training_id, "live"))
        is_theirs = state == "draft" or (row.author_id is not None and row.id not in loaded)
        # What would not change is nobody's loss: a draft goes on beside the live form that it began as.
        if not is_theirs or plain(live.content if live else None) == plain(
            {"questions": scopes[training_id]}
        ):
            continue
        form = f"of the training “{slugs[training_id]}”" if training_id else "that everybody is asked"
        did = "is changing" if state == "draft" else "changed"
        yield (
            f"questions.toml: the team {did} the questions {form}, and this file says something else. Write theirs "
            "down first (catalogue export), or load with --replace to put this file in their place."
        )


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


def _store_options(
    session: Any, question: Question, declared: Iterable[Mapping[str, Any]], begun: set[Question | Option]
) -> bool:
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
        if option not in begun:
            changed |= _retire(option)
    return changed


def _store_version(session: Any, scope: int | None, questions: list[dict[str, Any]]) -> bool:
    content = {"questions": questions}
    versions = select(FormVersion).where(FormVersion.training_id.is_(scope) if scope is None
                                         else FormVersion.training_id == scope)  # fmt: skip
    live = session.scalar(versions.where(FormVersion.state == "live"))
    if plain(live.content if live else None) == plain(content):
        return False
    if draft := session.scalar(versions.where(FormVersion.state == "draft")):
        session.delete(draft)
    if live:
        live.state = "past"
        session.flush()
    last = max((version.number for version in session.scalars(versions)), default=0)
    session.add(FormVersion(training_id=scope, number=last + 1, state="live", content=content, live_at=now()))
    session.flush()
    return True


def _content(question: Question, entry: Mapping[str, Any], asked: Mapping[str, Question]) -> dict[str, Any]:
    ids = {option.key: option.id for option in question.options}
    content = {
        "id": question.id,
        "required": entry["required"],
        "label": dict(entry["label"]),
        "hint": dict(entry.get("hint", {})),
    }
    content |= {name: entry[name] for name in NUMBER_PARTS if name in entry}
    if condition := entry.get("show_if"):
        decider = asked[condition["question"]]
        keys = {option.key: option.id for option in decider.options}
        content["show_if"] = {
            "question": decider.id,
            "any": [one if isinstance(one, bool) else keys[one] for one in condition["any"]],
        }
    if entry.get("options"):
        content["options"] = [
            {"id": ids[option["key"]], "label": dict(option["label"])} | _text_mark(option)
            for option in entry["options"]
        ]
    return content


def _text_mark(option: Mapping[str, Any]) -> dict[str, bool]:
    return {"text": True} if option.get("text") else {}


def _declared(
    entry: Mapping[str, Any], rows: Mapping[int, Question], keys: Mapping[int, str], slugs: Mapping[int, str]
) -> dict[str, Any]:
    question = rows[entry["id"]]
    declared: dict[str, Any] = {"key": question.key, "type": question.type}
    if question.training_id is not None:
        declared["training"] = slugs[question.training_id]
    declared |= {"required": bool(entry.get("required")), "label": entry["label"]}
    declared |= {name: entry[name] for name in NUMBER_PARTS if entry.get(name) not in (None, False)}
    if condition := entry.get("show_if"):
        declared["show_if"] = {
            "question": rows[condition["question"]].key,
            "any": [one if isinstance(one, bool) else keys[one] for one in condition["any"]],
        }
    if entry.get("hint"):
        declared["hint"] = entry["hint"]
    if entry.get("options"):
        declared["options"] = [
            {"key": keys[option["id"]], "label": option["label"]} | _text_mark(option)
            for option in entry["options"]
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
