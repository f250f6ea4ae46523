"""How the activity log calls what the team does to trainings, pages and brochures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Flask, url_for
from flask_babel import lazy_gettext as _l

from ..staff.activity_listing import name_subjects, name_verbs
from .labels import training_labels
from .reading import PAGES
from .subjects import page_words

VERBS = {
    "texts_written": _l("Changed texts"),
    "texts_brought_back": _l("Brought earlier texts back"),
    "training_added": _l("Added a training"),
    "training_changed": _l("Changed a training"),
    "training_moved": _l("Changed the order of the trainings"),
    "training_published": _l("Published a training"),
    "training_retired": _l("Retired a training"),
    "brochure_uploaded": _l("Made a file of the team’s own the brochure"),
    "brochure_generated": _l("Went back to the brochure made from the texts"),
}


def init_app(_app: Flask) -> None:
    """Tell the log the words of this capability."""
    name_verbs(VERBS)
    name_subjects("trainings", _name_trainings)
    name_subjects("pages", _name_pages)


def _name_trainings(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    labels = training_labels()
    wanted = {one: labels.get(int(one)) for one in ids if one.isdecimal()}
    return {
        key: (label.short_title, url_for("trainings.show_training", slug=label.slug))
        for key, label in wanted.items()
        if label
    }


def _name_pages(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    return {
        key: (page_words(key), url_for("texts.edit_texts", kind="pages", key=key))
        for key in ids
        if key in PAGES
    }
