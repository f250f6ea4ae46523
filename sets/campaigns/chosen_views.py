"""A campaign for people who were chosen one by one in the list of registrations."""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, request, url_for
from flask_babel import gettext as _

from ..registration.many import read_many
from ..registration.public_ids import uuids
from ..staff.guard import signed_in_account, staff_blueprint
from . import drafting
from .models import Audience

blueprint = staff_blueprint("chosen_campaigns", __name__, url_prefix="/staff/campaigns")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.post("/chosen")
def create_chosen_campaign() -> Any:
    """Begin a draft for exactly these people; who leaves the state that they have now leaves it."""
    rows = read_many(uuids(request.form.getlist("id")))
    if not rows:
        return redirect(url_for("campaigns.new_campaign"), 303)
    chosen = {
        "ids": [registration.public_id for registration, _learner in rows],
        "status": sorted({registration.status for registration, _learner in rows}),
    }
    account, audience = signed_in_account(), str(Audience.REGISTRATIONS)
    public_id = drafting.begin_campaign(
        name=_("Message"), audience=audience, filter=chosen, texts=[], account_id=account.id, catch_up=False
    )
    return redirect(url_for("campaigns.edit_campaign", public_id=public_id), 303)
