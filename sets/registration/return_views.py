"""Taking the mark away from a person to whom mails came back; it is set in `returned_mail`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, flash, redirect, url_for
from flask_babel import gettext as _

from ..staff.guard import staff_blueprint
from . import returned_mail

blueprint = staff_blueprint("returns", __name__, role="organiser", url_prefix="/staff/registrations")


def init_app(app: Flask) -> None:
    """Connect the page."""
    app.register_blueprint(blueprint)


@blueprint.post("/<uuid:public_id>/return/deletion")
def delete_return(public_id: UUID) -> Any:
    """Note that the person's address works."""
    if returned_mail.forget_returned(str(public_id)):
        flash(_("Noted: this address works. The mark is gone."), "done")
    return redirect(url_for("registrations.show_registration", public_id=public_id), 303)
