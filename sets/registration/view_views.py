"""The list's saved views and chosen columns: kept, replaced, renamed, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.roles import has_role
from . import columns, saved_lists
from .filtering import Filter
from .saved_lists import ViewRefused
from .view_forms import ViewForm

ONE = "/views/<uuid:view_id>"
blueprint = staff_blueprint("views", __name__, url_prefix="/staff/registrations")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.post("/columns")
def update_columns() -> Any:
    """Remember which columns this account sees."""
    columns.choose_columns(request.form.getlist("column"), account_id=signed_in_account().id)
    return _list(_wanted())


@blueprint.post("/views")
def create_view() -> Any:
    """Keep what the list shows under a name."""
    form, wanted, account = ViewForm(request.form), _wanted(), signed_in_account()
    if not form.validate():
        return _form_page("registration/new_view.html", form, wanted), 422
    try:
        shown = columns.columns_of(account.id)
        view = saved_lists.save_view(str(form.name.data), wanted, shown, account_id=account.id)
    except ViewRefused as refusal:
        form.name.errors = [_words(refusal)]
        return _form_page("registration/new_view.html", form, wanted), 422
    flash(_("The view is kept. The whole team sees it above the list."), "done")
    return _list(wanted, view)


@blueprint.post(f"{ONE}/replacement")
def update_view(view_id: UUID) -> Any:
    """Put what the list shows now in the view's place."""
    wanted, account = _wanted(), signed_in_account()
    try:
        revision = _number(request.form.get("revision"))
        shown = columns.columns_of(account.id)
        saved_lists.replace_view(str(view_id), wanted, shown, revision=revision)
        flash(_("The view shows this now."), "done")
    except ViewRefused as refusal:
        flash(_words(refusal), "error")
    return _list(wanted, str(view_id))


@blueprint.get(f"{ONE}/edit")
def edit_view(view_id: UUID) -> Any:
    """Show the name of a view."""
    view = saved_lists.read_view(str(view_id)) or abort(404)
    form = ViewForm(data={"name": view.name, "revision": str(view.revision)})
    return render_template("registration/edit_view.html", view=view, form=form)


@blueprint.post(f"{ONE}/edit")
def update_view_name(view_id: UUID) -> Any:
    """Rename a view."""
    view, form = saved_lists.read_view(str(view_id)) or abort(404), ViewForm(request.form)
    try:
        if form.validate():
            saved_lists.rename_view(str(view_id), str(form.name.data), revision=_number(form.revision.data))
            flash(_("The view is renamed."), "done")
            return _list(Filter.from_stored(view.filter), str(view_id))
    except ViewRefused as refusal:
        form.name.errors = [_words(refusal)]
        form.revision.data = str(view.revision)
    return render_template("registration/edit_view.html", view=view, form=form), 422


@blueprint.get(f"{ONE}/deletion")
def new_view_deletion(view_id: UUID) -> Any:
    """Ask before a view goes."""
    view = saved_lists.read_view(str(view_id)) or abort(404)
    return render_template("registration/new_view_deletion.html", view=view)


@blueprint.post(f"{ONE}/deletion")
def create_view_deletion(view_id: UUID) -> Any:
    """Delete a view."""
    try:
        saved_lists.delete_view(str(view_id))
    except ViewRefused:
        abort(404)
    flash(_("The view is deleted. The registrations stay."), "done")
    return _list(Filter())


def _wanted() -> Filter:
    account = signed_in_account()
    query = request.form.get("list", "")
    return Filter.from_text(query, zone=account.time_zone, with_needs=has_role(account, "organiser"))


def _list(wanted: Filter, view: str = "") -> Any:
    address = url_for("registrations.list_registrations")
    query = "&".join(part for part in (wanted.as_query(), f"view={view}" if view else "") if part)
    return redirect(f"{address}?{query}" if query else address, 303)


def _form_page(template: str, form: ViewForm, wanted: Filter) -> str:
    return render_template(template, form=form, wanted=wanted)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _words(refusal: ViewRefused) -> str:
    words = {
        "known": _("Another view is called so. Choose another name, or open that view and replace it."),
        "changed": _("Somebody changed this view meanwhile. Look at it again."),
        "enough": _("There are %(number)s views already. Delete one first.", number=saved_lists.MOST),
    }
    return words.get(refusal.reason, _("This view does not exist any more."))
