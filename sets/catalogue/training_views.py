"""The team's trainings: the list and its order, one training, publishing and retiring it, brochures."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..forms import clean_line
from ..http import take_files
from ..staff.guard import signed_in_account, staff_blueprint
from . import trainings
from .brochure_states import brochure_states
from .brochures import GENERATED, UPLOADED, BrochureRefused
from .downloads import read_downloads
from .labels import language_words, session_words, training_labels
from .models import Training, TrainingState
from .showing import current_programme
from .subjects import training_subject, training_subjects
from .touching import people_of
from .training_forms import BrochureForm, NewTrainingForm, TrainingForm, upload_words
from .trainings import TrainingRefused
from .uploads import LARGEST, UploadRefused, add_upload, kept_uploads, take_generated, take_upload

DAYS = 30
STEP = "any(publication,retirement)"
blueprint = staff_blueprint("trainings", __name__, role="organiser", url_prefix="/staff/trainings")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)
    # A little more than a file may have, so that one that is too large is refused in words.
    take_files(app, "trainings.create_brochure", 2 * LARGEST)


@blueprint.get("")
def list_trainings() -> str:
    """Show every training in order."""
    rows = training_subjects()
    programme, all_time, lately = current_programme(), read_downloads(), read_downloads(DAYS)
    return render_template(
        "catalogue/list_trainings.html",
        rows=rows, labels=training_labels(), sessions=trainings.count_sessions(),
        brochures={row.training.id: brochure_states(row.training, programme=programme) for row in rows},
        downloads={key: sum(one.values()) for key, one in all_time.items()},
        lately={key: sum(one.values()) for key, one in lately.items()}, **_words(),
    )  # fmt: skip


@blueprint.get("/new")
def new_training() -> str:
    """Show the form of a new training."""
    return _new_page(NewTrainingForm(data={"position": len(training_labels()) + 1}))


@blueprint.post("")
def create_training() -> Any:
    """Store a new training as a draft, then go on to its texts."""
    form = NewTrainingForm(request.form)
    if not form.validate():
        return _new_page(form), 422
    slug = form.slug.data or ""
    try:
        trainings.add_training(slug, hours=form.hours.data or 0, position=form.position.data or 1)
    except TrainingRefused:
        form.slug.errors = [_("Another training has this short name. Choose another.")]
        return _new_page(form), 422
    flash(_("The training is a draft. Write its texts, then publish it."), "done")
    return redirect(url_for("texts.edit_texts", kind="trainings", key=slug), 303)


@blueprint.get("/<slug>")
def show_training(slug: str) -> str:
    """Show one training: what it is, its texts, its brochures."""
    training = _training(slug)
    return _training_page(training, TrainingForm(training=training))


@blueprint.post("/<slug>")
def update_training(slug: str) -> Any:
    """Store a training's hours and its address for replies."""
    training = _training(slug)
    form = TrainingForm(request.form, training=training)
    if not form.validate():
        return _training_page(training, form), 422
    try:
        trainings.change_training(
            slug, hours=form.hours.data or 0, reply_to=form.reply_to.data or "", was=form.was()
        )
    except TrainingRefused:
        return _changed_page(slug, form), 409
    flash(_("Saved."), "done")
    return redirect(url_for(".show_training", slug=slug), 303)


@blueprint.post("/<slug>/position")
def update_position(slug: str) -> Any:
    """Move a training one place up or down the list."""
    try:
        trainings.move_training(slug, by=-1 if request.form.get("to") == "up" else 1)
    except LookupError:
        abort(404)
    return redirect(url_for(".list_trainings", _anchor=f"training-{slug}"), 303)


@blueprint.get(f"/<slug>/<{STEP}:step>")
def new_step(slug: str, step: str) -> Any:
    """Say what publishing or retiring a training touches, before it is done."""
    return _step_page(_training(slug), step)


@blueprint.post(f"/<slug>/<{STEP}:step>")
def create_step(slug: str, step: str) -> Any:
    """Publish or retire a training."""
    act, words = {
        "publication": (trainings.publish_training, _("The training is on the site.")),
        "retirement": (
            trainings.retire_training,
            _("The training is off the site. Its texts and its people are kept."),
        ),
    }[step]
    try:
        act(slug)
    except LookupError:
        abort(404)
    except TrainingRefused as refusal:
        return _step_page(_training(slug), step, refused=refusal.reason), 409
    flash(words, "done")
    return redirect(url_for(".show_training", slug=slug), 303)


