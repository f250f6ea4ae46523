"""The pages about the programme: home, trainings, brochures, prose. They show what is stored, in four languages."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Flask, abort, current_app, g, render_template, request, send_file, url_for

from ..clock import now
from ..languages import LANGUAGES, current_language
from ..privacy import kept_data
from . import wording
from .brochures import UPLOADED, brochure_file, brochure_filename, brochure_path
from .downloads import note_download
from .page_cache import cached_page
from .showing import snapshot
from .structured import course_data

PAGES = "any(about,contact,privacy,legal,accessibility)"
# More dates than these are on the trainings' own pages.
MOST_DATES = 9

blueprint = Blueprint("public", __name__)


def init_app(app: Flask) -> None:
    """Connect the pages, and tell every page its addresses in the other languages."""
    app.register_blueprint(blueprint)
    app.context_processor(_addresses)
    app.add_template_global(wording.size_words)
    app.add_template_global(wording.language_name)
    app.add_template_global(wording.near_day)


@blueprint.get("/<language:lang>/")
@cached_page()
def show_home() -> str:
    """Show the wall of trainings, the next dates, how it works."""
    moment, shown = now(), snapshot()
    lines = [
        line
        for training in shown.trainings
        for line in wording.session_lines(training, named=True, moment=moment)
        if line.action or line.state == "soon"
    ]
    lines.sort(key=lambda line: (line.session.starts_at is None, line.session.starts_at or moment))
    posters = [(training, wording.next_session(training, moment)) for training in shown.trainings]
    return render_template("catalogue/show_home.html", page=shown.page("home"), posters=posters,
                           lines=lines[:MOST_DATES], has_more=len(lines) > MOST_DATES,
                           partners=wording.partners_words(shown.programme))  # fmt: skip


@blueprint.get("/<language:lang>/trainings/<slug>")
@cached_page()
def show_training(slug: str) -> str:
    """Show one training with its dates."""
    moment, shown = now(), snapshot()
    training = shown.training(slug) or abort(404)
    data = course_data(training, programme=shown.programme, url=_absolute(current_language()), moment=moment)
    return render_template(
        "catalogue/show_training.html",
        training=training,
        lines=wording.session_lines(training, named=False, moment=moment),
        others=[other for other in shown.trainings if other is not training],
        count=len(shown.trainings),
        course=data,
    )


@blueprint.get(f"/<language:lang>/<{PAGES}:key>")
@cached_page()
def show_page(key: str) -> str:
    """Show one of the pages of prose."""
    page = snapshot().page(key) or abort(404)
    return render_template(
        "catalogue/show_page.html", page=page, periods=kept_data() if key == "privacy" else ()
    )


@blueprint.get("/<language:lang>/trainings/<slug>/brochure.pdf")
def show_brochure(slug: str) -> Any:
    """Serve a training's brochure in this language, under a name that says what it is."""
    brochure = brochure_file(slug, current_language()) or abort(404)
    shown = snapshot()
    training = shown.training(slug) or abort(404)
    g.cacheable = True
    name = brochure_filename(shown.programme, training, brochure.language)
    answer = send_file(brochure_path(brochure), mimetype="application/pdf", download_name=name,
                       as_attachment=brochure.source == UPLOADED, etag=brochure.sha256,
                       last_modified=brochure.made_at, max_age=0)  # fmt: skip
    if request.method == "GET" and answer.status_code == 200:
        note_download(training.id, brochure.language, agent=request.user_agent.string)
    return answer


def _addresses() -> dict[str, Any]:
    """Return where the page is in each language, and what search engines are told of it."""
    values: dict[str, Any] = {"switch_url": _switch_url}
    if hasattr(current_app.view_functions.get(request.endpoint or ""), "kept_query"):
        first = snapshot().programme.languages[0]
        alternates = [(code, _absolute(code)) for code in LANGUAGES]
        unsaid = (
            current_app.config["BASE_URL"] + "/"
            if request.endpoint == "public.show_home"
            else _absolute(first)
        )
        values |= {
            "canonical_url": _absolute(current_language()),
            "alternates": [*alternates, ("x-default", unsaid)],
        }
    return values


def _switch_url(code: str) -> str:
    """Return this page in another language, or the home page where it has no language of its own."""
    endpoint = request.endpoint
    if endpoint is None or not current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        return url_for("public.show_home", lang=code)
    names = getattr(current_app.view_functions[endpoint], "kept_query", tuple(request.args))
    # Put together here, not by url_for, to which a name such as "_external" would mean something.
    query = urlencode({name: request.args[name] for name in names if name in request.args})
    path = _path(endpoint, code)
    return f"{path}?{query}" if query else path


def _absolute(code: str) -> str:
    return current_app.config["BASE_URL"] + _path(request.endpoint or "public.show_home", code)


def _path(endpoint: str, code: str) -> str:
    # Nearly every address begins with its language: another one's is the same behind it.
    own = f"/{current_language()}/"
    if endpoint == request.endpoint and request.path.startswith(own):
        return f"/{code}/{quote(request.path.removeprefix(own))}"
    values: dict[str, Any] = {**(request.view_args or {}), "lang": code}
    return url_for(endpoint, **values)
