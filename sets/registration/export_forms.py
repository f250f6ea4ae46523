"""The forms of a new export: a table of registrations, or the sign-in sheet of a meeting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice

from ..catalogue.models import Meeting
from ..forms import AtMost, OneDisc, OneOf, Required, SiteForm, TextLine
from .export_kinds import KINDS, Kind
from .sign_in_sheets import meeting_choice_words

LONGEST_FAMILY = 60
TABLE, SIGN_IN = ("xlsx", "csv"), ("pdf", "xlsx")
FORMATS = {"xlsx": _l("Spreadsheet (Excel, LibreOffice)"), "csv": _l("CSV"), "pdf": _l("PDF, to print")}


class ExportForm(SiteForm):
    """Which kind of table, in which format, and whether only what is new."""

    kind = OneDisc(_l("What it shows"), [Required(_l("Choose what the export shows."))], default="full")
    format = OneDisc(_l("Format"), [Required(_l("Choose a format."))], default="xlsx")
    columns = OneDisc(
        _l("Columns"),
        [Required(_l("Choose the columns."))],
        choices=[
            SelectChoice("all", _l("All")),
            SelectChoice("list", _l("Those of my list, where it shows everything")),
        ],
        default="all",
    )
    is_new_only = BooleanField(
        _l("Only what is new or changed since my last export"),
        description=_l(
            "Your last one of this kind and with this filter that you fetched; the first has everything."
        ),
    )
    family = TextLine(
        _l("Recipient"),
        [AtMost(LONGEST_FAMILY)],
        description=_l(
            "For pseudonyms only: for one recipient they stay the same in every export, for another they differ."
        ),
    )

    def __init__(self, formdata: Any = None, *, kinds: Iterable[Kind], **values: Any) -> None:
        super().__init__(formdata, **values)
        self.kind.choices = [SelectChoice(kind.key, _described(kind)) for kind in kinds]
        self.format.choices = [SelectChoice(one, FORMATS[one]) for one in TABLE]


class SignInForm(SiteForm):
    """Of which meeting, and in which format."""

    meeting = OneOf(_l("Meeting"), [Required(_l("Choose a meeting."))])
    format = OneDisc(_l("Format"), [Required(_l("Choose a format."))], default="pdf")

    def __init__(self, formdata: Any = None, *, meetings: Iterable[Meeting], **values: Any) -> None:
        super().__init__(formdata, prefix="sheet-", **values)
        self.meeting.choices = [SelectChoice(one.public_id, meeting_choice_words(one)) for one in meetings]
        self.format.choices = [SelectChoice(one, FORMATS[one]) for one in SIGN_IN]


def table_kinds(allowed: Iterable[str]) -> list[Kind]:
    """Return the kinds that are tables of registrations, among those allowed."""
    names = set(allowed)
    return [kind for kind in KINDS.values() if kind.shape is not None and kind.role in names]


def _described(kind: Kind) -> Markup:
    return Markup('<b>{}</b><br><span class="soft">{}</span>').format(kind.name, kind.says)
