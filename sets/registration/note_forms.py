"""What the team writes about a person: a note, a tag."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from ..forms import AtMost, Required, SiteForm, TextBlock, TextLine
from .noting import LONGEST_NOTE
from .tagging import LONGEST_TAG


class NoteForm(SiteForm):
    """A note, and of which version it is the next."""

    text = TextBlock(
        _l("Note"),
        [Required(_l("Write the note.")), AtMost(LONGEST_NOTE)],
        description=_l(
            "For the team. It is part of what we give people who ask for their data: write it so."
        ),
    )
    revision = HiddenField()


class TagForm(SiteForm):
    """The name of a tag."""

    name = TextLine(
        _l("Tag"), [Required(_l("Write the tag.")), AtMost(LONGEST_TAG)], render_kw={"autocomplete": "off"}
    )
