"""The team's figures: how registrations come, who registers, what people answer; each table as a file.

What the funder gets is in `report_views`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, render_template, request
from flask_babel import gettext as _

from ..catalogue.labels import session_words, training_labels
from ..registration.export_files import csv_lines, write_xlsx
from ..registration.record import sessions_for_choice
from ..spreadsheets import sent_xlsx
from ..staff.guard import staff_blueprint
from .figure import Drawn, Figure
from .months import month_choices, scope_words
from .origins import answers_to, choice_questions, origins
from .overview import by_session, by_training, over_time, overview
from .scope import Scope, usual_month

blueprint = staff_blueprint("figures", __name__, url_prefix="/staff/figures")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show_figures() -> str:
    """Show how registrations come and how sessions fill."""
    scope = _scope()
    return render_template("figures/show_figures.html", figures=overview(scope), **_page(scope))


@blueprint.get("/people")
def show_origins() -> str:
    """Show who registers."""
    scope = _scope()
    return render_template("figures/show_origins.html", figures=origins(scope), **_page(scope))


@blueprint.get("/answers")
def show_answers() -> str:
    """Show what people answered to one question: the one that is asked for, or the first."""
    scope, questions = _scope(), choice_questions()
    wanted = request.args.get("question", "")
    chosen = next((one for one in questions if str(one.id) == wanted), questions[0] if questions else None)
    figures = [answers_to(scope, chosen)] if chosen else []
    return render_template(
        "figures/show_answers.html", figures=figures, questions=questions, chosen=chosen, **_page(scope)
    )


@blueprint.get("/<key>.csv")
def show_figure_csv(key: str) -> Response:
    """Send the table of a figure as CSV."""
    figure = _figure(key)
    response = Response(b"".join(csv_lines(figure.sheet())), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="figures-{key}.csv"'
    return response


@blueprint.get("/<key>.xlsx")
def show_figure_xlsx(key: str) -> Response:
    """Send the table of a figure as a spreadsheet."""
    figure = _figure(key)
    about = [(_("Shown"), scope_words(_scope())), (figure.title, figure.meaning)]
    about += [(label, rate.meaning) for label, rate in figure.drawn if isinstance(rate, Drawn)]

    def write(path: Path) -> int:
        return write_xlsx(figure.sheet(), path, about=about, title=_("Figures"))

    response, _count = sent_xlsx(Path(current_app.instance_path), f"figures-{key}.xlsx", write)
    return response


def _scope() -> Scope:
    return Scope.from_query(request.args, usual=usual_month())


def _figure(key: str) -> Figure:
    scope = _scope()
    made = {"time": over_time, "trainings": by_training, "sessions": by_session}.get(key)
    if made is not None:
        return made(scope)
    question = next((one for one in choice_questions() if f"q{one.id}" == key), None)
    if question is not None:
        return answers_to(scope, question)
    return next((one for one in origins(scope) if one.key == key), None) or abort(404)


def _page(scope: Scope) -> dict[str, Any]:
    return {
        "scope": scope,
        "scope_words": scope_words(scope),
        "months": month_choices(scope),
        "trainings": training_labels(),
        "sessions": sessions_for_choice(scope.training),
        "session_words": session_words,
    }
