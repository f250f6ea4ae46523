"""Approving or refusing many at once: chosen in the list, confirmed on a page that names them."""

from __future__ import annotations

from typing import Any

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words, session_words, training_labels
from ..staff.guard import signed_in_account, staff_blueprint
from . import deciding
from .applying import Actor
from .deciding import MOST, STEPS, Decided
from .listing import Filter
from .public_ids import uuids
from .step_forms import StepForm

# Beyond so many names a sentence is no longer read.
MOST_NAMES = 20
blueprint = staff_blueprint(
    "decisions", __name__, role="organiser", url_prefix="/staff/registrations/decisions"
)


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/new")
def new_decision() -> Any:
    """Name those who were chosen, or all that the filter shows, before anything is decided."""
    wanted = _wanted(request.args)
    everybody = request.args.get("all", "")
    step = everybody if everybody in STEPS else request.args.get("step", "")
    ids = deciding.pending_ids(wanted) if everybody else uuids(request.args.getlist("id"))
    if step not in STEPS or not ids:
        flash(_("Choose at least one registration."), "error")
        return redirect(_list_url(wanted), 303)
    return _page(step, ids, StepForm(), wanted)


@blueprint.post("")
def create_decision() -> Any:
    """Decide each, and say how many could be."""
    form, wanted = StepForm(request.form), _wanted(request.form)
    step, ids = request.form.get("decision", ""), uuids(request.form.getlist("id"))
    if step not in STEPS or not ids:
        return redirect(_list_url(wanted), 303)
    if not form.validate():
        return _page(step, ids, form, wanted), 422
    actor = Actor("staff", signed_in_account().id)
    decided = deciding.decide(ids, step, actor=actor, tell_reason=bool(form.tell.data), **form.said())
    _flash(step, decided)
    return redirect(_list_url(wanted), 303)


def _wanted(sent: Any) -> Filter:
    zone = signed_in_account().time_zone
    return (
        Filter.from_text(sent["list"], zone=zone, with_needs=True)
        if "list" in sent
        else Filter.from_query(sent, zone=zone, with_needs=True)
    )


def _page(step: str, ids: list[str], form: StepForm, wanted: Filter) -> str:
    rows = deciding.pending_among(ids)
    return render_template(
        "registration/new_decision.html",
        step=step, rows=rows, form=form, wanted=wanted, left_out=len(ids) - len(rows), most=MOST,
        trainings=training_labels(), session_words=session_words, language_words=language_words,
        zone=signed_in_account().time_zone, list_url=_list_url(wanted),
    )  # fmt: skip


def _flash(step: str, decided: Decided) -> None:
    if decided.done:
        words = {
            "approval": ngettext("%(num)d approved.", "%(num)d approved.", decided.done),
            "refusal": ngettext("%(num)d refused.", "%(num)d refused.", decided.done),
        }
        flash(words[step], "done")
    if decided.changed:
        names = ", ".join(decided.changed[:MOST_NAMES])
        sentence = ngettext(
            "%(num)d had changed in the meantime and stays as it is: %(names)s.",
            "%(num)d had changed in the meantime and stay as they are: %(names)s.",
            len(decided.changed),
            names=names + (" …" if len(decided.changed) > MOST_NAMES else ""),
        )
        flash(sentence, "error")


def _list_url(wanted: Filter) -> str:
    query = wanted.as_query()
    return url_for("registrations.list_registrations") + (f"?{query}" if query else "")
