"""The team's vocabulary of tags: how many have each; renamed, deleted."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..staff.guard import needs_role, staff_blueprint
from . import tagging
from .note_forms import TagForm
from .tagging import TagRefused

ONE = "/<int:tag_id>"
blueprint = staff_blueprint("tags", __name__, url_prefix="/staff/registrations/tags")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_tags() -> str:
    """Show the vocabulary; each count leads to its list."""
    return render_template("registration/list_tags.html", tags=tagging.list_tags())


@blueprint.get(f"{ONE}/edit")
@needs_role("organiser")
def edit_tag(tag_id: int) -> Any:
    """Show a tag to rename it."""
    tag = tagging.read_tag(tag_id) or abort(404)
    return render_template("registration/edit_tag.html", tag=tag, form=TagForm(data={"name": tag.name}))


@blueprint.post(f"{ONE}/edit")
@needs_role("organiser")
def update_tag(tag_id: int) -> Any:
    """Rename a tag."""
    tag, form = tagging.read_tag(tag_id) or abort(404), TagForm(request.form)
    try:
        if not form.validate():
            raise TagRefused("empty")
        tagging.rename_tag(tag_id, str(form.name.data))
    except TagRefused as refusal:
        if refusal.reason == "known":
            form.name.errors = [_("Another tag is called so. Choose another name.")]
        return render_template("registration/edit_tag.html", tag=tag, form=form), 422
    flash(_("The tag is renamed, for everybody who has it."), "done")
    return redirect(url_for(".list_tags"), 303)


@blueprint.get(f"{ONE}/deletion")
@needs_role("organiser")
def new_tag_deletion(tag_id: int) -> Any:
    """Say from how many people a tag goes, before it does."""
    tag = tagging.read_tag(tag_id) or abort(404)
    return render_template("registration/new_tag_deletion.html", tag=tag)


@blueprint.post(f"{ONE}/deletion")
@needs_role("organiser")
def create_tag_deletion(tag_id: int) -> Any:
    """Delete a tag."""
    try:
        tagging.delete_tag(tag_id)
    except TagRefused:
        abort(404)
    flash(_("The tag is deleted."), "done")
    return redirect(url_for(".list_tags"), 303)
