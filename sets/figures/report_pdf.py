"""The funder's report as a tagged PDF of one page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask_babel import gettext as _

from ..catalogue.brochure_pdf import FOLDER as CATALOGUE_LAYOUTS
from ..catalogue.showing import current_programme
from ..languages import current_language
from ..typesetting import typeset_apart
from .report import Report, programme_words

LAYOUT = Path(__file__).parent / "typst" / "report.typ"


def make_report(report: Report) -> bytes:
    """Return the PDF, in the language being spoken. Raises TypesettingRefused."""
    programme = current_programme()
    return typeset_apart(
        LAYOUT,
        {
            "language": current_language(),
            "programme": programme.name,
            "operator": programme.operator,
            "title": _("Report on the trainings"),
            "period": report.period,
            "made": _("Made in %(month)s", month=report.made),
            "empty": _("No session took place in this period.") if report.is_empty else "",
            "facts": [list(fact) for fact in report.facts],
            "tables": [
                {"heading": one.heading, "heads": one.heads, "rows": one.rows, "note": one.note}
                for one in report.tables
            ],
            "notes": report.notes,
            "colophon": programme_words(),
            "funded": _("Funded by the European Union") if programme.funder == "eu" else "",
            "emblem": _emblem(),
            "emblem_words": _("Emblem of the European Union"),
        },
    )


@cache
def _emblem() -> str:
    return (CATALOGUE_LAYOUTS / "eu-emblem.svg").read_text("utf-8")
