"""The team registers somebody by hand."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import session_words, training_labels
from ..catalogue.showing import snapshot
from ..forms import clean_line
from ..staff.guard import signed_in_account, staff_blueprint
from . import adding
from .adding_choices import list_doors
from .adding_forms import PersonForm
from .transitions import RegistrationRefused
from .wording import status_words

blueprint = staff_blueprint("people", __name__, role="organiser", url_prefix="/staff/registrations")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/new")
def new_person() -> Any:
    """Show an empty form; `?place=` chooses a session beforehand."""
    groups, place = list_doors(), request.args.get("place", "")
    return _form_page(PersonForm(None, programme=snapshot().programme, groups=groups, place=place))


@blueprint.post("")
def create_person() -> Any:
    """Register the person, or say what is missing."""
    known = adding.people_at(clean_line(request.form.get("email")))
    form = PersonForm(request.form, programme=snapshot().programme, groups=list_doors(), known=known)
    if form.validate():
        try:
            public_id = adding.add_person(
                form.application(), account_id=signed_in_account().id, person=form.person.data or "",
                mail=not form.silent.data,
            )  # fmt: skip
            flash(_done_words(bool(form.silent.data)), "done")
            return redirect(url_for("registrations.show_registration", public_id=public_id), 303)
        except RegistrationRefused as refusal:
            form.refuse(refusal)
    return _form_page(form), 422


def _form_page(form: PersonForm) -> str:
    return render_template(
        "registration/new_person.html",
        form=form, trainings=training_labels(), session_words=session_words, status_words=status_words,
    )  # fmt: skip


def _done_words(is_silent: bool) -> str:
    if is_silent:
        return _("Registered. As you chose, the person is not written to.")
    return _("Registered. A mail tells the person who registered them, and how to refuse.")
