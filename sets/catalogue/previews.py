"""A training's or a page's public page with texts that are not stored: the catalogue's picture, those texts put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .models import TrainingState
from .parts import PAGE_KIND, Parts, nested
from .showing import ShownTraining, Snapshot, shown_text, snapshot
from .subjects import Subject


def preview(subject: Subject, typed: Mapping[str, Parts]) -> Snapshot:
    """Return the catalogue as it would be shown with these texts, by language; one without a title falls back."""
    shown = snapshot()
    texts = {}
    for code in subject.languages:
        parts = typed.get(code, subject.parts(code))
        if parts.get("title"):
            order = subject.texts[code].fields.get("order", ()) if code in subject.texts else ()
            texts[code] = shown_text(code, nested(parts, subject.outline, order), shown.programme)
    if subject.kind == PAGE_KIND:
        return replace(shown, pages={**shown.pages, subject.key: texts}, fragments={})
    row = subject.training
    old = shown.training(row.slug) or ShownTraining(
        row.id, row.slug, row.position, row.hours, {}, {}, (), shown.programme.languages[0]
    )
    trainings = [replace(old, texts=texts) if one.slug == row.slug else one for one in shown.trainings]
    if row.state != TrainingState.PUBLISHED:
        trainings.append(replace(old, texts=texts))
    return replace(shown, trainings=tuple(trainings), fragments={})
