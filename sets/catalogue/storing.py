"""A catalogue folder's rows: stored where they differ from what is there, and read back for the export.

Shared steps of `pages.loading`, which opens the transaction and adds the questions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from ..clock import now
from ..database import db
from ..installation import Setting
from .models import PageText, Training, TrainingState, TrainingText
from .parts import PAGE_KIND, TRAININGS, Parts, flat, marks_after
from .reading import PAGE_FIELDS, PAGES, TRAINING_FIELDS, Folder
from .text_steps import note_step
from .texts import Text, write_text

PROGRAMME = "programme"


def store_folder(session: Any, folder: Folder) -> bool:
    """Make the rows say what the folder says; tell whether anything changed. No training is ever deleted."""
    kept = {training.slug: training for training in session.scalars(select(Training))}
    changed = store_setting(session, PROGRAMME, folder.programme)
    for position, declared in enumerate(folder.trainings, 1):
        slug = declared["slug"]
        training = kept.pop(slug, None)
        if training is None:
            training = Training(slug=slug)
            session.add(training)
        values = {
            "position": position, "hours": declared["hours"], "state": TrainingState.PUBLISHED,
            "reply_to": declared.get("reply_to"),
        }  # fmt: skip
        changed |= _set(training, values)
        changed |= _store_texts(session, training, folder.texts[slug], folder.programme["languages"][0])
    for training in kept.values():
        # What the team is still writing is none of the folder's business.
        if training.state != TrainingState.DRAFT:
            changed |= _set(training, {"state": TrainingState.RETIRED})
    changed |= _store_pages(session, folder)
    session.flush()
    return changed


def store_setting(session: Any, key: str, value: Any) -> bool:
    """Store a setting that the catalogue makes; tell whether it changed."""
    row = session.get(Setting, key)
    if row is not None and row.value == value:
        return False
    if row is None:
        row = Setting(key=key)
        session.add(row)
    row.value, row.changed_by, row.changed_at = value, None, now()
    return True


def read_setting(key: str) -> Any:
    """Return a setting's value, or None."""
    return db.session.scalar(select(Setting.value).where(Setting.key == key))


def written_texts(*, drafts: bool = False) -> dict[str, str]:
    """Return the Markdown files of the catalogue that is stored, by their path in its folder."""
    files = {}
    for training in shown_trainings(drafts=drafts):
        for language, text in training.texts.items():
            files[f"trainings/{training.slug}/{language}.md"] = write_text(text.fields, TRAINING_FIELDS)
    for page in db.session.scalars(select(PageText)):
        if not page.fields.get("general"):
            files[f"pages/{page.key}/{page.language}.md"] = write_text(page.fields, PAGE_FIELDS)
    return files


def declared_trainings() -> list[dict[str, Any]]:
    """Return the published trainings as their file declares them."""
    languages = list((read_setting(PROGRAMME) or {}).get("languages", ()))
    found = []
    for training in shown_trainings():
        own = [code for code in languages if code in training.texts]
        entry = {"slug": training.slug, "hours": training.hours}
        found.append(entry | {"texts_in": own if own != languages else None, "reply_to": training.reply_to})
    return found


def shown_trainings(*, drafts: bool = False) -> list[Training]:
    """Return the published trainings, in order; with `drafts` those that are being written too."""
    states = [TrainingState.PUBLISHED, *([TrainingState.DRAFT] if drafts else [])]
    query = select(Training).where(Training.state.in_(states)).order_by(Training.position, Training.id)
    return list(db.session.scalars(query))


def _store_texts(session: Any, training: Training, texts: Mapping[str, Text], first: str) -> bool:
    changed, known = False, bool(training.texts)
    before = _contents(training.texts)
    source_before, source_after = (
        _parts(training.texts.get(first)),
        flat(texts[first].stored()) if first in texts else {},
    )
    for language in sorted(texts, key=lambda code: code != first):
        fields = texts[language].stored()
        row = training.texts.get(language)
        if row is None:
            row = training.texts[language] = TrainingText(language=language, revision=0, fields={})
        _mark(row, fields, source_before, source_after, is_right=language == first)
        if row.fields == fields:
            continue
        row.title, row.fields, row.revision = fields["title"], fields, row.revision + 1
        row.based_on_revision = None if language == first else training.texts[first].revision
        changed = True
    for language in set(training.texts) - set(texts):
        del training.texts[language]
        changed = True
        if (brochure := training.brochures.get(language)) and brochure.source == "generated":
            del training.brochures[language]
    if changed and known:
        note_step(session, TRAININGS, training.slug, before, _contents(training.texts), how="loaded")
    return changed


def _store_pages(session: Any, folder: Folder) -> bool:
    changed = False
    kept = {(page.key, page.language): page for page in session.scalars(select(PageText))}
    for key in PAGES:
        rows = {language: row for (own, language), row in kept.items() if own == key}
        changed |= _store_page(session, folder, key, rows)
    return changed


def _store_page(session: Any, folder: Folder, key: str, rows: dict[str, PageText]) -> bool:
    texts = folder.pages.get(key) or folder.general[key]
    first = folder.programme["languages"][0]
    before, changed = _contents(rows), False
    source_before, source_after = (
        _parts(rows.get(first)),
        flat(texts[first].stored()) if first in texts else {},
    )
    stored = {}
    for language, text in texts.items():
        fields = text.stored()
        if key in folder.general:
            fields["general"] = True
        row = rows.get(language)
        if row is None:
            row = PageText(key=key, language=language, revision=0, fields={})
            session.add(row)
        _mark(row, fields, source_before, source_after, is_right=language == first)
        if row.fields != fields:
            row.title, row.fields, row.revision = fields["title"], fields, row.revision + 1
            changed = True
        stored[language] = row
    for language in set(rows) - set(texts):
        session.delete(rows[language])
        changed = True
    if changed and rows:
        note_step(session, PAGE_KIND, key, before, _contents(stored), how="loaded")
    return changed


def _mark(
    row: Any,
    fields: dict[str, Any],
    source_before: dict[str, str],
    source_after: dict[str, str],
    *,
    is_right: bool,
) -> None:
    """Note of which words of the first language each part of a text is the translation."""
    marks = marks_after(
        _parts(row), flat(fields), row.translated_from,
        source_before=source_before, source_after=source_after, is_right=is_right,
    )  # fmt: skip
    if row.translated_from != marks:
        row.translated_from = marks


def _parts(row: TrainingText | PageText | None) -> Parts:
    return flat(row.fields) if row is not None else {}


def _contents(rows: Mapping[str, Any]) -> dict[str, Any]:
    return {
        code: {"fields": {"title": row.title} | row.fields, "revision": row.revision, "begun": False}
        for code, row in rows.items()
    }


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)
