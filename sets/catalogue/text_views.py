"""The pages on which the texts of trainings and of the site's other pages are written, previewed and brought back."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..clock import now
from ..languages import LANGUAGES, current_language, speaking
from ..privacy import kept_data
from ..staff.guard import signed_in_account, staff_blueprint
from . import wording
from .editing import TextsChanged, TextsRefused, bring_back, content_of, save_texts
from .labels import language_words
from .parts import PAGE_KIND, TRAININGS
from .previews import preview
from .subjects import Completeness, Subject, page_subjects, read_subject
from .text_forms import TextsForm
from .text_steps import account_names, changed_parts, list_steps

ONE = "/<any(trainings,pages):kind>/<key>/texts"
STEP = f"{ONE}/versions/<int:number>"
blueprint = staff_blueprint("texts", __name__, role="organiser")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/pages")
def list_pages() -> str:
    """Show the site's other pages, with how far each language is."""
    return render_template("catalogue/list_pages.html", pages=page_subjects(), **_words())


@blueprint.get(ONE)
def edit_texts(kind: str, key: str) -> str:
    """Show all texts side by side; `?with=` shows one language beside the first."""
    subject = _subject(kind, key)
    return _editor(subject, TextsForm(subject, _shown(subject)))


@blueprint.post(ONE)
def update_texts(kind: str, key: str) -> Any:
    """Store what was typed, or show it again to go on writing."""
    subject = _subject(kind, key)
    form = TextsForm(subject, _shown(subject), request.form)
    if request.form.get("then") == "write":
        return _editor(subject, form)
    try:
        saved = save_texts(kind, key, form.typed(), revisions=form.revisions(), right=form.right(),
                           account_id=signed_in_account().id)  # fmt: skip
    except TextsRefused as refusal:
        form.refuse(refusal.problems)
        return _editor(subject, form), 422
    except TextsChanged as refusal:
        return _both(refusal), 409
    _tell(subject, saved, form)
    return redirect(url_for(".edit_texts", kind=kind, key=key, **_kept()), 303)


@blueprint.post(f"{ONE}/preview")
def create_preview(kind: str, key: str) -> Any:
    """Show the public page with what was typed, in one language; nothing is stored."""
    subject = _subject(kind, key)
    form = TextsForm(subject, _shown(subject), request.form)
    if not any(parts.get("title") for parts in (form.typed() | _stored(subject)).values()):
        flash(_("Write a title first: a preview needs one."), "error")
        return _editor(subject, form)
    language = request.form.get("show", "")
    language = language if language in subject.languages else subject.source
    return _preview(subject, form, language)


@blueprint.get(f"{ONE}/versions")
def list_versions(kind: str, key: str) -> str:
    """Show the steps of the texts: who stored what, when."""
    steps = list_steps(kind, key)
    return render_template("catalogue/list_versions.html", subject=_subject(kind, key), steps=steps,
                           names=account_names(step.account_id for step in steps), **_words())  # fmt: skip


@blueprint.get(STEP)
def show_version(kind: str, key: str, number: int) -> str:
    """Show what a step changed, and what bringing it back would change now."""
    subject, steps = _subject(kind, key), {step.number: step for step in list_steps(kind, key)}
    step = steps.get(number) or abort(404)
    before = steps[number - 1].content if number - 1 in steps else {}
    form = TextsForm(subject, subject.languages)
    return render_template(
        "catalogue/show_version.html", subject=subject, step=step, latest=max(steps), form=form,
        changes=list(changed_parts(before, step.content)) if before else [],
        restoring=list(changed_parts(content_of(subject), step.content)),
        names=account_names([step.account_id]), **_words(),
    )  # fmt: skip


@blueprint.post(STEP)
def create_version(kind: str, key: str, number: int) -> Any:
    """Make an earlier step the present text."""
    try:
        bring_back(kind, key, number, latest=request.form.get("latest", 0, type=int),
                   account_id=signed_in_account().id)  # fmt: skip
    except LookupError:
        abort(404)
    except TextsChanged:
        flash(
            _("Somebody stored another version in the meantime. Look once more at what would change."),
            "error",
        )
        return redirect(url_for(".show_version", kind=kind, key=key, number=number), 303)
    flash(_("Version %(number)s is the present text again.", number=number), "done")
    return redirect(url_for(".edit_texts", kind=kind, key=key), 303)


