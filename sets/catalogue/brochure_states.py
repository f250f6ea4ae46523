"""How a training's brochures stand: made, the team's own, being made, in trouble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from ..database import db
from .brochure_pdf import content_hash
from .brochures import GENERATED, UPLOADED, brochure_content
from .models import Brochure, BrochureTrouble, Training


@dataclass(frozen=True)
class BrochureState:
    """How a training's brochure in one language stands.

    `state`: "generated", "uploaded", "due" (the texts changed, the worker makes it), "trouble" (it cannot be made:
    `sentence`), "none" (there is no text to make it from). `row` is what is served now, if anything.
    """

    language: str
    state: str
    row: Brochure | None
    sentence: str = ""


def brochure_states(training: Training, *, programme: Any) -> list[BrochureState]:
    """Return how the brochures of a training stand, in the programme's languages."""
    troubles = {
        one.language: one
        for one in db.session.scalars(
            select(BrochureTrouble).where(BrochureTrouble.training_id == training.id)
        )
    }
    found = []
    for language in dict.fromkeys((*programme.languages, *training.brochures)):
        row, trouble = training.brochures.get(language), troubles.get(language)
        if row is not None and row.source == UPLOADED:
            found.append(BrochureState(language, UPLOADED, row))
        elif language not in training.texts:
            found.append(BrochureState(language, "none", row))
        else:
            digest = content_hash(brochure_content(training, language, programme=programme))
            if row is not None and row.content_hash == digest:
                found.append(BrochureState(language, GENERATED, row))
            elif trouble is not None and trouble.content_hash == digest:
                found.append(BrochureState(language, "trouble", row, trouble.sentence))
            else:
                found.append(BrochureState(language, "due", row))
    return found
