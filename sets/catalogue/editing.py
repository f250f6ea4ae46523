"""Writing the texts of trainings and pages: one save is one step, stored beside the earlier ones.

Two people in one text: what only one of them changed is kept; where both changed the same part, nothing is stored and
both are shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from ..database import db, transaction
from ..staff.activity import record_activity
from .models import BegunText, PageText, TextStep, TrainingText
from .parts import (
    HEADING,
    JOINT,
    NEW,
    PAGE_KIND,
    TRAININGS,
    WORDS,
    Parts,
    as_stored,
    faults,
    flat,
    marks_after,
    missing,
    nested,
    split,
)
from .subjects import StoredText, Subject, read_subject
from .text_steps import list_steps, note_step
from .versions import bump_catalogue_version

Typed = Mapping[str, Mapping[str, str]]


class TextsRefused(ValueError):  # noqa: N818  (a refusal)
    """The texts cannot be stored: `problems` are sentences by (language, part), nothing was stored."""

    def __init__(self, problems: Mapping[tuple[str, str], str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = dict(problems)


class TextsChanged(ValueError):  # noqa: N818  (a refusal)
    """Somebody stored other words for a part that was changed here too.

    `theirs` are those words by (language, part); `merged` is everything else put together; `subject` what is stored.
    """

    def __init__(
        self, subject: Subject, merged: dict[str, Parts], theirs: Mapping[tuple[str, str], str]
    ) -> None:
        super().__init__(", ".join(f"{code}: {name}" for code, name in theirs))
        self.subject, self.merged, self.theirs = subject, merged, dict(theirs)


@dataclass(frozen=True)
class Saved:
    """The languages that a save changed, and those of them that are not whole and so not shown yet."""

    languages: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)


def save_texts(
    kind: str, key: str, typed: Typed, *, revisions: Mapping[str, int], right: Collection[str] = (),
    account_id: int | None = None,
) -> Saved:  # fmt: skip
    """Store what was typed, by language and part; public pages show it at once.

    `revisions` are those of the texts that were on the form, `right` the languages of which somebody says that they
    fit the first one as it is now. Raises LookupError, TextsChanged, TextsRefused.
    """
    with transaction():
        subject = _locked(kind, key)
        finals, theirs = _put_together(subject, typed, revisions)
        if theirs:
            raise TextsChanged(subject, finals, theirs)
        subject, finals = _with_sections(subject, finals)
        _check(subject, finals)
        return _store(subject, finals, right, "written", account_id)


def bring_back(kind: str, key: str, number: int, *, latest: int, account_id: int | None = None) -> Saved:
    """Make an earlier step the present text again, as a new step.

    `latest` is the number of the last step that was on the page. Raises LookupError, and TextsChanged when another one
    was stored meanwhile.
    """
    with transaction():
        subject = _locked(kind, key)
        steps = {step.number: step for step in _steps(subject)}
        if max(steps, default=0) != latest:
            raise TextsChanged(subject, {}, {})
        if number not in steps:
            raise LookupError(number)
        content = steps[number].content
        finals = {
            code: flat(text["fields"])
            for code, text in content.items()
            # What readers see stays whole.
            if code in subject.languages and not (text["begun"] and subject.completeness(code).is_shown)
        }
        orders = [list(text["fields"].get("order", ())) for text in content.values()]
        if subject.outline.is_open and orders:
            subject = replace(subject, outline=replace(subject.outline, sections=tuple(orders[0])))
        return _store(subject, finals, (), "brought_back", account_id)


def content_of(subject: Subject | None) -> dict[str, Any]:
    """Return what a step keeps of the texts."""
    texts = subject.texts if subject else {}
    return {
        code: {"fields": dict(text.fields), "revision": text.revision, "begun": text.is_begun}
        for code, text in texts.items()
    }


def _locked(kind: str, key: str) -> Subject:
    subject = read_subject(kind, key, lock=True)
    if subject is None:
        raise LookupError(key)
    return subject


def _put_together(
    subject: Subject, typed: Typed, revisions: Mapping[str, int]
) -> tuple[dict[str, Parts], dict[tuple[str, str], str]]:
    """Return the texts with what was typed in them, and others' words where both changed the same part."""
    finals: dict[str, Parts] = {}
    theirs: dict[tuple[str, str], str] = {}
    for code in (one for one in subject.languages if one in typed):
        stored = subject.parts(code)
        mine = {name: as_stored(words, name, stored.get(name, "")) for name, words in typed[code].items()}
        finals[code] = stored | mine
        if revisions.get(code, 0) == subject.revision(code):
            continue
        base = _earlier(subject, code, revisions.get(code, 0))
        for name, words in mine.items():
            now_there, then = stored.get(name, ""), base.get(name, "") if base is not None else None
            if words == now_there:
                continue
            if then is not None and as_stored(words, name, then) == then:
                finals[code][name] = now_there
            elif then is None or now_there != then:
                theirs[code, name] = now_there
    return finals, theirs


def _earlier(subject: Subject, language: str, revision: int) -> Parts | None:
    """Return a language's text as it was at a revision, where a step has kept it."""
    if revision == 0:
        return {}
    for step in _steps(subject):
        text = step.content.get(language)
        if text and text["revision"] == revision:
            return flat(text["fields"])
    return None


def _steps(subject: Subject) -> list[TextStep]:
    return list_steps(subject.kind, subject.key)


