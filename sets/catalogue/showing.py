"""What public pages show: the whole catalogue in this process's memory, one immutable picture for each version of it.

The version is read from the database at each request (one tiny query), so that every process shows a change at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, g, has_request_context
from markupsafe import Markup
from sqlalchemy import bindparam, exists, not_, or_, select
from sqlalchemy.engine import Connection, Engine

from ..clock import now
from ..database import UTCDateTime, db
from ..installation import Setting
from ..languages import LANGUAGES, current_language
from ..mailing.letterhead import tell
from .models import (
    Brochure,
    Meeting,
    PageText,
    SessionState,
    Training,
    TrainingSession,
    TrainingState,
    TrainingText,
)
from .places import availability
from .programme import Programme, programme_of
from .prose import filled_in, shown_section
from .shown import ShownBrochure, ShownMeeting, ShownSession, ShownText, ShownTraining, Snapshot
from .storing import PROGRAMME

__all__ = [
    "ShownBrochure",
    "ShownMeeting",
    "ShownSession",
    "ShownText",
    "ShownTraining",
    "Snapshot",
    "current_programme",
    "read_version",
    "shown_session",
    "shown_text",
    "snapshot",
]

# How long a session that is over stays in memory: until the slowest reader's page has turned.
KEPT_AFTER_END = timedelta(days=1)
# What is read of a session and of a meeting as it is.
MEETING = tuple(ShownMeeting.__dataclass_fields__)
SESSION = tuple(
    name for name in ShownSession.__dataclass_fields__ if name not in ("availability", "meetings")
)

# The queries of a picture, built once: building them is most of what they cost.
STORED_PROGRAMME = select(Setting.key, Setting.value).where(Setting.key.in_((PROGRAMME, "contact_email")))
PAGES = select(PageText.key, PageText.language, PageText.fields)
TRAININGS = (
    select(Training.id, Training.slug, Training.position, Training.hours)
    .where(Training.state == TrainingState.PUBLISHED)
    .order_by(Training.position, Training.id)
)
TEXTS = select(TrainingText.training_id, TrainingText.language, TrainingText.title, TrainingText.fields)
BROCHURES = select(Brochure.training_id, Brochure.language, Brochure.bytes)
_OWN = Meeting.training_session_id == TrainingSession.id
# Sessions that are not over, or have no meeting yet.
_RECENT = select(TrainingSession.id).where(
    or_(
        exists().where(_OWN, Meeting.ends_at > bindparam("oldest", type_=UTCDateTime)),
        not_(exists().where(_OWN)),
    )
)
MEETINGS = (
    select(Meeting.training_session_id, Meeting.cancelled_at, *(getattr(Meeting, name) for name in MEETING))
    .where(Meeting.training_session_id.in_(_RECENT))
    .order_by(Meeting.starts_at, Meeting.id)
)
SESSIONS = select(
    TrainingSession.places_taken,
    TrainingSession.capacity,
    *(getattr(TrainingSession, name) for name in SESSION),
).where(
    TrainingSession.state != SessionState.DRAFT,
    TrainingSession.practice.is_(False),
    TrainingSession.id.in_(_RECENT),
)


def init_app(app: Flask) -> None:
    """Give every template the programme and the language, and mails their letterhead."""
    app.extensions["snapshot"] = None
    app.context_processor(_spoken_of)
    app.add_template_global(fragment)
    tell(app, lambda: programme if (programme := current_programme()).is_loaded else None)


def read_version(engine: Engine) -> int:
    """Return the catalogue's version: the one query of a page that is kept."""
    # Straight to the driver: this line is most of what a kept page costs.
    connection: Any = engine.raw_connection()
    # PostgreSQL would be asked three times: BEGIN, this, ROLLBACK. On SQLite the driver begins nothing by itself.
    has_mode = engine.dialect.name == "postgresql"
    try:
        if has_mode:
            connection.driver_connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("SELECT catalogue_version FROM installation WHERE id = 1")
        row = cursor.fetchone()
        cursor.close()
        if has_mode:
            connection.driver_connection.autocommit = False
        return row[0] if row else 0
    except BaseException:
        # Nobody else may get it in this mode.
        connection.invalidate()
        raise
    finally:
        connection.close()


