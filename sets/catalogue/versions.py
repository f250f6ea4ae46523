"""The catalogue's version: public pages are kept under it, and every change that they show adds 1."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from ..installation import Installation


def bump_catalogue_version(session: Any) -> None:
    """Make every kept public page old, once the open transaction is stored."""
    session.execute(
        update(Installation)
        .where(Installation.id == 1)
        .values(catalogue_version=Installation.catalogue_version + 1)
        .execution_options(synchronize_session=False)
    )