@blueprint.post("/<slug>/brochures")
def create_brochure(slug: str) -> Any:
    """Make an uploaded PDF the brochure of one language."""
    training = _training(slug)
    form = BrochureForm(request.form, languages=current_programme().languages)
    if not form.validate():
        return _training_page(training, TrainingForm(training=training), form), 422
    sent, language = request.files.get("file"), str(form.language.data)
    try:
        add_upload(training.id, language, sent.read(LARGEST + 1) if sent else b"",
                   filename=clean_line(sent.filename) if sent else "", account_id=signed_in_account().id)  # fmt: skip
    except UploadRefused as refusal:
        form.file.errors = [upload_words(refusal.reason)]
        return _training_page(training, TrainingForm(training=training), form), 422
    flash(_("Your file is the brochure now, in %(language)s.", language=language_words(language)), "done")
    return redirect(url_for(".show_training", slug=slug, _anchor="brochures"), 303)


@blueprint.post("/<slug>/brochures/<language>/generated")
def delete_brochure(slug: str, language: str) -> Any:
    """Go back to the brochure that is made from the texts."""
    try:
        take_generated(_training(slug).id, language, programme=current_programme())
    except LookupError:
        abort(404)
    except BrochureRefused as refusal:
        flash(_("It cannot be made from the texts: %(why)s", why=str(refusal)), "error")
    else:
        flash(_("The brochure is made from the texts again. Your file is kept below."), "done")
    return redirect(url_for(".show_training", slug=slug, _anchor="brochures"), 303)


@blueprint.post("/<slug>/brochures/uploads/<int:upload_id>")
def update_brochure(slug: str, upload_id: int) -> Any:
    """Make a kept file the brochure again."""
    try:
        take_upload(_training(slug).id, upload_id)
    except LookupError:
        abort(404)
    flash(_("That file is the brochure again."), "done")
    return redirect(url_for(".show_training", slug=slug, _anchor="brochures"), 303)


def _training(slug: str) -> Training:
    return trainings.read_training(slug) or abort(404)


def _training_page(training: Training, form: TrainingForm, brochure: BrochureForm | None = None) -> str:
    subject, programme = training_subject(training), current_programme()
    texts = brochure or BrochureForm(languages=programme.languages)
    return render_template(
        "catalogue/show_training_record.html",
        training=training, subject=subject, label=training_labels()[training.id],
        form=brochure if brochure is not None and brochure.errors else form, own=form, brochure_form=texts,
        complete=[subject.completeness(code) for code in subject.languages],
        brochures=brochure_states(training, programme=programme), uploads=kept_uploads(training.id),
        downloads=read_downloads().get(training.id, {}), lately=read_downloads(DAYS).get(training.id, {}),
        programme_address=programme.contact_email, **_words(),
    )  # fmt: skip


def _new_page(form: NewTrainingForm) -> str:
    return render_template("catalogue/new_training.html", form=form)


def _changed_page(slug: str, form: TrainingForm) -> str:
    """Show what somebody else stored beside what was typed; saving again stores it over theirs."""
    training = _training(slug)
    form.was_hours.data, form.was_reply_to.data = str(training.hours), training.reply_to or ""
    form.form_errors = [
        _("Somebody stored %(hours)s hours and “%(address)s” in the meantime. Saving again keeps yours.",
          hours=training.hours, address=training.reply_to or "–")
    ]  # fmt: skip
    return _training_page(training, form)


def _step_page(training: Training, step: str, *, refused: str = "") -> Any:
    is_there = (training.state == TrainingState.PUBLISHED) == (step == "publication")
    if is_there or (step == "retirement" and training.state == TrainingState.RETIRED):
        return redirect(url_for(".show_training", slug=training.slug), 303)
    subject = training_subject(training)
    return render_template(
        "catalogue/new_step.html", training=training, step=step, subject=subject,
        label=training_labels()[training.id], refused=refused, page_error=bool(refused),
        sessions=trainings.shown_sessions(training.id) if step == "retirement" else [],
        people=people_of(training.id), can_publish=trainings.can_publish(training),
        complete=[subject.completeness(code) for code in subject.languages], **_words(),
    )  # fmt: skip


def _words() -> dict[str, Any]:
    return {
        "zone": signed_in_account().time_zone, "language_words": language_words, "session_words": session_words,
        "generated": GENERATED, "uploaded": UPLOADED,
    }  # fmt: skip
