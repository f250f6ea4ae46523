"""Can we send? What stands between this site and other people's mailboxes, looked at when somebody asks."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import Regexp

from ..forms import AtMost, SiteForm, TextLine
from ..mailing import readiness
from . import trials
from .guard import signed_in_account, staff_blueprint

blueprint = staff_blueprint("readiness", __name__, role="organiser", url_prefix="/staff/outbox/readiness")


class ReadinessForm(SiteForm):
    """The name of the DKIM key: it stands below the sender's own domain, so no other host can be asked."""

    selector = TextLine(
        _l("Name of the DKIM key (selector)"),
        [
            AtMost(120),
            Regexp(
                r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.(?!$))?)*\Z",
                message=_l("A selector has letters, digits, hyphens and dots only."),
            ),
        ],
        description=_l("Only if you know it: your mail provider does."),
    )


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show_readiness() -> Any:
    """Explain what would be looked at; nothing is asked yet, and no earlier answer is kept."""
    return _page(ReadinessForm())


@blueprint.post("")
def create_readiness() -> Any:
    """Look now."""
    form = ReadinessForm(request.form)
    if not form.validate():
        return _page(form), 422
    return _page(form, readiness.check(current_app, form.selector.data or ""))


@blueprint.post("/message")
def create_test_message() -> Any:
    """Send a test message to the person who asks."""
    public_id = trials.send_trial(signed_in_account().id)
    flash(_("The test message is in the outbox. This page says what becomes of it."), "done")
    return redirect(url_for("outbox.show_delivery", public_id=public_id), 303)


def _page(form: ReadinessForm, findings: Any = ()) -> str:
    address = readiness.sender_address(current_app)
    return render_template("staff/show_readiness.html", form=form, findings=findings, address=address)
