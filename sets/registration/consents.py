"""What people agree to, in which words: texts are versioned, and each consent names its version and time."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select, update

from ..catalogue.models import PageText
from ..catalogue.showing import snapshot
from ..database import after_commit, db
from ..languages import LANGUAGES, speaking
from ..statements import insert_or_ignore, insert_rows
from .applying import Application
from .models import Consent, TextVersion


def consent_words(kind: str) -> str:
    """Return what the form says beside that consent, in the language being spoken; these words are versioned."""
    if kind == "news":
        return _("Write to me when a new training opens.")
    if kind == "needs":
        return _("I agree that the organising team reads this, to make the sessions accessible to me.")
    raise KeyError(kind)


def record(learner_id: int, application: Application, moment: datetime) -> None:
    """Store that the notice was shown, and which consents were given, inside the open transaction."""
    kinds = ["notice"]
    if application.news:
        kinds.append("news")
    if application.needs and application.needs_consent:
        kinds.append("needs")
    rows = [
        {
            "learner_id": learner_id,
            "kind": kind,
            "text_version_id": _version(kind, application.page_language, moment),
            "given_at": moment,
        }
        for kind in kinds
    ]
    insert_rows(Consent, rows)


def give(learner_id: int, kind: str, language: str, moment: datetime) -> None:
    """Store a consent in the words that the form has now, unless it stands already, inside the open transaction."""
    if not is_given(learner_id, kind):
        version = _version(kind, language, moment)
        values = {"learner_id": learner_id, "kind": kind, "text_version_id": version, "given_at": moment}
        insert_or_ignore(Consent, values)


def give_in_words(learner_id: int, kind: str, language: str, words: str, moment: datetime) -> None:
    """Store a consent that was given elsewhere at that moment, in the words that were read there. Within a transaction.

    Those words become a version of their own, unless they are one already.
    """
    same = select(TextVersion.id).where(
        TextVersion.kind == kind, TextVersion.language == language, TextVersion.body == words
    )
    version = db.session.scalar(same.limit(1))
    while version is None:
        numbers = select(func.max(TextVersion.number)).where(
            TextVersion.kind == kind, TextVersion.language == language
        )
        number = (db.session.scalar(numbers) or 0) + 1
        values = {"kind": kind, "language": language, "body": words, "from_at": moment, "number": number}
        version = insert_or_ignore(TextVersion, values, "kind", "number", "language")
    values = {"learner_id": learner_id, "kind": kind, "text_version_id": version, "given_at": moment}
    insert_or_ignore(Consent, values)


def withdraw(learner_id: int, kind: str, moment: datetime) -> None:
    """End a consent; that it was given, and until when, stays. Inside the open transaction."""
    db.session.execute(
        update(Consent)
        .where(Consent.learner_id == learner_id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=moment)
        .execution_options(synchronize_session=False)
    )


def is_given(learner_id: int, kind: str) -> bool:
    """Tell whether a consent stands."""
    statement = select(Consent.id).where(
        Consent.learner_id == learner_id, Consent.kind == kind, Consent.withdrawn_at.is_(None)
    )
    return db.session.scalar(statement.limit(1)) is not None


def _version(kind: str, language: str, moment: datetime) -> int:
    """Return the id of the text as it stands now, making a new version when the words have changed.

    The words change with the catalogue's version or with the site's: what was found is remembered until then.
    """
    remembered: dict[tuple[str, str], tuple[int, int]] = current_app.extensions.setdefault(
        "text_versions", {}
    )
    catalogue = snapshot().version
    found = remembered.get((kind, language))
    if found is None or found[0] != catalogue:
        found = catalogue, _stored_version(kind, language, moment)
        # Not before it is stored: the transaction may fail.
        after_commit(partial(remembered.__setitem__, (kind, language), found))
    return found[1]


def _stored_version(kind: str, language: str, moment: datetime) -> int:
    body = _body(kind, language)
    statement = (
        select(TextVersion.id, TextVersion.body, TextVersion.number)
        .where(TextVersion.kind == kind, TextVersion.language == language)
        .order_by(TextVersion.number.desc())
        .limit(1)
    )
    values = {"kind": kind, "language": language, "body": body, "from_at": moment}
    while True:
        latest = db.session.execute(statement).first()
        if latest is not None and latest.body == body:
            return latest.id
        # Another sign-up may be the first under these words too: then its version is read.
        number = latest.number + 1 if latest else 1
        made = insert_or_ignore(TextVersion, values | {"number": number}, "kind", "number", "language")
        if made is not None:
            return made


def _body(kind: str, language: str) -> str:
    if kind != "notice":
        with speaking(language if language in LANGUAGES else "en"):
            return consent_words(kind)
    page = db.session.execute(
        select(PageText.fields, PageText.title)
        .where(PageText.key == "privacy")
        .order_by(PageText.language != language, PageText.language)
        .limit(1)
    ).first()
    if page is None:
        return ""
    sections = page.fields.get("sections", {})
    return "\n\n".join(
        [page.title, *(f"{part['heading']}\n{part['markdown']}" for part in sections.values())]
    )