def snapshot() -> Snapshot:
    """Return the catalogue as it stands; within a request always the same picture."""
    if has_request_context() and "snapshot" in g:
        return g.snapshot
    version = read_version(db.engine)
    shown: Snapshot | None = current_app.extensions["snapshot"]
    if shown is None or shown.version != version:
        shown = current_app.extensions["snapshot"] = _take(version)
    if has_request_context():
        g.snapshot = shown
    return shown


def current_programme() -> Programme:
    """Return the programme; a nameless one while no catalogue is loaded."""
    return snapshot().programme


def fragment(name: str, *key: str, caller: Callable[[], Markup]) -> Markup:
    """Return what the template's call block holds, made once for each version, language and key.

    It must depend on nothing else: no session's state, no visitor, no address. `{% call fragment("foot", here) %}`.
    """
    fragments, place = snapshot().fragments, (name, current_language(), *key)
    if place not in fragments:
        fragments[place] = caller()
    return fragments[place]


def _take(version: int) -> Snapshot:
    # A connection of its own, that sees what is stored only: nothing half done is ever shown. Plain rows, since a
    # picture is taken at each change of a session's state.
    with db.engine.connect() as connection:
        stored: dict[str, Any] = {row.key: row.value for row in connection.execute(STORED_PROGRAMME)}
        programme = programme_of(stored.get(PROGRAMME), current_app.config["BASE_URL"])
        if contact := stored.get("contact_email"):
            programme = replace(programme, contact_email=contact)
        pages: dict[str, dict[str, ShownText]] = {}
        for page in connection.execute(PAGES):
            pages.setdefault(page.key, {})[page.language] = shown_text(page.language, page.fields, programme)
        return Snapshot(version, programme, tuple(_trainings(connection, programme)), pages)


def _trainings(connection: Connection, programme: Programme) -> Iterator[ShownTraining]:
    rows = connection.execute(TRAININGS).all()
    texts: dict[int, dict[str, ShownText]] = defaultdict(dict)
    for text in connection.execute(TEXTS):
        fields = {"title": text.title} | text.fields
        texts[text.training_id][text.language] = shown_text(text.language, fields, programme)
    brochures: dict[int, dict[str, ShownBrochure]] = defaultdict(dict)
    for made in connection.execute(BROCHURES):
        brochures[made.training_id][made.language] = ShownBrochure(made.language, made.bytes)
    sessions = _sessions(connection)
    for row in rows:
        yield ShownTraining(
            **row._mapping,
            texts=texts[row.id],
            brochures=brochures[row.id],
            sessions=tuple(sessions[row.id]),
            fallback=programme.languages[0],
        )


def _sessions(connection: Connection) -> dict[int, list[ShownSession]]:
    oldest = now() - KEPT_AFTER_END
    meetings: dict[int, list[Any]] = defaultdict(list)
    for meeting in connection.execute(MEETINGS, {"oldest": oldest}):
        meetings[meeting.training_session_id].append(meeting)
    found: dict[int, list[ShownSession]] = defaultdict(list)
    for row in connection.execute(SESSIONS, {"oldest": oldest}):
        found[row.training_id].append(shown_session(row, meetings[row.id]))
    last = datetime.max.replace(tzinfo=oldest.tzinfo)
    for sessions in found.values():
        sessions.sort(key=lambda session: (session.starts_at or last, session.language, session.id))
    return found


def shown_session(row: Any, meetings: Iterable[Any]) -> ShownSession:
    """Return a row as public pages show it. A cancelled session keeps its dates, to say what does not take place."""
    standing = [one for one in meetings if one.cancelled_at is None or row.state == SessionState.CANCELLED]
    return ShownSession(
        **{name: getattr(row, name) for name in SESSION},
        availability=availability(row.capacity, row.places_taken),
        meetings=tuple(ShownMeeting(*(getattr(one, name) for name in MEETING)) for one in standing),
    )


def shown_text(language: str, fields: dict[str, Any], programme: Programme) -> ShownText:
    """Return a row's `fields` as pages show them, the programme's facts filled in."""
    stored = fields.get("sections", {})
    order = [key for key in fields.get("order", stored) if key in stored]
    return ShownText(
        language,
        {name: filled_in(value, programme) for name, value in fields.items() if isinstance(value, str)},
        {key: shown_section(key, stored[key], programme) for key in order},
    )


def _spoken_of() -> dict[str, Any]:
    return {
        "programme": current_programme(),
        "lang": current_language(),
        "languages": list(LANGUAGES.values()),
    }
