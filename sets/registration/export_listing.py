"""The exports of somebody and of the team, as their page lists them. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from ..catalogue.models import Meeting
from ..database import db
from ..staff.models import Account
from .export_kinds import KINDS
from .export_models import ExportFile
from .export_words import filter_sentence
from .exporting import wanted_by
from .sign_in_sheets import meeting_choice_words

SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One export with who asked for it ("" where the account is gone)."""

    row: ExportFile
    who: str

    @property
    def name(self) -> str:
        """What kind it is."""
        return str(KINDS[self.row.kind].name)

    @property
    def role(self) -> str:
        """Who may fetch it."""
        return KINDS[self.row.kind].role

    @property
    def about(self) -> str:
        """Whom it shows: the filter in words, or the meeting."""
        if self.row.meeting_id is not None:
            return meeting_choice_words(db.session.get_one(Meeting, self.row.meeting_id))
        return filter_sentence(wanted_by(self.row))

    @property
    def file_name(self) -> str:
        """How the file is called where it is fetched."""
        names = {"contacts": "contacts", "funder": "pseudonymised", "sign_in": "sign-in"}
        name = names.get(self.row.kind, "registrations")
        return f"{name}-{self.row.taken_at:%Y-%m-%d}.{self.row.format}"

    @property
    def size(self) -> str:
        """How large the file is."""
        if self.row.bytes < 1_000_000:
            return _("%(number)s kB", number=max(1, round(self.row.bytes / 1000)))
        return _("%(number)s MB", number=round(self.row.bytes / 1_000_000))


def list_lines(account_id: int) -> tuple[list[Line], list[Line]]:
    """Return the latest exports of an account, and those of everybody else."""
    own = ExportFile.account_id == account_id
    return _lines(own), _lines(~own | ExportFile.account_id.is_(None))


def read_line(public_id: str) -> Line | None:
    """Return one export, or None."""
    return next(iter(_lines(ExportFile.public_id == public_id)), None)


def _lines(which: object) -> list[Line]:
    found = db.session.execute(
        select(ExportFile, Account.name, Account.email)
        .outerjoin(Account, Account.id == ExportFile.account_id)
        .where(which)  # type: ignore[arg-type]
        .order_by(ExportFile.id.desc())
        .limit(SHOWN)
    )
    return [Line(row, name or email or "") for row, name, email in found]
