"""How the activity log calls what the team does to sessions and registrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import session_words, training_labels
from ..catalogue.models import TrainingSession
from ..database import db
from ..staff.activity_listing import name_filters, name_subjects, name_verbs
from .desk_models import LearnerNote, SavedView, Tag
from .export_kinds import KINDS
from .export_models import ExportFile
from .filter_words import labels_of_parts, part_sentences
from .filtering import SEVERAL, Filter
from .importing_models import ImportRun
from .models import Learner, Registration

# How the log names how many were chosen one by one.
CHOSEN = "chosen"
VERBS = {
    "note_changed": _l("Changed a note about a person"),
    "note_deleted": _l("Deleted a note about a person"),
    "note_restored": _l("Took back that a note was deleted"),
    "session_planned": _l("Planned a session"),
    "session_changed": _l("Changed a session"),
    "session_moved": _l("Changed the dates of a session"),
    "session_cancelled": _l("Cancelled a session"),
    "session_published": _l("Published a session"),
    "session_paused": _l("Paused a session"),
    "session_resumed": _l("Opened a session again"),
    "session_closed": _l("Closed registration for a session"),
    "registrations_exported_csv": _l("Exported registrations (CSV)"),
    "registrations_exported_xlsx": _l("Exported registrations (Excel)"),
    "export_made_full": _l("Made an export with everything"),
    "export_made_contacts": _l("Made a contact list"),
    "export_made_funder": _l("Made a pseudonymised export"),
    "export_made_sign_in": _l("Made a sign-in sheet"),
    "export_fetched": _l("Fetched a colleague’s export"),
    "export_file": _l("Exported registrations on the command line"),
    "registration_register": _l("Registered a person"),
    "registration_approve": _l("Approved a registration"),
    "registration_reject": _l("Refused a registration"),
    "registration_cancel": _l("Cancelled a registration"),
    "registration_restore": _l("Restored a registration"),
    "registration_move": _l("Moved a registration to another session"),
    "registration_reorder": _l("Changed somebody’s rank"),
    "import_received": _l("Sent a file to be imported"),
    "import_confirmed": _l("Imported registrations"),
    "import_discarded": _l("Threw a file away that was not imported"),
    "import_resumed": _l("Went on with an import that had stopped"),
    "import_undone": _l("Undid an import"),
    "attendance_ticked": _l("Marked who was at a meeting"),
    "note_written": _l("Wrote a note about a person"),
    "pair_dismissed": _l("Told two people apart"),
    "view_saved": _l("Kept a view of the list"),
    "view_replaced": _l("Replaced a view of the list"),
    "view_renamed": _l("Renamed a view of the list"),
    "view_deleted": _l("Deleted a view of the list"),
    "tag_given": _l("Gave people a tag"),
    "tag_taken": _l("Took a tag from people"),
    "tag_renamed": _l("Renamed a tag"),
    "tag_deleted": _l("Deleted a tag"),
    "people_merged": _l("Merged two people"),
    "erase_learner": _l("Erased a person"),
    "return_cleared": _l("Noted that an address works again"),
    "need_answered": _l("Answered accessibility needs"),
}


def init_app(app: Flask) -> None:
    """Tell the log the words of this capability."""
    name_verbs(VERBS)
    name_subjects("session", _name_sessions)
    name_subjects("registration", _name_registrations, aliases=_ids_of_registration)
    name_subjects("tag", _name_tags)
    name_subjects("view", _name_views)
    name_subjects("import", _name_imports)
    name_subjects("export", _name_exports)
    name_subjects("note", _name_notes)
    name_filters("registrations", _name_filters)


def _name_sessions(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    labels = training_labels()
    found = db.session.scalars(
        select(TrainingSession)
        .where(TrainingSession.id.in_([int(one) for one in ids if one.isdecimal()]))
        .options(selectinload(TrainingSession.meetings))
    )
    return {
        str(session.id): (
            f"{labels[session.training_id].short_title}, {session_words(session)}",
            url_for("sessions.show_session", public_id=session.public_id),
        )
        for session in found
    }


def _ids_of_registration(one: str) -> set[str]:
    """Return both ids of a registration: the log has either."""
    number = int(one) if one.isdecimal() and len(one) < 10 else 0
    row = db.session.execute(
        select(Registration.id, Registration.public_id).where(
            or_(Registration.id == number, Registration.public_id == one)
        )
    ).first()
    return {str(row.id), row.public_id} if row else set()


def _name_views(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    wanted = [int(one) for one in ids if one.isdecimal()]
    rows = db.session.scalars(select(SavedView).where(SavedView.id.in_(wanted)))
    address = url_for("registrations.list_registrations")
    return {str(row.id): (row.name, f"{address}?{Filter.from_stored(row.filter).as_query()}") for row in rows}


def _name_tags(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    rows = db.session.execute(
        select(Tag.id, Tag.name).where(Tag.id.in_([int(one) for one in ids if one.isdecimal()]))
    )
    return {str(row.id): (row.name, url_for("registrations.list_registrations", tag=row.id)) for row in rows}


def _name_imports(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    found = db.session.scalars(select(ImportRun).where(ImportRun.public_id.in_(list(ids))))
    return {
        run.public_id: (run.file_name, url_for("imports.show_import", public_id=run.public_id))
        for run in found
    }


def _name_registrations(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    wanted = list(ids)
    numbers = [int(one) for one in wanted if one.isdecimal()]
    rows = db.session.scalars(
        select(Registration)
        .where(or_(Registration.id.in_(numbers), Registration.public_id.in_(wanted)))
        .options(selectinload(Registration.learner))
    )
    named = {}
    for row in rows:
        name = row.learner.full_name if row.learner else _("Erased person")
        words = name, url_for("registrations.show_registration", public_id=row.public_id)
        named |= {str(row.id): words, row.public_id: words}
    return {one: named[one] for one in wanted if one in named}


def _name_notes(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Name the person whom a note is about, with the latest of their registrations."""
    rows = db.session.execute(
        select(LearnerNote.public_id, Learner.first_name, Learner.last_name, Registration.public_id)
        .join(Learner, Learner.id == LearnerNote.learner_id)
        .outerjoin(Registration, Registration.learner_id == Learner.id)
        .where(LearnerNote.public_id.in_(list(ids)))
        .order_by(Registration.id)
    )
    return {
        note: (
            f"{first or ''} {last or ''}".strip(),
            url_for("registrations.show_registration", public_id=registration) if registration else "",
        )
        for note, first, last, registration in rows
    }


def _name_exports(ids: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    found = db.session.scalars(
        select(ExportFile).where(ExportFile.id.in_([int(one) for one in ids if one.isdecimal()]))
    )
    return {
        str(row.id): (str(KINDS[row.kind].name), url_for("exports.show_export", public_id=row.public_id))
        for row in found
    }


def _name_filters(chosen: Mapping[str, Any]) -> str | None:
    """Name the filter of a list or an export, as the log keeps it: choices joined by commas, without the search."""
    labels = labels_of_parts()
    if not {*labels, CHOSEN} >= set(chosen):
        return None
    parts = {name: str(value).split(", ") for name, value in chosen.items() if name not in ("q", CHOSEN)}
    stored = {name: values if name in SEVERAL else values[0] for name, values in parts.items()}
    words = part_sentences(Filter.from_stored(stored))
    if "q" in chosen:
        words.append(_("%(term)s: %(value)s", term=labels["q"], value="…"))
    if CHOSEN in chosen:
        words.append(ngettext("%(num)d chosen", "%(num)d chosen", int(chosen[CHOSEN])))
    return "; ".join(words)
