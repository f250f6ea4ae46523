"""Questions and versions of the form for tests, stored as the catalogue or the editor would store them."""

from __future__ import annotations

from typing import Any

from sets.catalogue.versions import bump_catalogue_version
from sets.clock import now
from sets.database import transaction
from sets.questionnaires.models import FormVersion, Option, Question


def a_question(
    key: str, kind: str = "short_text", *, options: tuple[str, ...] = (), **values: Any
) -> Question:
    """Store a question with its options, by key."""
    with transaction() as session:
        question = Question(key=key, type=kind, **values)
        question.options = [Option(key=option) for option in options]
        session.add(question)
    return question


def a_version(
    *questions: Question,
    state: str = "live",
    number: int = 1,
    training_id: int | None = None,
    required: tuple[str, ...] = (),
    words: dict[str, str] | None = None,
    show_if: dict[str, tuple[Question, list[Any]]] | None = None,
) -> int:
    """Store a version that asks these questions, worded from their keys, and return its id."""
    content = {
        "questions": [_entry(question, question.key in required, words or {}) for question in questions]
    }
    for entry, question in zip(content["questions"], questions, strict=True):
        if found := (show_if or {}).get(question.key):
            entry["show_if"] = {"question": found[0].id, "any": found[1]}
    with transaction() as session:
        if state == "live":
            session.query(FormVersion).filter_by(state="live", training_id=training_id).update(
                {"state": "past"}, synchronize_session=False
            )
        version = FormVersion(
            training_id=training_id, number=number, state=state, content=content, live_at=now(), revision=1
        )
        session.add(version)
        session.flush()
        bump_catalogue_version(session)
        return version.id


def _entry(question: Question, required: bool, words: dict[str, str]) -> dict[str, Any]:
    label = words.get(question.key, question.key)
    return {
        "id": question.id,
        "required": required,
        "label": {"fr": f"{label} (fr)", "en": f"{label} (en)"},
        "hint": {},
        "options": [
            {"id": option.id, "label": {"fr": f"{option.key} (fr)", "en": f"{option.key} (en)"}}
            for option in question.options
        ],
    }


def ask(
    training_id: int | None, key: str, *, options: tuple[str, ...] = (), required: bool = False
) -> Question:
    """Make a form live that asks one new question in a scope, and nothing else."""
    question = a_question(
        key, "choice" if options else "short_text", options=options, training_id=training_id
    )
    a_version(question, training_id=training_id, required=(key,) if required else ())
    return question