def _with_sections(subject: Subject, finals: dict[str, Parts]) -> tuple[Subject, dict[str, Parts]]:
    """Give a new section its key, and take away those that are empty in every language."""
    if not subject.outline.is_open:
        return subject, finals
    sections = list(subject.outline.sections)
    # A section that somebody took away while another one wrote in it stays.
    written = [split(name)[0] for parts in finals.values() for name, words in parts.items() if words]
    sections += [key for key in dict.fromkeys(written) if key not in (*sections, "", NEW)]
    fresh = {
        code: [parts.pop(f"{NEW}{JOINT}{end}", "") for end in (HEADING, WORDS)]
        for code, parts in finals.items()
    }
    if any(words for both in fresh.values() for words in both):
        key = _new_key(next((both[0] for both in fresh.values() if both[0]), ""), sections)
        sections.append(key)
        for code, (heading, words) in fresh.items():
            finals[code] |= {f"{key}{JOINT}{HEADING}": heading, f"{key}{JOINT}{WORDS}": words}
    everywhere = {
        code: finals.get(code, subject.parts(code)) for code in subject.texts.keys() | finals.keys()
    }
    kept = [
        key
        for key in sections
        if any(parts.get(f"{key}{JOINT}{end}") for parts in everywhere.values() for end in (HEADING, WORDS))
    ]
    return replace(subject, outline=replace(subject.outline, sections=tuple(kept))), finals


def _new_key(heading: str, taken: list[str]) -> str:
    letters = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40].strip("-")
    key = words if words[:1].isalpha() else f"section-{words}".strip("-")
    number = 1
    while (found := key if number == 1 else f"{key}-{number}") in taken:
        number += 1
    return found


def _check(subject: Subject, finals: Mapping[str, Parts]) -> None:
    problems: dict[tuple[str, str], str] = {}
    for code, parts in finals.items():
        stored = subject.texts.get(code)
        problems |= {(code, name): words for name, words in faults(parts, subject.parts(code))}
        is_shown = stored is not None and not stored.is_begun
        if is_shown or (subject.kind == PAGE_KIND and any(parts.values())):
            for name in missing(parts, subject.outline):
                problems[code, name] = _("Write this part: readers see this text, so it must be whole.")
    if problems:
        raise TextsRefused(problems)


def _store(
    subject: Subject, finals: Mapping[str, Parts], right: Collection[str], how: str, account_id: int | None
) -> Saved:
    source_before = subject.parts(subject.source)
    source_after = {**source_before, **finals.get(subject.source, {})}
    texts = {}
    for code in subject.languages:
        old = subject.texts.get(code)
        new = _next(subject, code, finals.get(code, old.parts if old else {}))
        if new is not None:
            marks = marks_after(
                old.parts if old else {}, flat(new.fields), old.marks if old else None,
                source_before=source_before, source_after=source_after,
                is_right=code in right or code == subject.source,
            )  # fmt: skip
            texts[code] = replace(new, marks=marks)
    changed = [code for code, text in texts.items() if text.revision != subject.revision(code)]
    if not changed and not right:
        return Saved()
    if changed and subject.kind == PAGE_KIND:
        # A page of the package that the team writes is the programme's own from then on, in every language.
        texts = {code: replace(text, fields=_own(text.fields)) for code, text in texts.items()}
    for code, text in texts.items():
        if text != subject.texts.get(code):
            _write(subject, code, text)
    db.session.flush()
    if changed:
        before, after = content_of(subject), content_of(replace(subject, texts=texts))
        note_step(db.session, subject.kind, subject.key, before, after, how=how, account_id=account_id)
        record_activity(
            f"texts_{how}", subject_type=subject.kind,
            subject_id=subject.training.id if subject.training else subject.key, rows=len(changed),
        )  # fmt: skip
        bump_catalogue_version(db.session)
    return Saved(changed, [code for code in changed if texts[code].is_begun])


def _next(subject: Subject, language: str, parts: Parts) -> StoredText | None:
    """Return the text as it is to be stored; None where there is nothing."""
    old = subject.texts.get(language)
    if not any(parts.values()) and old is None:
        return None
    order = old.fields.get("order", ()) if old else ()
    fields = nested(parts, subject.outline, order)
    is_begun = subject.kind == TRAININGS and bool(missing(parts, subject.outline))
    if old and flat(fields) == old.parts and is_begun == old.is_begun:
        return old
    return StoredText(fields, (old.revision if old else 0) + 1, None, is_begun)


def _own(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "general"}


def _write(subject: Subject, language: str, text: StoredText) -> None:
    values: dict[str, Any] = {"fields": dict(text.fields), "revision": text.revision}
    values["translated_from"] = dict(text.marks or {})
    if subject.kind == PAGE_KIND:
        _put(PageText, {"key": subject.key, "language": language}, values | {"title": text.fields["title"]})
        return
    row = {"training_id": subject.training.id, "language": language}
    if text.is_begun:
        _put(BegunText, row, values)
        return
    _take_away(BegunText, row)
    if language != subject.source and not replace(subject, texts={**subject.texts, language: text}).outdated(
        language
    ):
        values["based_on_revision"] = subject.revision(subject.source)
    _put(TrainingText, row, values | {"title": text.fields["title"]})


def _put(model: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    query = update(model).filter_by(**key).values(**values).execution_options(synchronize_session=False)
    result: Any = db.session.execute(query)
    if not result.rowcount:
        db.session.add(model(**key, **values))


def _take_away(model: Any, key: Mapping[str, Any]) -> None:
    for row in db.session.scalars(select(model).filter_by(**key)):
        db.session.delete(row)
