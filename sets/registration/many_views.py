"""One step for many registrations of the list: cancel, move, tag, mail. A page names them first, then it is done."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words, session_words, training_labels
from ..staff.guard import signed_in_account, staff_blueprint
from ..staff.roles import has_role
from . import many, tagging
from .adding_choices import doors_elsewhere
from .applying import Actor
from .deciding import MOST
from .filtering import Filter
from .many_forms import ManyMoveForm, ManyStepForm, TakeTagForm
from .note_forms import TagForm
from .public_ids import uuids

# What can be done, and who may.
STEPS = {
    "mail": "coordinator", "tag": "coordinator", "untag": "coordinator", "cancellation": "organiser",
    "move": "organiser",
}  # fmt: skip
# What would tell others who was found by their needs.
TELLING = ("mail", "tag")
# Beyond so many names a sentence is no longer read.
MOST_NAMES = 20
blueprint = staff_blueprint("many", __name__, url_prefix="/staff/registrations/many")


def init_app(app: Flask) -> None:
    """Connect the pages."""
    app.register_blueprint(blueprint)


@blueprint.get("/new")
def new_many_step() -> Any:
    """Name those who were chosen, or all that the filter shows, before anything is done."""
    wanted, step = _wanted(request.args), _step(request.args)
    ids = many.shown_ids(wanted) if request.args.get("whom") == "all" else uuids(request.args.getlist("id"))
    if wanted.needs and step in TELLING:
        flash(_("Needs are health data: who is listed by them is neither written to nor tagged."), "error")
        return redirect(_list_url(wanted), 303)
    if not ids:
        flash(_("Choose at least one registration."), "error")
        return redirect(_list_url(wanted), 303)
    rows = many.read_many(ids)
    return _page(step, rows, _form(step, rows), wanted)


@blueprint.post("")
def create_many_step() -> Any:
    """Do it for each, and say to how many, and for whom it was refused."""
    wanted, step, ids = _wanted(request.form), _step(request.form), uuids(request.form.getlist("id"))
    rows = many.read_many(ids)
    form = _form(step, rows, request.form)
    if not form.validate():
        return _page(step, rows, form, wanted), 422
    _take(step, [registration.public_id for registration, _learner in rows], form)
    return redirect(_list_url(wanted), 303)


def _step(sent: Any) -> str:
    step = sent.get("do", "")
    if step not in STEPS:
        abort(400)
    if not has_role(signed_in_account(), STEPS[step]):
        abort(403)
    return step


def _form(step: str, rows: list[Any], sent: Any = None) -> Any:
    if step == "move":
        return ManyMoveForm(sent, doors=_doors(rows))
    if step == "cancellation":
        return ManyStepForm(sent)
    if step == "untag":
        found = tagging.tags_of([learner.id for _registration, learner in rows])
        names = {str(tag.id): tag.name for tags in found.values() for tag in tags}
        return TakeTagForm(sent, tags=sorted(names.items(), key=lambda one: tagging.tag_key(one[1])))
    return TagForm(sent)


def _take(step: str, ids: list[str], form: Any) -> None:
    actor = Actor("staff", signed_in_account().id)
    if step == "tag":
        number = tagging.give_tag(ids, str(form.name.data))
        flash(ngettext("%(num)d person has the tag now.", "%(num)d people have the tag now.", number), "done")
    elif step == "untag":
        number = tagging.take_tag(ids, int(form.name.data))
        flash(
            ngettext(
                "The tag is taken from %(num)d person.", "The tag is taken from %(num)d people.", number
            ),
            "done",
        )
    elif step == "move":
        outcome = many.move_many(ids, str(form.session.data), actor=actor, **form.said())
        _say(outcome, ngettext("%(num)d moved.", "%(num)d moved.", outcome.done))
    else:
        outcome = many.cancel_many(ids, actor=actor, **form.said())
        _say(outcome, ngettext("%(num)d cancelled.", "%(num)d cancelled.", outcome.done))


def _say(outcome: many.Outcome, done: str) -> None:
    if outcome.done:
        flash(done, "done")
    for reason, names in outcome.refused.items():
        more = " …" if len(names) > MOST_NAMES else ""
        sentence = ngettext(
            "%(num)d stays as it was. %(reason)s (%(names)s)",
            "%(num)d stay as they were. %(reason)s (%(names)s)",
            len(names),
            reason=reason,
            names=", ".join(names[:MOST_NAMES]) + more,
        )
        flash(sentence, "error")


def _doors(rows: list[Any]) -> list[Any]:
    """Return the sessions with a free place to which people of one training can be moved."""
    trainings = {registration.training_id for registration, _learner in rows}
    sessions = {registration.training_session_id for registration, _learner in rows}
    if len(trainings) != 1:
        return []
    free, _full = doors_elsewhere(trainings.pop(), sessions.pop() if len(sessions) == 1 else None)
    return free


def _page(step: str, rows: list[Any], form: Any, wanted: Filter) -> str:
    stepping = many.can_step(rows) if step in ("cancellation", "move") else rows
    return render_template(
        "registration/new_many_step.html",
        step=step, rows=stepping, left_out=[row for row in rows if row not in stepping], form=form, wanted=wanted,
        people=len({learner.id for _registration, learner in stepping}), most=MOST, list_url=_list_url(wanted),
        doors=_doors(rows) if step == "move" else [], known_tags=tagging.tag_names() if step == "tag" else [],
        trainings=training_labels(), session_words=session_words, language_words=language_words,
    )  # fmt: skip


def _wanted(sent: Any) -> Filter:
    account = signed_in_account()
    options = {"zone": account.time_zone, "with_needs": has_role(account, "organiser")}
    return Filter.from_text(sent["list"], **options) if "list" in sent else Filter.from_query(sent, **options)


def _list_url(wanted: Filter) -> str:
    query = wanted.as_query()
    return url_for("registrations.list_registrations") + (f"?{query}" if query else "")
