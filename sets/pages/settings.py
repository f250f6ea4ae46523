"""Changing a setting: never over what somebody else stored meanwhile; a shorter period begins after a week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from ..catalogue.brochures import build_brochures
from ..catalogue.showing import current_programme
from ..catalogue.versions import bump_catalogue_version
from ..clock import now
from ..database import db, transaction
from ..installation import Setting, SettingAhead
from ..preferences import PREFERENCES, Preference
from ..protection.messages import announce_shorter
from ..protection.shortening import NOTICE, is_shorter, would_go
from ..staff.activity import acting_account_id, record_activity
from ..staff.models import Account


class SettingStale(RuntimeError):  # noqa: N818 - a refusal
    """Somebody else changed the setting since the page was opened."""


@dataclass(frozen=True)
class Shown:
    """One setting as the pages show it: the value in force, since when and by whom, and what comes later."""

    preference: Preference
    value: Any
    changed_at: datetime | None = None
    changed_by: str = ""
    ahead: Any = None
    starts_at: datetime | None = None
    version: str = ""

    @property
    def is_default(self) -> bool:
        """Whether nobody has chosen anything."""
        return self.changed_at is None and self.starts_at is None


def read_settings() -> list[Shown]:
    """Return every setting in the order of the page."""
    rows, ahead = _rows(Setting), _rows(SettingAhead)
    ids = {row.changed_by for row in (*rows.values(), *ahead.values()) if row.changed_by}
    accounts = db.session.scalars(select(Account).where(Account.id.in_(ids)))
    names = {account.id: account.name or account.email for account in accounts}
    return [_shown(one, rows.get(one.key), ahead.get(one.key), names) for one in PREFERENCES.values()]


def read_setting(key: str) -> Shown:
    """Return one setting; KeyError when there is none of that name."""
    PREFERENCES[key]
    return next(shown for shown in read_settings() if shown.preference.key == key)


def change_setting(key: str, value: Any, *, seen: str) -> datetime | None:
    """Store a value, or the default for None; return from when on it is in force if that is later.

    `seen` is the version that the person looked at. Raises SettingStale when there is another by now, ValueError when
    the setting cannot have that value.
    """
    one = PREFERENCES[key]
    wanted = one.default if value is None else value
    if not one.accepts(wanted):
        raise ValueError(f"{key} cannot be {value!r}.")
    starts_at = None
    with transaction() as session:
        # The lock of all settings, and what makes every kept page old.
        bump_catalogue_version(session)
        if _version(session.get(Setting, key), session.get(SettingAhead, key)) != seen:
            raise SettingStale
        session.execute(delete(SettingAhead).where(SettingAhead.key == key))
        values = {"key": key, "value": wanted, "changed_by": acting_account_id(), "changed_at": now()}
        if is_shorter(key, wanted):
            starts_at = now() + NOTICE
            session.execute(insert(SettingAhead).values(**values, starts_at=starts_at))
            announce_shorter(key, wanted, would_go(key, wanted, starts_at), starts_at)
        else:
            _store(session, None if value is None else values, key)
        record_activity("setting_changed", subject_type="setting", subject_id=key)
    if key == "contact_email":
        # It stands in the brochures.
        build_brochures(current_programme())
    return starts_at


def begin_settings() -> int:
    """Put into force what was changed for later and whose time has come; return how many."""
    due = select(SettingAhead.key).where(SettingAhead.starts_at <= now())
    if db.session.execute(due.limit(1)).first() is None:
        return 0
    with transaction() as session:
        bump_catalogue_version(session)
        rows = list(session.scalars(select(SettingAhead).where(SettingAhead.starts_at <= now())))
        for row in rows:
            values = {"key": row.key, "value": row.value, "changed_by": row.changed_by, "changed_at": now()}
            _store(session, values, row.key)
            session.delete(row)
    return len(rows)


def _store(session: Any, values: dict[str, Any] | None, key: str) -> None:
    if values is None:
        session.execute(delete(Setting).where(Setting.key == key))
    elif session.get(Setting, key) is not None:
        session.execute(update(Setting).where(Setting.key == key).values(**values))
    else:
        session.execute(insert(Setting).values(**values))


def _rows(model: Any) -> dict[str, Any]:
    return {row.key: row for row in db.session.scalars(select(model).where(model.key.in_(list(PREFERENCES))))}


def _shown(one: Preference, row: Setting | None, ahead: SettingAhead | None, names: dict[int, str]) -> Shown:
    latest = ahead or row
    return Shown(
        preference=one,
        value=row.value if row is not None and one.accepts(row.value) else one.default,
        changed_at=row.changed_at if row else None,
        changed_by=names.get(latest.changed_by or 0, "") if latest else "",
        ahead=ahead.value if ahead else None,
        starts_at=ahead.starts_at if ahead else None,
        version=_version(row, ahead),
    )


def _version(*rows: Any) -> str:
    return "/".join(row.changed_at.isoformat() if row is not None else "" for row in rows)
