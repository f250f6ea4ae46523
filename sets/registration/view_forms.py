"""The name of a view of the list."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField

from ..forms import AtMost, Required, SiteForm, TextLine
from .saved_lists import LONGEST_NAME


class ViewForm(SiteForm):
    """A name, and of which version it is the next."""

    name = TextLine(
        _l("Name of the view"), [Required(_l("Give it a name.")), AtMost(LONGEST_NAME)],
        description=_l("The whole team sees it above the list."), render_kw={"autocomplete": "off"},
    )  # fmt: skip
    revision = HiddenField()
