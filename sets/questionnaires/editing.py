"""What the team does to the questions of a scope: each step changes its draft, which begins as the live form.

Nobody who registers sees a draft. Questions and choices are rows from the first moment on: their ids are for ever.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from ..clock import now
from ..database import db, transaction
from ..installation import Installation
from ..staff.activity import record_activity
from . import faults
from .content import plain_question
from .models import FormVersion, Option, Question
from .scopes import mark_of_version
from .translating import keep_in_step, mark_of

UP, DOWN = "up", "down"


class FormRefused(Exception):  # noqa: N818
    """A step that cannot be taken: "changed", "not_found", "asked", "depends", "same"; `sentences` may say why."""

    def __init__(self, reason: str, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.reason, self.sentences = reason, list(sentences)


@dataclass(frozen=True)
class WrittenOption:
    """A choice as it was written; a new one has no id."""

    id: int | None
    label: dict[str, str]
    text: bool = False


@dataclass(frozen=True)
class WrittenQuestion:
    """A question as it was written. `right`: languages whose translation is said to be right as it stands."""

    type: str
    label: dict[str, str]
    hint: dict[str, str] = field(default_factory=dict)
    required: bool = False
    options: tuple[WrittenOption, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    right: frozenset[str] = frozenset()


def add_question(training_id: int | None, written: WrittenQuestion, *, source: str, account_id: int) -> int:
    """Add a question at the end of the scope's draft and return its id. `source` is the first language."""
    with transaction() as session:
        draft = open_draft(training_id, account_id)
        question = Question(
            key=_free_key(written.label.get(source, ""), _question_keys(), "question"),
            type=written.type,
            training_id=training_id,
        )
        session.add(question)
        session.flush()
        content = deepcopy(draft.content)
        content["questions"].append(_entry(question, None, written, source))
        store_draft(draft, content, account_id)
        return question.id


def write_question(
    training_id: int | None,
    question_id: int,
    written: WrittenQuestion,
    *,
    tag: str,
    source: str,
    account_id: int,
) -> None:
    """Store what a question of the draft says.

    `tag` is that of the question as it was read. Raises FormRefused: "changed" when somebody else stored it otherwise
    since; "asked" when another kind is wanted of a question that was asked already; "depends" when another question
    needs a choice that would be gone; "not_found".
    """
    with transaction() as session:
        draft = open_draft(training_id, account_id)
        content = deepcopy(draft.content)
        at = _place(content, question_id)
        before = content["questions"][at]
        question = session.get_one(Question, question_id)
        if written.type != question.type:
            if was_asked(question_id):
                raise FormRefused("asked")
            if decides_on(content, question_id):
                raise FormRefused("depends", _("Another question depends on the answer to this one."))
            question.type = written.type
        elif tag != entry_tag(before):
            if plain_question(_entry(question, before, written, source)) == plain_question(before):
                return
            raise FormRefused("changed")
        content["questions"][at] = _entry(question, before, written, source)
        store_draft(draft, content, account_id)


def move_question(
    training_id: int | None, question_id: int, direction: str, *, mark: str, account_id: int
) -> None:
    """Move a question of the draft one place up or down; at the end of the list it stays.

    Raises FormRefused: "changed", "not_found", or "depends" when it would pass a question that one depends on.
    """
    with transaction():
        draft = open_draft(training_id, account_id, mark)
        content = deepcopy(draft.content)
        questions, at = content["questions"], _place(content, question_id)
        other = at + (-1 if direction == UP else 1)
        if not 0 <= other < len(questions):
            return
        questions[at], questions[other] = questions[other], questions[at]
        store_draft(draft, content, account_id)


def retire_question(training_id: int | None, question_id: int, *, mark: str, account_id: int) -> None:
    """Take a question out of the draft; its answers stay, and it can be restored.

    Raises FormRefused: "changed", "not_found", or "depends" when another question is asked after an answer to it.
    """
    with transaction():
        draft = open_draft(training_id, account_id, mark)
        content = deepcopy(draft.content)
        entry = content["questions"].pop(_place(content, question_id))
        content["aside"] = [*content.get("aside", ()), entry]
        store_draft(draft, content, account_id)


