"""How the activity log calls what the team does to the questions of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Flask, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..catalogue.labels import training_labels
from ..database import db
from ..staff.activity_listing import name_subjects, name_verbs
from .models import FormVersion
from .scopes import GENERAL

VERBS = {
    "form_draft_begun": _l("Began to change the questions of the form"),
    "form_draft_discarded": _l("Discarded changes of the questions"),
    "form_made_live": _l("Made questions of the form live"),
}


def init_app(_app: Flask) -> None:
    """Tell the log the words of this capability."""
    name_verbs(VERBS)
    name_subjects("form", _name_forms)


def _name_forms(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    labels = training_labels()
    rows = db.session.execute(
        select(FormVersion.id, FormVersion.training_id, FormVersion.number).where(
            FormVersion.id.in_([int(one) for one in ids if one.isdecimal()])
        )
    )
    named = {}
    for row in rows:
        label = labels.get(row.training_id or 0)
        title = label.short_title if label else _("For everybody")
        words = _("%(form)s, version %(number)d", form=title, number=row.number)
        named[str(row.id)] = (
            words,
            url_for("form_versions.list_versions", scope=label.slug if label else GENERAL),
        )
    return named
