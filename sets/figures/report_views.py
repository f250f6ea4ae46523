"""The funder's report: on the screen, on paper by the browser, and as a PDF."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import language_words
from ..catalogue.showing import current_programme
from ..languages import LANGUAGES, current_language, speaking
from ..staff.guard import staff_blueprint
from ..typesetting import TypesettingRefused
from .months import month_choices
from .report import programme_words, read_report
from .report_pdf import make_report
from .scope import Scope, this_month

blueprint = staff_blueprint("report", __name__, url_prefix="/staff/figures")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/report")
def show_report() -> str:
    """Show the report of a period in a language."""
    scope, language = _scope(), _language()
    with speaking(language):
        report, colophon, funded = read_report(scope), programme_words(), _("Funded by the European Union")
        title = _("Report on the trainings")
    return render_template(
        "figures/show_report.html",
        scope=scope, report=report, report_language=language, report_title=title, colophon=colophon, funded=funded,
        months=month_choices(scope), languages=list(LANGUAGES), language_words=language_words,
    )  # fmt: skip


@blueprint.get("/report.pdf")
def show_report_pdf() -> Any:
    """Send the report as a PDF."""
    scope, language = _scope(), _language()
    try:
        with speaking(language):
            pdf = make_report(read_report(scope))
    except TypesettingRefused:
        flash(_("The PDF cannot be made: a name has a character that its fonts do not have."), "error")
        return redirect(f"{url_for('.show_report')}?{scope.as_query(language=language)}", 303)
    name = f"report-{scope.begin or 'all'}-{scope.end or this_month()}-{language}.pdf"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(pdf, mimetype="application/pdf", headers=disposition)


def _scope() -> Scope:
    """Return the period, this year unless another is asked for; a report is always of the whole programme."""
    asked = Scope.from_query(request.args, usual=f"{this_month()[:4]}-01")
    return Scope(begin=asked.begin, end=asked.end, zone=current_programme().time_zone)


def _language() -> str:
    wanted = request.args.get("language", "")
    return wanted if wanted in LANGUAGES else current_language()
