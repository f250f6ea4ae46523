"""People who may be one: suggested, looked at side by side, merged or told apart for good."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.labels import language_words, session_words, training_labels
from ..database import db
from ..forms import clean_line
from ..staff.guard import signed_in_account, staff_blueprint
from . import merging
from .applying import Actor
from .codes import organisation_kind_words
from .countries import country_words
from .duplicates import list_duplicates as find_duplicates
from .merging import MergeRefused
from .models import Learner, Registration
from .wording import status_words

PAIR = "/<uuid:one>/<uuid:other>"
blueprint = staff_blueprint("duplicates", __name__, role="organiser", url_prefix="/staff/duplicates")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
def list_duplicates() -> str:
    """Show pairs of people who may be one."""
    after = clean_line(request.args.get("after"))[:60]
    return render_template("registration/list_duplicates.html", found=find_duplicates(after), after=after)


@blueprint.get(PAIR)
def new_merge(one: UUID, other: UUID) -> Any:
    """Show two people side by side, and what would happen if the first were kept."""
    kept, gone = _learner(one), _learner(other)
    if kept.id == gone.id:
        abort(404)
    plan = merging.plan_merge(merging.registrations_of(kept.id, gone.id))
    account = signed_in_account()
    return render_template(
        "registration/new_merge.html",
        kept=kept, gone=gone, plan=plan, trainings=training_labels(), session_words=session_words,
        status_words=status_words, language_words=language_words, country_words=country_words,
        organisation_kind_words=organisation_kind_words, zone=account.time_zone,
    )  # fmt: skip


@blueprint.post(PAIR)
def create_merge(one: UUID, other: UUID) -> Any:
    """Make them one, and open the record of the person who is kept."""
    try:
        merging.merge_people(str(one), str(other), actor=Actor("staff", signed_in_account().id))
    except MergeRefused:
        flash(_("One of these people does not exist any more."), "error")
        return redirect(url_for(".list_duplicates"), 303)
    flash(_("The two are one person now. Links in messages to either address open the same page."), "done")
    statement = (
        select(Registration.public_id)
        .join(Learner, Learner.id == Registration.learner_id)
        .where(Learner.public_id == str(one))
        .order_by(Registration.id.desc())
    )
    record = db.session.scalar(statement.limit(1))
    if record is None:
        return redirect(url_for(".list_duplicates"), 303)
    return redirect(url_for("registrations.show_registration", public_id=record), 303)


@blueprint.post(f"{PAIR}/dismissal")
def create_dismissal(one: UUID, other: UUID) -> Any:
    """Remember that they are two people."""
    try:
        merging.dismiss_pair(str(one), str(other))
        flash(_("It is noted: these are two people. They are not suggested again."), "done")
    except MergeRefused:
        flash(_("One of these people does not exist any more."), "error")
    return redirect(url_for(".list_duplicates"), 303)


def _learner(public_id: UUID) -> Learner:
    found = db.session.scalar(select(Learner).where(Learner.public_id == str(public_id)))
    return found or abort(404)
