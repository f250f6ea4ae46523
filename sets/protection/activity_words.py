"""How the activity log calls what is done about personal data."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from ..staff.activity_listing import name_verbs

VERBS = {
    "learner_kept": _l("Kept a person longer"),
    "learner_kept_no_longer": _l("Keeps a person no longer than others"),
}


def init_app(_app: Flask) -> None:
    """Tell the log the words of this capability."""
    name_verbs(VERBS)
