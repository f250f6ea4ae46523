"""What is the matter with the mail server, for staff to read: one row while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from .. import clock
from ..database import db, transaction
from ..installation import Setting
from .transport import ServerTrouble

KEY = "mail_server_trouble"


@dataclass(frozen=True)
class Trouble:
    """The server's words, and since when it takes no mail."""

    since: datetime
    code: int | None
    text: str


def current() -> Trouble | None:
    """Return what is the matter, None while mails leave."""
    row = db.session.get(Setting, KEY)
    return Trouble(row.changed_at, row.value.get("code"), row.value["text"]) if row else None


def note(found: ServerTrouble) -> None:
    """Remember the trouble, and when it began."""
    with transaction() as session:
        row = session.get(Setting, KEY)
        if row is None:
            row = Setting(key=KEY, changed_at=clock.now())
            session.add(row)
        row.value = {"code": found.code, "text": found.text}


def clear() -> None:
    """Forget it: mails leave again."""
    with transaction() as session:
        session.execute(delete(Setting).where(Setting.key == KEY))
