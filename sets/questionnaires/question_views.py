"""The pages on which the team writes the questions of the form. Previewed, made live, brought back: `version_views`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.showing import current_programme
from ..staff.guard import signed_in_account, staff_blueprint
from . import editing, listing
from .asked import TYPES
from .editing import FormRefused, refusal_words
from .question_forms import QuestionForm
from .scopes import Scope, find_scope, list_scopes
from .touching import touched_by

ONE = "/<scope>/<int:question_id>"
blueprint = staff_blueprint("questions", __name__, role="organiser", url_prefix="/staff/questions")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_forms() -> str:
    """Show each scope: what is live, what is being changed, how far its languages are."""
    scopes = [(scope, listing.scope_progress(scope)) for scope in list_scopes()]
    authors = listing.author_names([scope.draft for scope, _done in scopes if scope.draft])
    return render_template(
        "questionnaires/list_forms.html", scopes=scopes, authors=authors, zone=signed_in_account().time_zone
    )


@blueprint.get("/<scope>")
def show_form(scope: str) -> str:
    """Show the questions of a scope, as they are in its draft or live."""
    one = _known(scope)
    content = one.working.content if one.working else {"questions": []}
    retired = editing.retired_entries(one.training_id, content)
    return render_template(
        "questionnaires/show_form.html",
        scope=one, questions=listing.list_questions(one), progress=listing.scope_progress(one),
        retired=listing.retired_lines(one, list(retired.values())), zone=signed_in_account().time_zone,
        author=listing.author_names([one.working])[one.working.id] if one.working else "",
    )  # fmt: skip


@blueprint.get("/<scope>/new")
def new_question(scope: str) -> str:
    """Ask of which kind a new question is, then what it says."""
    one, kind = _known(scope), request.args.get("type", "")
    if kind not in TYPES:
        return render_template("questionnaires/new_question.html", scope=one, kinds=TYPES.values(), form=None)
    return _new_page(one, _form(one, kind))


@blueprint.post("/<scope>")
def create_question(scope: str) -> Any:
    """Add a question to the draft."""
    one, kind = _known(scope), request.form.get("kind", "")
    form = _form(one, kind if kind in TYPES else abort(404), sent=request.form)
    if _is_only_a_step():
        return _new_page(one, form)
    if not form.validate():
        return _new_page(one, form), 422
    try:
        editing.add_question(
            one.training_id, form.written(), source=form.source, account_id=signed_in_account().id
        )
    except FormRefused as refusal:
        return _refused(one, refusal)
    return _back(one, _("The question is in the draft, at the end."))


@blueprint.get(f"{ONE}/edit")
def edit_question(scope: str, question_id: int) -> str:
    """Show what a question says."""
    one = _known(scope)
    return _edit_page(one, question_id, _form_of(one, question_id))


@blueprint.post(f"{ONE}/edit")
def update_question(scope: str, question_id: int) -> Any:
    """Store what a question says in the draft; show both when somebody else stored it meanwhile."""
    one = _known(scope)
    form = _form_of(one, question_id, sent=request.form)
    if _is_only_a_step():
        return _edit_page(one, question_id, form)
    if request.form.get("type", form.kind.key) != form.kind.key:
        form.form_errors = (_asked_words(question_id),)
    if not form.validate() or form.form_errors:
        return _edit_page(one, question_id, form), 422
    try:
        _write(one, question_id, form)
    except FormRefused as refusal:
        return _not_written(one, question_id, form, refusal)
    return _back(one, _("The question is saved in the draft."))


@blueprint.post(f"{ONE}/rank")
def update_rank(scope: str, question_id: int) -> Any:
    """Move a question one place up or down."""
    direction = editing.UP if request.form.get("direction") == editing.UP else editing.DOWN
    return _step(
        scope,
        lambda one, **who: editing.move_question(one.training_id, question_id, direction, **who),
        _("Moved."),
    )


@blueprint.post(f"{ONE}/retirement")
def create_retirement(scope: str, question_id: int) -> Any:
    """Take a question out of the draft."""
    return _step(
        scope,
        lambda one, **who: editing.retire_question(one.training_id, question_id, **who),
        _("The question is not in the draft any more. Its answers stay, and you can restore it below."),
    )


@blueprint.post(f"{ONE}/restoration")
def create_restoration(scope: str, question_id: int) -> Any:
    """Put a retired question back."""
    return _step(
        scope,
        lambda one, **who: editing.restore_question(one.training_id, question_id, **who),
        _("The question is in the draft again, at the end."),
    )


def _known(key: str) -> Scope:
    return find_scope(key) or abort(404)


def _form(scope: Scope, kind: str, **options: Any) -> QuestionForm:
    earlier = listing.earlier_questions(scope, None)
    return QuestionForm(kind, current_programme().languages, earlier=earlier, **options)


def _form_of(scope: Scope, question_id: int, **options: Any) -> QuestionForm:
    entry = next((one for one in scope.questions if one["id"] == question_id), None) or abort(404)
    kind = next(one.type for one in listing.working_form(scope).questions if one.id == question_id)
    return QuestionForm(
        kind, current_programme().languages, entry=entry,
        earlier=listing.earlier_questions(scope, question_id),
        may_change_kind=not editing.was_asked(question_id), **options,
    )  # fmt: skip


def _is_only_a_step() -> bool:
    """Tell whether choices are being added or moved: that changes the page, and stores nothing."""
    return bool(request.form.get("then"))


def _write(scope: Scope, question_id: int, form: QuestionForm) -> None:
    editing.write_question(
        scope.training_id, question_id, form.written(),
        tag=form.tag, source=form.source, account_id=signed_in_account().id,
    )  # fmt: skip


def _not_written(scope: Scope, question_id: int, form: QuestionForm, refusal: FormRefused) -> Any:
    """Show the form again: with what somebody else stored, or with what is in the way."""
    if refusal.reason == "not_found":
        return _refused(scope, refusal)
    if refusal.reason == "changed":
        now = _known(scope.key)
        entry = next(one for one in now.questions if one["id"] == question_id)
        form = _form_of(now, question_id, sent=request.form, theirs=entry)
        form.tag = editing.entry_tag(entry)
    else:
        form.form_errors = tuple(refusal.sentences) or (_asked_words(question_id),)
    return _edit_page(scope, question_id, form), 409


def _asked_words(question_id: int) -> str:
    answers = ", ".join(touched_by([question_id])[question_id].words) or _("no answer yet")
    return _(
        "This question was asked already (%(answers)s), so it stays of its kind. To ask it in another way, retire it "
        "and add a new one.",
        answers=answers,
    )


def _new_page(scope: Scope, form: QuestionForm) -> str:
    return render_template("questionnaires/new_question.html", scope=scope, form=form, kinds=())


def _edit_page(scope: Scope, question_id: int, form: QuestionForm) -> str:
    return render_template(
        "questionnaires/edit_question.html",
        scope=scope, form=form, question_id=question_id, touched=touched_by([question_id])[question_id],
        page_error=bool(form.form_errors) or form.theirs is not None,
    )  # fmt: skip


def _step(key: str, act: Callable[..., None], words: str) -> Any:
    scope = _known(key)
    try:
        act(scope, mark=request.form.get("mark", ""), account_id=signed_in_account().id)
    except FormRefused as refusal:
        return _refused(scope, refusal)
    return _back(scope, words)


def _refused(scope: Scope, refusal: FormRefused) -> Any:
    for sentence in refusal_words(refusal):
        flash(sentence, "error")
    return redirect(url_for("questions.show_form", scope=scope.key), 303)


def _back(scope: Scope, words: str) -> Any:
    flash(words, "done")
    return redirect(url_for("questions.show_form", scope=scope.key), 303)
