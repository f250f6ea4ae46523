"""The hold on all mail, and when it comes by itself: a restored or copied database must not write to people again.

The database counts its claims (`installation.high_water`); instance/installation.json notes the same number outside of
it. At each start the two are compared. A sealing file tells a copied instance folder from the one that made it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from .. import bell, clock
from ..database import db, transaction
from ..installation import Installation
from .models import Delivery, DeliveryStatus

log = structlog.get_logger()

MISSING, DIFFERENT, BEHIND, COPIED = "missing", "different", "behind", "copied"
PENDING = (DeliveryStatus.QUEUED, DeliveryStatus.RETRY, DeliveryStatus.SENDING)


@dataclass(frozen=True)
class Waiting:
    """How many mails of a kind wait, and since when they were posted."""

    kind: str
    count: int
    oldest: Any
    newest: Any


def check() -> str | None:
    """Compare the database with what instance/ knows of it; return the hold's reason, None when mail may leave."""
    row = db.session.execute(select(Installation)).scalar_one()
    identity, high_water, held = row.identity, row.high_water, row.hold_reason if row.mail_hold_at else None
    with _alone() as folder:
        reason = held or _suspicion(_read(folder), identity, high_water, folder)
        if reason is None:
            _write(folder, identity, high_water)
    if reason and not held:
        put_on_hold(reason)
        log.warning("mail_on_hold", reason=reason)
    db.session.rollback()
    return reason


def check_at_start() -> None:
    """Check in a web process, which serves also while the database is away: the worker checks before it sends."""
    try:
        check()
    except (SQLAlchemyError, OSError) as error:
        db.session.rollback()
        log.warning("hold_not_checked", kind=type(error).__name__)


def put_on_hold(reason: str) -> None:
    """Let no mail leave until a person releases it; mails are posted all the same."""
    with transaction() as session:
        session.execute(update(Installation).values(mail_hold_at=clock.now(), hold_reason=reason))


def release() -> None:
    """Let mail leave again, and take this database for the true one from now on."""
    with transaction() as session:
        identity, high_water = session.execute(
            update(Installation)
            .values(mail_hold_at=None, hold_reason=None, high_water=Installation.high_water + 1)
            .returning(Installation.identity, Installation.high_water)
        ).one()
        bell.ring()
    with _alone() as folder:
        (folder / "installation.seal").unlink(missing_ok=True)
        _write(folder, identity, high_water)


def reason() -> str | None:
    """Return why mail is on hold, None when it is not."""
    row = db.session.execute(select(Installation.mail_hold_at, Installation.hold_reason)).first()
    return (row.hold_reason or "asked") if row and row.mail_hold_at else None


def waiting() -> list[Waiting]:
    """Return what a release would send, by kind."""
    rows = db.session.execute(
        select(Delivery.kind, func.count(), func.min(Delivery.posted_at), func.max(Delivery.posted_at))
        .where(Delivery.status.in_(PENDING))
        .group_by(Delivery.kind)
        .order_by(Delivery.kind)
    )
    return [Waiting(*row) for row in rows]


def note(identity: str, high_water: int) -> None:
    """Note in instance/ that the database came this far; called before what was claimed is sent."""
    with _alone() as folder:
        kept = _read(folder)
        if kept is None or kept["identity"] != identity or kept["high_water"] < high_water:
            _write(folder, identity, high_water)


def _suspicion(kept: dict[str, Any] | None, identity: str, high_water: int, folder: Path) -> str | None:
    # A database that never sent anything cannot repeat itself: it is a new one.
    if kept is None:
        return MISSING if high_water and _is_pending() else None
    if kept["identity"] != identity:
        return DIFFERENT if high_water else None
    if high_water < kept["high_water"]:
        return BEHIND
    return COPIED if _is_copied(kept.get("seal"), folder) else None


def _is_pending() -> bool:
    found = select(Delivery.id).where(Delivery.status.in_(PENDING)).limit(1)
    return db.session.execute(found).first() is not None


def _is_copied(seal: Any, folder: Path) -> bool:
    """Tell whether the sealing file is another than the one noted: a copy has a new inode and a new change time.

    One of the two may change by itself (an owner is set, a network disk numbers its files anew), both do not.
    """
    present = _seal_of(folder)
    return bool(seal and present and seal[0] != present[0] and seal[1] != present[1])


def _seal_of(folder: Path) -> list[int] | None:
    try:
        found = (folder / "installation.seal").stat()
    except OSError:
        return None
    return [found.st_ino, found.st_ctime_ns]


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads((folder / "installation.json").read_text())
        return kept if isinstance(kept["identity"], str) and isinstance(kept["high_water"], int) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, identity: str, high_water: int) -> None:
    (folder / "installation.seal").touch(mode=0o600, exist_ok=True)
    kept = {"identity": identity, "high_water": high_water, "seal": _seal_of(folder)}
    draft = folder / "installation.draft"
    with draft.open("w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / "installation.json")


@contextmanager
def _alone() -> Iterator[Path]:
    folder = Path(current_app.instance_path)
    with (folder / "installation.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