def _subject(kind: str, key: str) -> Subject:
    return read_subject(kind, key) or abort(404)


def _stored(subject: Subject) -> dict[str, dict[str, str]]:
    return {code: subject.parts(code) for code in subject.texts}


def _shown(subject: Subject) -> tuple[str, ...]:
    asked = request.args.get("with", "")
    return (subject.source, asked) if asked in subject.languages[1:] else subject.languages


def _kept() -> dict[str, Any]:
    return {"with": request.args["with"]} if "with" in request.args else {}


def _editor(subject: Subject, form: TextsForm, theirs: Any = None) -> str:
    return render_template(
        "catalogue/edit_texts.html", subject=subject, form=form, groups=form.rows(theirs), theirs=theirs,
        page_error=bool(theirs), kept=_kept(), told=form.told() if request.method == "POST" else [],
        complete=[_complete(subject.completeness(code)) for code in subject.languages], **_words(),
    )  # fmt: skip


def _both(refusal: TextsChanged) -> str:
    """Show both texts; saving again then replaces the other one knowingly."""
    subject = refusal.subject
    form = TextsForm(subject, _shown(subject), texts=refusal.merged)
    return _editor(subject, form, refusal.theirs)


def _preview(subject: Subject, form: TextsForm, language: str) -> str:
    g.snapshot = shown = preview(form.subject, form.typed())
    bar = {
        "subject": subject, "language": language, "kept": _kept(), "told": form.told(), "spoken": current_language(),
        "typed": [pair for pair in request.form.items(multi=True) if pair[0] not in ("csrf_token", "show", "then")],
        "names": {code: language_words(code).capitalize() for code in subject.languages},
    }  # fmt: skip
    # Words of the bar are the team's, words of the page are its readers'.
    with speaking(bar["spoken"]):
        above = render_template("catalogue/_preview_bar.html", **bar)
    with speaking(language):
        values = {"lang": language, "programme": shown.programme, "above": above}
        if subject.kind == TRAININGS:
            training: Any = shown.training(subject.key)
            return render_template(
                "catalogue/preview_training.html", training=training, count=len(shown.trainings),
                lines=wording.session_lines(training, named=False, moment=now()),
                others=[one for one in shown.trainings if one is not training], **values,
            )  # fmt: skip
        page = shown.page(subject.key)
        if subject.key == "home":
            posters = [(one, wording.next_session(one, now())) for one in shown.trainings]
            return render_template("catalogue/preview_home.html", page=page, posters=posters, lines=[],
                                   partners=wording.partners_words(shown.programme), **values)  # fmt: skip
        periods = kept_data() if subject.key == "privacy" else ()
        return render_template("catalogue/preview_page.html", page=page, periods=periods, **values)


def _tell(subject: Subject, saved: Any, form: TextsForm) -> None:
    if saved.languages:
        is_live = subject.kind == PAGE_KIND or subject.training.state == "published"
        flash(_("Saved. The public pages show it now.") if is_live else _("Saved."), "done")
    elif form.right():
        flash(_("Saved."), "done")
    else:
        flash(_("Nothing was different from what is stored."), "done")
    for code in saved.begun:
        words = _("The text in %(language)s is not whole yet: it is kept here, and readers see the first language.",
                  language=language_words(code))  # fmt: skip
        flash(words, "done")
    for sentence in form.told():
        flash(sentence, "error")


def _complete(one: Completeness) -> tuple[str, int, str]:
    words = []
    if one.overtaken:
        words.append(ngettext("%(num)d part changed since", "%(num)d parts changed since", one.overtaken))
    if not one.is_shown:
        words.append(_("not shown yet"))
    return language_words(one.language).capitalize(), one.percent, ", ".join(words)


def _words() -> dict[str, Any]:
    return {
        "zone": signed_in_account().time_zone, "language_words": language_words, "complete_words": _complete,
        "all_languages": LANGUAGES,
    }  # fmt: skip
