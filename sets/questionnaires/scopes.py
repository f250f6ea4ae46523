"""The scopes of the form, as the team names them: what everybody is asked, and each training's own questions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.labels import TrainingLabel, training_labels
from ..catalogue.models import Training, TrainingState
from ..database import db
from .models import FormVersion

GENERAL = "general"


@dataclass(frozen=True)
class Scope:
    """A scope with its two versions; `key` stands in addresses."""

    key: str
    training: TrainingLabel | None
    live: FormVersion | None
    draft: FormVersion | None

    @property
    def training_id(self) -> int | None:
        """The training's id; None for the general questions."""
        return self.training.id if self.training else None

    @property
    def title(self) -> str:
        """What the scope is called."""
        return self.training.short_title if self.training else _("For everybody")

    @property
    def working(self) -> FormVersion | None:
        """The version that is worked on: the draft, or the live one as long as there is none."""
        return self.draft or self.live

    @property
    def questions(self) -> list[dict[str, Any]]:
        """The questions of the version that is worked on, as they are stored."""
        return list(self.working.content["questions"]) if self.working else []

    @property
    def mark(self) -> str:
        """What a form carries to tell whether somebody changed the version meanwhile."""
        return mark_of_version(self.working)


def mark_of_version(version: FormVersion | None) -> str:
    """Return a word that changes with each change of a version."""
    return f"{version.id}.{version.revision}" if version else "0.0"


def list_scopes() -> list[Scope]:
    """Return the general scope and that of each training that is not retired, in the catalogue's order."""
    versions = {
        (row.training_id, row.state): row
        for row in db.session.scalars(select(FormVersion).where(FormVersion.state.in_(("live", "draft"))))
    }
    retired = set(db.session.scalars(select(Training.id).where(Training.state == TrainingState.RETIRED)))
    labels = [None, *(label for label in training_labels().values() if label.id not in retired)]
    return [
        Scope(
            label.slug if label else GENERAL,
            label,
            versions.get((label.id if label else None, "live")),
            versions.get((label.id if label else None, "draft")),
        )
        for label in labels
    ]


def find_scope(key: str) -> Scope | None:
    """Return the scope with that key, or None. A training may not be called as the general scope is."""
    return next((scope for scope in list_scopes() if scope.key == key), None)
