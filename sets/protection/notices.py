"""The words that people saw or agreed to, version by version, and how many did. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import case, func, select

from ..database import db
from ..registration.models import Consent, TextVersion

KINDS = ("notice", "news", "needs")


@dataclass(frozen=True)
class Version:
    """One version of a text in one language."""

    number: int
    language: str
    from_at: datetime
    body: str
    standing: int
    withdrawn: int
    is_latest: bool


def kind_words() -> dict[str, str]:
    """Return what each kind of text is called."""
    return {
        "notice": _("Privacy notice, as it was shown"),
        "news": _("Consent to news"),
        "needs": _("Consent for accessibility needs"),
    }


def list_versions(kind: str) -> list[Version]:
    """Return every version of a kind of text, the newest first, with how many consents stand on it."""
    ended = func.sum(case((Consent.withdrawn_at.is_not(None), 1), else_=0))
    counts = {
        row[0]: (int(row[1]), int(row[2] or 0))
        for row in db.session.execute(
            select(Consent.text_version_id, func.count(Consent.id), ended)
            .where(Consent.kind == kind)
            .group_by(Consent.text_version_id)
        )
    }
    rows = list(
        db.session.scalars(
            select(TextVersion)
            .where(TextVersion.kind == kind)
            .order_by(TextVersion.number.desc(), TextVersion.language)
        )
    )
    latest: dict[str, int] = {}
    for row in rows:
        latest[row.language] = max(row.number, latest.get(row.language, 0))
    return [
        Version(
            row.number, row.language, row.from_at, row.body,
            counts.get(row.id, (0, 0))[0] - counts.get(row.id, (0, 0))[1], counts.get(row.id, (0, 0))[1],
            row.number == latest[row.language],
        )
        for row in rows
    ]  # fmt: skip
