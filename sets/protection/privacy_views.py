"""The team's pages about personal data: what goes when, who is kept longer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import language_words
from ..privacy import kept_data
from ..registration.models import Learner
from ..staff.guard import signed_in_account, staff_blueprint
from .announcing import count_kept_longer, find_kept, keep_longer, latest_notice, list_soon
from .documents import document_pdf
from .keeping_forms import KeepingForm, keep_words
from .notices import kind_words, list_versions
from .processing import processing_record

blueprint = staff_blueprint("privacy", __name__, role="organiser", url_prefix="/staff/privacy")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def show_privacy() -> str:
    """Show the periods in force, what goes next, and where the rest is."""
    return render_template(
        "protection/show_privacy.html",
        periods=kept_data(), notice=latest_notice(), soon=list_soon()[0], kept_longer=count_kept_longer(),
        zone=signed_in_account().time_zone, edits_pages=_has("/staff/pages"),
    )  # fmt: skip


@blueprint.get("/removals")
def list_removals() -> str:
    """Show who goes within two weeks."""
    total, people = list_soon()
    return render_template(
        "protection/list_removals.html", total=total, people=people, zone=signed_in_account().time_zone
    )


@blueprint.get("/notices")
def list_notices() -> str:
    """Show each version of what people saw or agreed to, with how many did."""
    return render_template(
        "protection/list_notices.html",
        kinds=[(kind, words, list_versions(kind)) for kind, words in kind_words().items()],
        zone=signed_in_account().time_zone, language_words=language_words, edits_pages=_has("/staff/pages"),
    )  # fmt: skip


@blueprint.get("/record")
def show_record() -> str:
    """Show the record of processing, ready to be printed."""
    return render_template("protection/show_record.html", sections=processing_record())


@blueprint.get("/record.pdf")
def show_record_pdf() -> Response:
    """Give the record of processing as a PDF, in the reader's language."""
    title = _("Record of processing")
    pdf = document_pdf(title, [_("As Article 30 of the GDPR asks for.")], processing_record(), title)
    response = Response(pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="record-of-processing.pdf"'
    return response


@blueprint.get("/people/<uuid:public_id>/keeping")
def edit_keeping(public_id: UUID) -> str:
    """Show until when somebody is kept longer, and why."""
    learner = _learner(public_id)
    zone = signed_in_account().time_zone
    until = learner.keep_until.date() if learner.keep_until else None
    return _keeping_page(learner, KeepingForm(data={"until": until, "reason": learner.keep_reason}), zone)


@blueprint.post("/people/<uuid:public_id>/keeping")
def update_keeping(public_id: UUID) -> Any:
    """Keep somebody longer, or no longer than anybody."""
    learner, zone = _learner(public_id), signed_in_account().time_zone
    form = KeepingForm(request.form)
    ends = "end" in request.form
    if not ends and not form.validate():
        return _keeping_page(learner, form, zone), 422
    keep_longer(str(public_id), None if ends else form.moment(zone), "" if ends else form.reason.data or "")
    flash(_("The person is kept as long as everybody.") if ends else _("The person is kept longer."), "done")
    return redirect(url_for(".list_removals"), 303)


def _has(url: str) -> bool:
    return any(rule.rule == url for rule in current_app.url_map.iter_rules())


def _learner(public_id: UUID) -> Learner:
    return find_kept(str(public_id)) or abort(404)


def _keeping_page(learner: Learner, form: KeepingForm, zone: str) -> str:
    return render_template(
        "protection/edit_keeping.html", learner=learner, form=form, zone=zone, keep_words=keep_words()
    )
