"""Importing a file: sending it, saying what its columns and values are, the check, the last word, taking it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ..catalogue.labels import language_words, session_words, training_labels
from ..catalogue.showing import snapshot
from ..clock import now
from ..forms import clean_line
from ..http import asked_page, take_files
from ..languages import current_language
from ..spreadsheets import sent_xlsx
from ..staff.guard import signed_in_account, staff_blueprint
from . import importing, importing_listing, importing_undoing
from . import importing_sentences as say
from .importing import ImportRefused
from .importing_columns import Matching, order_of_dates, questions, value_key
from .importing_dates import read_date
from .importing_errors import write_errors
from .importing_forms import ConfirmationForm, MatchingForm, PastSessionForm, ValuesForm, column_targets
from .importing_listing import PER_PAGE, find_run
from .importing_models import MOVING, ImportRun, Result, RunState
from .importing_reading import LARGEST_FILE, FileRefused, read_table
from .importing_sessions import held_sessions
from .record import sessions_for_choice

ONE = "/<uuid:public_id>"
blueprint = staff_blueprint("imports", __name__, role="organiser", url_prefix="/staff/imports")


def init_app(app: Flask) -> None:
    """Connect the pages, and let one of them take a file."""
    app.register_blueprint(blueprint)
    take_files(app, "imports.create_import", LARGEST_FILE)


@blueprint.get("")
def list_imports() -> str:
    """Show the imports so far, and take a file."""
    return _list_page()


@blueprint.post("")
def create_import() -> Any:
    """Read a file, keep its lines, and ask what its columns are."""
    sent = request.files.get("file")
    try:
        if sent is None or not sent.filename:
            raise FileRefused("missing")
        with sent.stream as stream:
            table = read_table(stream.read(LARGEST_FILE + 1))
    except FileRefused as refusal:
        return _list_page(say.file_words(refusal)), 422
    name = clean_line(Path(sent.filename.replace("\\", "/")).name)[:120] or _("File")
    account, zone = signed_in_account().id, snapshot().programme.time_zone
    public_id = importing.store_file(table, name, account_id=account, zone=zone)
    return redirect(url_for(".edit_import", public_id=public_id), 303)


@blueprint.get(f"{ONE}/columns")
def edit_import(public_id: UUID) -> Any:
    """Ask what each column is."""
    run = _changeable_run(public_id)
    return _matching_page(run, _matching_form(run, None)) if run else _here(public_id)


@blueprint.post(f"{ONE}/columns")
def update_import(public_id: UUID) -> Any:
    """Keep what the columns are; ask about unknown values, or begin to check."""
    run = _changeable_run(public_id)
    form = _matching_form(run, request.form) if run else None
    if run is None or form is None:
        return _stale(public_id)
    if not form.validate():
        return _matching_page(run, form), 422
    return _act(public_id, lambda: importing.match_columns(run.public_id, form.result(), _revision()))


@blueprint.get(f"{ONE}/values")
def edit_import_values(public_id: UUID) -> Any:
    """Ask what values stand for that no list has."""
    run = _changeable_run(public_id)
    return _values_page(run, None) if run else _here(public_id)


@blueprint.post(f"{ONE}/values")
def update_import_values(public_id: UUID) -> Any:
    """Keep what values stand for; ask about more, or begin to check."""
    run = _changeable_run(public_id)
    if run is None:
        return _stale(public_id)
    form = ValuesForm(request.form, _asked(run))
    if not form.validate():
        return _values_page(run, form), 422
    return _act(public_id, lambda: importing.settle_values(run.public_id, form.result(), _revision()))


@blueprint.get(ONE)
def show_import(public_id: UUID) -> Any:
    """Show how far an import is, and its lines by result."""
    run = _run(public_id)
    if run.state == RunState.MATCHING:
        return redirect(url_for(".edit_import", public_id=public_id), 303)
    result = request.args.get("result", "")
    result = result if result in list(Result) else ""
    page = asked_page()
    counts = importing_listing.count_results(run.id) or run.figures or {}
    entries = importing_listing.list_entries(run.id, result=result, page=page)
    total = counts.get(result, 0) if result else sum(counts.values())
    return render_template(
        "registration/show_import.html", run=run, counts=counts, entries=entries, total=total, result=result,
        page=page, per_page=PER_PAGE, registrations=importing_listing.registrations_of(entries), **_standing(run),
        **_words(),
    )  # fmt: skip


@blueprint.get(f"{ONE}/errors.xlsx")
def show_import_errors(public_id: UUID) -> Any:
    """Send the lines with errors as a spreadsheet, each with what is wrong: to be corrected, and imported."""
    run = _run(public_id)
    name = f"errors-{now():%Y-%m-%d}.xlsx"
    return sent_xlsx(Path(current_app.instance_path), name, lambda path: write_errors(run, path))[0]


@blueprint.get(f"{ONE}/session")
def new_past_session(public_id: UUID) -> Any:
    """Ask about a past session that lines speak of and that is not there."""
    run = _changeable_run(public_id)
    return _session_page(run, _session_form(run, None)) if run else _here(public_id)


@blueprint.post(f"{ONE}/session")
def create_past_session(public_id: UUID) -> Any:
    """Add the past session, and check the lines again."""
    run = _changeable_run(public_id)
    form = _session_form(run, request.form) if run else None
    if run is None or form is None:
        return _stale(public_id)
    if not form.validate():
        return _session_page(run, form), 422
    try:
        _create_session(run, form)
    except ImportRefused as refusal:
        form.day.errors = [say.refusal_words(refusal)]
        return _session_page(run, form), 422
    return _here(public_id)


@blueprint.get(f"{ONE}/confirmation")
def new_import_confirmation(public_id: UUID) -> Any:
    """Say what an import will do, and ask for the last word."""
    run = _run(public_id)
    return _confirmation_page(run, ConfirmationForm()) if run.state == RunState.CHECKED else _here(public_id)


@blueprint.post(f"{ONE}/confirmation")
def create_import_confirmation(public_id: UUID) -> Any:
    """Have the lines registered."""
    run, form = _run(public_id), ConfirmationForm(request.form)
    if not form.validate():
        return _confirmation_page(run, form), 422
    try:
        importing.confirm(
            run.public_id, on_errors=form.on_errors.data, mails=form.mails.data, account_id=signed_in_account().id,
            shown=request.form.get("shown", -1, type=int),
        )  # fmt: skip
    except ImportRefused as refusal:
        flash(say.refusal_words(refusal), "error")
        back = ".show_import" if refusal.reason in ("changed", "nothing") else ".new_import_confirmation"
        return redirect(url_for(back, public_id=public_id), 303)
    return _here(public_id)


@blueprint.post(f"{ONE}/resumption")
def create_import_resumption(public_id: UUID) -> Any:
    """Go on after an error, leaving it out."""
    return _act(public_id, lambda: importing.resume(str(public_id)))


@blueprint.get(f"{ONE}/undo")
def new_import_undo(public_id: UUID) -> Any:
    """Say how many registrations go and how many stay, and ask."""
    run = _run(public_id)
    if run.state not in (RunState.DONE, RunState.STOPPED):
        return _here(public_id)
    kept = importing_undoing.count_kept(run)
    gone, filled = kept.pop(importing_undoing.GONE, 0), importing_undoing.count_filled(run)
    return render_template(
        "registration/new_import_undo.html", run=run, gone=gone, kept=kept, filled=filled, say=say
    )


@blueprint.post(f"{ONE}/undo")
def create_import_undo(public_id: UUID) -> Any:
    """Have the import taken back."""
    return _act(public_id, lambda: importing.undo(str(public_id)))


@blueprint.post(f"{ONE}/deletion")
def delete_import(public_id: UUID) -> Any:
    """Throw away a file that was not imported."""
    try:
        importing.discard(str(public_id))
    except ImportRefused as refusal:
        flash(say.refusal_words(refusal), "error")
    else:
        flash(_("The file is thrown away. Nothing of it was registered."), "done")
    return redirect(url_for(".list_imports"), 303)


# ------------------------------------------------------------------------------------------------- shared steps


def _run(public_id: UUID) -> ImportRun:
    return find_run(str(public_id)) or abort(404)


def _changeable_run(public_id: UUID) -> ImportRun | None:
    run = _run(public_id)
    return run if run.state in importing.CHANGEABLE else None


def _revision() -> int:
    return request.form.get("revision", -1, type=int)


def _here(public_id: UUID) -> Any:
    return redirect(url_for(".show_import", public_id=public_id), 303)


def _stale(public_id: UUID) -> Any:
    flash(say.refusal_words(ImportRefused("changed")), "error")
    return _here(public_id)


def _act(public_id: UUID, verb: Any) -> Any:
    """Do something with an import; then go where it wants something, or where it is shown."""
    try:
        verb()
    except ImportRefused as refusal:
        flash(say.refusal_words(refusal), "error")
        return _here(public_id)
    run = _run(public_id)
    if run.state != RunState.MATCHING:
        return _here(public_id)
    if importing.unknown_values(run):
        return redirect(url_for(".edit_import_values", public_id=public_id), 303)
    importing.start_check(run.public_id)
    return _here(public_id)


def _list_page(error: str = "") -> str:
    return render_template(
        "registration/list_imports.html", runs=importing_listing.list_runs(), error=error, zone=_zone(), say=say,
        largest=LARGEST_FILE // 1024 // 1024, count_results=importing_listing.count_results,
    )  # fmt: skip


def _titles() -> dict[str, str]:
    return {label.slug: label.short_title for label in training_labels().values()}


def _sessions() -> dict[str, list[tuple[str, str]]]:
    """Return the sessions of each training that lines can be for, the newest first."""
    there = {held.public_id for held in held_sessions()}
    labels = training_labels()
    found: dict[str, list[tuple[str, str]]] = {label.slug: [] for label in labels.values()}
    for session in sessions_for_choice():
        if session.public_id in there:
            found[labels[session.training_id].slug].append((session.public_id, session_words(session)))
    return found


def _matching_form(run: ImportRun, sent: Any) -> MatchingForm:
    asked = [(f"q{one}", found[0].words(current_language())) for one, found in questions().items()]
    matching = Matching.read(run.mapping)
    columns = (
        [(sent or {}).get(f"column-{i}", "") for i in range(len(run.headings))] if sent else matching.columns
    )
    dates = [index for index, one in enumerate(columns) if one in ("submitted_at", "session")]
    order = order_of_dates(importing_listing.column_values(run.id, dates)) if dates else True
    return MatchingForm(
        sent, headings=run.headings, matching=matching, targets=column_targets(asked),
        trainings=list(_titles().items()), sessions=_sessions(), order=order,
    )  # fmt: skip


def _matching_page(run: ImportRun, form: MatchingForm) -> str:
    return render_template(
        "registration/edit_import.html", run=run, form=form, samples=importing_listing.sample_values(run),
        titles=_titles(),
    )  # fmt: skip


def _asked(run: ImportRun) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    columns, titles = Matching.read(run.mapping).columns, _titles()
    return [
        (str(index), value_key(value), value, say.choice_words(columns[index], current_language(), titles))
        for index, values in importing.unknown_values(run).items()
        for value, _number in values
    ]


def _values_page(run: ImportRun, form: ValuesForm | None) -> Any:
    form = form or ValuesForm(None, _asked(run))
    if not form.asked:
        return _act(UUID(run.public_id), lambda: importing.start_check(run.public_id))
    return render_template("registration/edit_import_values.html", run=run, form=form)


def _session_form(run: ImportRun, sent: Any) -> PastSessionForm:
    trainings = list(_titles().items())
    zone = Matching.read(run.mapping).zone or _zone()
    asked = request.args
    form = PastSessionForm(sent, trainings=trainings, zone=zone, training=asked.get("training"))
    if sent is None and (found := read_date(asked.get("day", ""))):
        form.day.data = found.moment.date()
    return form


def _session_page(run: ImportRun, form: PastSessionForm) -> str:
    return render_template("registration/new_past_session.html", run=run, form=form)


def _create_session(run: ImportRun, form: PastSessionForm) -> None:
    begins, ends = form.hours()
    slugs = {label.slug: label.id for label in training_labels().values()}
    importing.create_past_session(
        run.public_id, training_id=slugs[form.training.data], language=form.language.data, starts_at=begins,
        ends_at=ends, zone=form.zone,
    )  # fmt: skip


def _confirmation_page(run: ImportRun, form: ConfirmationForm) -> str:
    return render_template(
        "registration/new_import_confirmation.html", run=run, form=form, say=say,
        counts=importing_listing.count_results(run.id), mails=importing_listing.count_mails(run.id),
        coming=importing_listing.count_coming(run.id), old=importing_listing.count_old(run.id),
    )  # fmt: skip


def _standing(run: ImportRun) -> dict[str, Any]:
    is_checked = run.state == RunState.CHECKED
    return {
        "progress": importing_listing.progress_of(run) if run.state in MOVING else None,
        "missing": importing_listing.missing_sessions(run.id) if is_checked else [],
        "undone": importing_listing.count_undone(run.id) if run.state == RunState.UNDONE else {},
        "results": list(Result),
        "may_change": run.state in importing.CHANGEABLE,
    }


def _words() -> dict[str, Any]:
    sessions = {session.id: session for session in sessions_for_choice()}
    return {
        "say": say,
        "trainings": training_labels(),
        "sessions": sessions,
        "session_words": session_words,
        "language_words": language_words,
        "zone": _zone(),
    }


def _zone() -> str:
    return signed_in_account().time_zone
