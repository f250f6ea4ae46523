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
from .reading import PAGE_FIELDS, PAGES, TRAINING_FIELDS, Folder
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
        values = {"position": position, "hours": declared["hours"], "state": TrainingState.PUBLISHED}
        changed |= _set(training, values)
        changed |= _store_texts(training, folder.texts[slug], folder.programme["languages"][0])
    for training in kept.values():
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


def written_texts() -> dict[str, str]:
    """Return the Markdown files of the catalogue that is stored, by their path in its folder."""
    files = {}
    for training in shown_trainings():
        for language, text in training.texts.items():
            files[f"trainings/{training.slug}/{language}.md"] = write_text(text.fields, TRAINING_FIELDS)
    for page in db.session.scalars(select(PageText)):
        if not page.fields.get("general"):
            files[f"pages/{page.key}/{page.language}.md"] = write_text(page.fields, PAGE_FIELDS)
    return files


def shown_trainings() -> list[Training]:
    """Return the published trainings, in order."""
    query = select(Training).where(Training.state == TrainingState.PUBLISHED).order_by(Training.position)
    return list(db.session.scalars(query))


def _store_texts(training: Training, texts: Mapping[str, Text], first: str) -> bool:
    changed = False
    for language in sorted(texts, key=lambda code: code != first):
        fields = texts[language].stored()
        row = training.texts.get(language)
        if row is None:
            row = training.texts[language] = TrainingText(language=language, revision=0)
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
    return changed


def _store_pages(session: Any, folder: Folder) -> bool:
    changed = False
    kept = {(page.key, page.language): page for page in session.scalars(select(PageText))}
    for key in PAGES:
        texts = folder.pages.get(key) or folder.general[key]
        for language, text in texts.items():
            fields = text.stored()
            if key in folder.general:
                fields["general"] = True
            row = kept.pop((key, language), None)
            if row is None:
                row = PageText(key=key, language=language, revision=0)
                session.add(row)
            if row.fields != fields:
                row.title, row.fields, row.revision = fields["title"], fields, row.revision + 1
                changed = True
    for row in kept.values():
        session.delete(row)
        changed = True
    return changed


def _set(row: Any, values: Mapping[str, Any]) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)
