"""Notes and tags of one person, on the record of their registration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..staff.guard import safe_next, signed_in_account, staff_blueprint
from ..staff.roles import has_role
from . import noting, tagging
from .note_forms import NoteForm, TagForm
from .noting import NoteRefused
from .record import read_record
from .tagging import TagRefused

ONE = "/<uuid:public_id>"
NOTE = f"{ONE}/notes/<uuid:note_id>"
blueprint = staff_blueprint("notes", __name__, url_prefix="/staff/registrations")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.post(f"{ONE}/notes")
def create_note(public_id: UUID) -> Any:
    """Store a note; one that cannot be is shown again with what is wrong."""
    form = NoteForm(request.form)
    if not form.validate():
        return _page(public_id, form, None), 422
    try:
        noting.write_note(str(public_id), str(form.text.data), account_id=signed_in_account().id)
    except NoteRefused:
        abort(404)
    flash(_("The note is on the record."), "done")
    return _back(public_id)


@blueprint.get(f"{NOTE}/edit")
def edit_note(public_id: UUID, note_id: UUID) -> Any:
    """Show one's own note to change it."""
    note = noting.read_note(str(note_id)) or abort(404)
    if note.author_id != signed_in_account().id:
        abort(403)
    return _page(public_id, NoteForm(data={"text": note.text, "revision": str(note.revision)}), note)


@blueprint.post(f"{NOTE}/edit")
def update_note(public_id: UUID, note_id: UUID) -> Any:
    """Store one's own note anew; where it was changed meanwhile, both are shown."""
    note, form = noting.read_note(str(note_id)) or abort(404), NoteForm(request.form)
    if not form.validate():
        return _page(public_id, form, note), 422
    try:
        revision = int(form.revision.data) if (form.revision.data or "").isdecimal() else 0
        text, account = str(form.text.data), signed_in_account().id
        noting.change_note(str(note_id), text, revision=revision, account_id=account)
    except NoteRefused as refusal:
        if refusal.reason != "changed":
            abort(403)
        form.revision.data = str(note.revision)
        return _page(public_id, form, note, theirs=note.text), 409
    flash(_("The note is changed."), "done")
    return _back(public_id)


@blueprint.post(f"{NOTE}/deletion")
def create_note_deletion(public_id: UUID, note_id: UUID) -> Any:
    """Delete a note; the record offers to take it back."""
    account = signed_in_account()
    is_any = has_role(account, "organiser")
    try:
        noting.delete_note(str(note_id), account_id=account.id, is_any=is_any)
    except NoteRefused as refusal:
        abort(404 if refusal.reason == "not_found" else 403)
    flash(_("The note is deleted. For a day it can be taken back."), "done")
    return _back(public_id)


@blueprint.post(f"{NOTE}/restoration")
def create_note_restoration(public_id: UUID, note_id: UUID) -> Any:
    """Take back that a note was deleted."""
    account = signed_in_account()
    is_any = has_role(account, "organiser")
    try:
        noting.restore_note(str(note_id), account_id=account.id, is_any=is_any)
    except NoteRefused as refusal:
        abort(404 if refusal.reason == "not_found" else 403)
    return _back(public_id)


@blueprint.post(f"{ONE}/tags")
def create_tag(public_id: UUID) -> Any:
    """Give the person a tag."""
    form = TagForm(request.form)
    try:
        if not form.validate():
            raise TagRefused("empty")
        tagging.give_tag([str(public_id)], str(form.name.data))
    except TagRefused:
        flash(_("Write the tag, in at most %(number)s characters.", number=tagging.LONGEST_TAG), "error")
    return _back(public_id)


@blueprint.post(f"{ONE}/tags/<int:tag_id>/removal")
def delete_tag(public_id: UUID, tag_id: int) -> Any:
    """Take a tag from the person."""
    tagging.take_tag([str(public_id)], tag_id)
    return _back(public_id)


def _page(public_id: UUID, form: NoteForm, note: Any, *, theirs: str = "") -> str:
    record = read_record(str(public_id)) or abort(404)
    name = record.learner.full_name if record.learner else ""
    return render_template(
        "registration/edit_note.html",
        form=form, note=note, theirs=theirs, page_error=bool(theirs), name=name, public_id=public_id,
        next=safe_next(request.values.get("next")),
    )  # fmt: skip


def _back(public_id: UUID) -> Any:
    target = safe_next(request.form.get("next"))
    return redirect(target or url_for("registrations.show_registration", public_id=public_id), 303)
