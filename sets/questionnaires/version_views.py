"""The pages on which the team previews a draft, makes it live, and looks at earlier versions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ..catalogue.showing import current_programme
from ..languages import LANGUAGES, current_language, speaking
from ..staff.guard import signed_in_account, staff_blueprint
from . import editing, faults, listing, releasing
from .building import QuestionsForm
from .comparing import Change, changes
from .editing import FormRefused, refusal_words
from .scopes import Scope, find_scope
from .touching import touched_by

blueprint = staff_blueprint(
    "form_versions", __name__, role="organiser", url_prefix="/staff/questions/<scope>"
)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/preview")
def show_preview(scope: str) -> str:
    """Show the questions as the public form shows them, in one language (`?language=`). Nothing can be sent."""
    one, languages = _known(scope), current_programme().languages
    code = request.args.get("language", "")
    code = code if code in languages else current_language()
    code = code if code in languages else languages[0]
    return render_template(
        "questionnaires/show_preview.html",
        scope=one, code=code, shown=_shown(one, code),
        languages=[(other, LANGUAGES[other].name) for other in languages],
    )  # fmt: skip


@blueprint.get("/live")
def new_release(scope: str) -> Any:
    """Say what making the draft live changes and touches, and ask."""
    one = _known(scope)
    if one.draft is None:
        return _to_form(one)
    found = changes(one.live.content if one.live else None, one.draft.content)
    return render_template(
        "questionnaires/new_release.html",
        scope=one, changes=_with_touched(found), progress=listing.scope_progress(one),
        faults=faults.broken(one.training_id, one.draft.content),
    )  # fmt: skip


@blueprint.post("/live")
def create_release(scope: str) -> Any:
    """Make the draft live."""
    one = _known(scope)
    try:
        releasing.make_live(
            one.training_id, mark=request.form.get("mark", ""), account_id=signed_in_account().id
        )
    except FormRefused as refusal:
        return _refused(one, refusal)
    flash(_("The questions are live: the next visitor of the form sees them."), "done")
    return _to_form(one)


@blueprint.get("/discard")
def new_discard(scope: str) -> Any:
    """Say what would be lost with the draft, and ask."""
    one = _known(scope)
    if one.draft is None:
        return _to_form(one)
    found = changes(one.live.content if one.live else None, one.draft.content)
    return render_template(
        "questionnaires/new_discard.html", scope=one, changes=[(change, []) for change in found]
    )


@blueprint.post("/discard")
def create_discard(scope: str) -> Any:
    """Forget the draft."""
    one = _known(scope)
    try:
        editing.discard_draft(
            one.training_id, mark=request.form.get("mark", ""), account_id=signed_in_account().id
        )
    except FormRefused as refusal:
        return _refused(one, refusal)
    flash(_("The draft is discarded. The live form is as it was."), "done")
    return _to_form(one)


@blueprint.get("/versions")
def list_versions(scope: str) -> str:
    """Show what is and was live, by whom and since when, and what each version changed."""
    one = _known(scope)
    return render_template(
        "questionnaires/list_versions.html",
        scope=one, versions=listing.list_versions(one), zone=signed_in_account().time_zone,
    )  # fmt: skip


@blueprint.get("/versions/<int:number>/return")
def new_revival(scope: str, number: int) -> str:
    """Say what bringing an earlier version back changes, and ask."""
    one = _known(scope)
    past = next((row for row in listing.list_versions(one) if row.version.number == number), None)
    if past is None or past.version.state != "past":
        abort(404)
    found = changes(one.live.content if one.live else None, past.version.content)
    return render_template(
        "questionnaires/new_revival.html", scope=one, number=number, changes=_with_touched(found)
    )


@blueprint.post("/versions/<int:number>/return")
def create_revival(scope: str, number: int) -> Any:
    """Make an earlier version live again, or take it as the draft."""
    one, as_draft = _known(scope), request.form.get("then") == "draft"
    try:
        releasing.bring_back(
            one.training_id, number, as_draft=as_draft, mark=request.form.get("mark", ""),
            account_id=signed_in_account().id,
        )  # fmt: skip
    except FormRefused as refusal:
        return _refused(one, refusal)
    flash(_("It is the draft now.") if as_draft else _("It is live again, as a new version."), "done")
    return _to_form(one)


def _known(key: str) -> Scope:
    return find_scope(key) or abort(404)


def _shown(scope: Scope, code: str) -> Markup:
    """Return the questions as the public form has them, in that language."""
    with speaking(code):
        asked, known = listing.working_form(scope), listing.general_questions(scope)
        wanted = {question.show_if.question_id for question in asked.questions if question.show_if}
        # Of the general questions, those on which one of these depends: so that one can try.
        general = QuestionsForm(
            replace(asked, questions=tuple(one for one in known if one.id in wanted)), code
        )
        form = QuestionsForm(asked, code, beside=general)
        page = render_template("questionnaires/_asked.html", form=form, general=general, scope=scope)
        return Markup(page)  # noqa: S704 - a template made it


def _with_touched(found: list[Change]) -> list[tuple[Change, list[str]]]:
    touched = touched_by([change.question_id for change in found])
    return [(change, touched[change.question_id].words) for change in found]


def _refused(scope: Scope, refusal: FormRefused) -> Any:
    for sentence in refusal_words(refusal):
        flash(sentence, "error")
    return _to_form(scope)


def _to_form(scope: Scope) -> Any:
    return redirect(url_for("questions.show_form", scope=scope.key), 303)
