"""What stands above the languages: the first visit's redirect, robots.txt, the map of the site."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, url_for

from ..catalogue.showing import snapshot
from ..languages import LANGUAGES, preferred_language

PAGES = ("about", "contact", "privacy", "legal", "accessibility")
# An hour: search engines ask often, and a new training may wait so long.
KEPT_FOR = "public, max-age=3600"

blueprint = Blueprint("root", __name__)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/")
def show_root() -> Response:
    """Lead a first visit to its language."""
    answer = redirect(url_for("public.show_home", lang=preferred_language(request)))
    answer.vary.add("Accept-Language")
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]


@blueprint.get("/robots.txt")
def show_robots() -> Response:
    """Tell search engines what is nobody's business, and where the map is."""
    text = render_template("pages/robots.txt", base_url=current_app.config["BASE_URL"], languages=LANGUAGES)
    return _kept(Response(text, mimetype="text/plain"))


@blueprint.get("/sitemap.xml")
def show_sitemap() -> Response:
    """List every public page in every language."""
    routes = [("public.show_home", {}), ("registration.new_registration", {})]
    routes += [("public.show_training", {"slug": training.slug}) for training in snapshot().trainings]
    routes += [("public.show_page", {"key": key}) for key in PAGES]
    base = current_app.config["BASE_URL"]
    pages = [
        {code: base + url_for(name, **values, lang=code) for code in LANGUAGES} for name, values in routes
    ]
    return _kept(Response(render_template("pages/sitemap.xml", pages=pages), mimetype="application/xml"))


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = KEPT_FOR
    return response