def restore_question(training_id: int | None, question_id: int, *, mark: str, account_id: int) -> None:
    """Put a retired question back, at the end of the draft, in its newest words. Raises FormRefused."""
    with transaction():
        draft = open_draft(training_id, account_id, mark)
        content = deepcopy(draft.content)
        entry = retired_entries(training_id, content).get(question_id)
        if entry is None:
            raise FormRefused("not_found")
        content["questions"].append(entry)
        content["aside"] = [one for one in content.get("aside", ()) if one["id"] != question_id]
        store_draft(draft, content, account_id)


def discard_draft(training_id: int | None, *, mark: str, account_id: int) -> None:
    """Forget the draft of a scope, with the questions and choices that were never asked. Raises FormRefused."""
    with transaction() as session:
        lock_forms(session)
        draft = find_version(training_id, "draft")
        if draft is None or mark_of_version(draft) != mark:
            raise FormRefused("changed")
        mentioned = [*draft.content["questions"], *draft.content.get("aside", ())]
        record_activity(
            "form_draft_discarded", subject_type="form", subject_id=draft.id, account_id=account_id
        )
        session.delete(draft)
        session.flush()
        _forget_unused(session, [entry["id"] for entry in mentioned], training_id)


def retired_entries(training_id: int | None, content: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the questions of a scope that are not in that content, by id, each in its newest words."""
    versions = db.session.scalars(
        select(FormVersion)
        .where(_scope(training_id), FormVersion.state != "draft")
        .order_by((FormVersion.state == "live"), FormVersion.number)
    )
    found: dict[int, dict[str, Any]] = {}
    for version in [*(row.content for row in versions), content]:
        for entry in [*version.get("aside", ()), *version.get("questions", ())]:
            found[entry["id"]] = entry
    for entry in content.get("aside", ()):
        found[entry["id"]] = entry
    asked = {entry["id"] for entry in content.get("questions", ())}
    return {identifier: deepcopy(entry) for identifier, entry in found.items() if identifier not in asked}


def was_asked(question_id: int) -> bool:
    """Tell whether a question was ever in a form that people could fill in."""
    versions = db.session.scalars(select(FormVersion.content).where(FormVersion.state != "draft"))
    return any(entry["id"] == question_id for content in versions for entry in content["questions"])


def decides_on(content: Mapping[str, Any], question_id: int) -> list[dict[str, Any]]:
    """Return the questions that are asked only after an answer to that one."""
    return [
        entry for entry in content["questions"] if (entry.get("show_if") or {}).get("question") == question_id
    ]


def entry_tag(entry: Mapping[str, Any]) -> str:
    """Return a mark of what a question says, for forms to carry."""
    return mark_of(json.dumps(plain_question(entry), sort_keys=True))


def find_version(training_id: int | None, state: str) -> FormVersion | None:
    """Return the live version of a scope, or its draft."""
    return db.session.scalar(select(FormVersion).where(_scope(training_id), FormVersion.state == state))


def lock_forms(session: Any) -> None:
    """Let nobody else change a form until this transaction ends."""
    session.execute(select(Installation.id).where(Installation.id == 1).with_for_update())


def open_draft(training_id: int | None, account_id: int, mark: str | None = None) -> FormVersion:
    """Return the draft of a scope, inside the open transaction; begun from the live form where there is none.

    `mark` is that of the version that was shown. Raises FormRefused("changed") when it is another one now.
    """
    lock_forms(db.session)
    draft, live = find_version(training_id, "draft"), find_version(training_id, "live")
    if mark is not None and mark != mark_of_version(draft or live):
        raise FormRefused("changed")
    if draft is None:
        content = deepcopy(live.content) if live else {"questions": []}
        draft = FormVersion(
            training_id=training_id, number=next_number(training_id), state="draft", content=content,
            author_id=account_id, changed_at=now(), revision=0,
        )  # fmt: skip
        db.session.add(draft)
        db.session.flush()
        record_activity("form_draft_begun", subject_type="form", subject_id=draft.id, account_id=account_id)
    return draft


def store_draft(draft: FormVersion, content: dict[str, Any], account_id: int) -> None:
    """Store what a draft says. Raises FormRefused("depends") when a question would look at one that is not there."""
    if sentences := faults.broken(draft.training_id, content):
        raise FormRefused("depends", *sentences)
    draft.content = content
    draft.author_id, draft.changed_at, draft.revision = account_id, now(), draft.revision + 1


def next_number(training_id: int | None) -> int:
    """Return the number that the next version of a scope has."""
    return int(db.session.scalar(select(func.max(FormVersion.number)).where(_scope(training_id))) or 0) + 1


def _scope(training_id: int | None) -> Any:
    return (
        FormVersion.training_id.is_(None) if training_id is None else FormVersion.training_id == training_id
    )


def _place(content: Mapping[str, Any], question_id: int) -> int:
    for at, entry in enumerate(content["questions"]):
        if entry["id"] == question_id:
            return at
    raise FormRefused("not_found")


def _entry(
    question: Question, before: Mapping[str, Any] | None, written: WrittenQuestion, source: str
) -> dict[str, Any]:
    """Return what the content says of a question; choices that are new become rows."""
    entry: dict[str, Any] = {"id": question.id, "required": written.required, "label": written.label}
    entry["hint"] = written.hint
    entry |= {name: value for name, value in written.parts.items() if value not in (None, False)}
    for name in ("label", "hint"):
        keep_in_step(before, entry, name, source, right=written.right)
    known = {option["id"]: option for option in (before or {}).get("options", ())}
    if written.options:
        entry["options"] = []
    for option in written.options:
        stored: dict[str, Any] = {
            "id": option.id or _new_option(question, option, source),
            "label": option.label,
        }
        stored |= {"text": True} if option.text else {}
        keep_in_step(known.get(option.id or 0), stored, "label", source, right=written.right)
        entry["options"].append(stored)
    return entry


def _new_option(question: Question, written: WrittenOption, source: str) -> int:
    keys = {option.key for option in question.options}
    wanted = "other" if written.text else written.label.get(source, "")
    option = Option(key=_free_key(wanted, keys, "choice"))
    question.options.append(option)
    db.session.flush()
    return option.id


def _question_keys() -> set[str]:
    return set(db.session.scalars(select(Question.key)))


def _free_key(words: str, taken: Iterable[str], otherwise: str) -> str:
    """Return a key that reads like the words and is not taken yet; it never changes afterwards."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().casefold()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].strip("_")
    key = key if key and key[0].isalpha() else otherwise
    known, number, free = set(taken), 1, key
    while free in known:
        number += 1
        free = f"{key}_{number}"
    return free


def _forget_unused(session: Any, question_ids: list[int], training_id: int | None) -> None:
    """Delete the rows that no version names any more: they were begun in a draft, and nobody was ever asked."""
    named: set[int] = set()
    options: set[int] = set()
    for content in session.scalars(select(FormVersion.content).where(_scope(training_id))):
        for entry in [*content["questions"], *content.get("aside", ())]:
            named.add(entry["id"])
            options |= {option["id"] for option in entry.get("options", ())}
    for question in session.scalars(select(Question).where(Question.id.in_(question_ids))):
        for option in list(question.options):
            if option.id not in options:
                session.delete(option)
        session.flush()
        if question.id not in named:
            session.delete(question)


def refusal_words(refusal: FormRefused) -> list[str]:
    """Return why a step was not taken, in sentences."""
    if refusal.reason == "changed":
        return [
            _(
                "Somebody changed these questions meanwhile. This is how they are now: look again, then repeat."
            )
        ]
    if refusal.reason == "not_found":
        return [_("This question is not in the draft any more.")]
    if refusal.reason == "same":
        return [_("Nothing would change: this is what is live already.")]
    return refusal.sentences
