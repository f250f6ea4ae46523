"""Views of the list that the team keeps: a filter, its order and columns under a name; replaced, renamed, deleted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import select

from ..clock import now
from ..database import db, transaction
from ..staff.activity import record_activity
from . import listing
from .columns import offered_columns
from .desk_models import SavedView
from .filtering import Filter
from .people import folded

LONGEST_NAME = 80
# More views than these are no help; the page counts each.
MOST = 24


class ViewRefused(Exception):  # noqa: N818 - it is a refusal, not an error
    """The view cannot be stored: "not_found", "known": another has the name, "changed" meanwhile, "enough"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ViewLink:
    """A view as the list names it: with its count, as far as it is counted, and the query that opens it."""

    public_id: str
    name: str
    query: str
    count: int
    is_exact: bool


def save_view(name: str, wanted: Filter, columns: Iterable[str], *, account_id: int) -> str:
    """Keep a new view and return its public id. Raises ViewRefused."""
    name = " ".join(name.split())[:LONGEST_NAME]
    with transaction() as session:
        if session.scalar(select(SavedView.id).where(SavedView.key == _key(name))) is not None:
            raise ViewRefused("known")
        if len(session.scalars(select(SavedView.id)).all()) >= MOST:
            raise ViewRefused("enough")
        view = SavedView(
            public_id=str(uuid.uuid4()), name=name, key=_key(name), filter=_kept(wanted), columns=_known(columns),
            author_id=account_id, changed_at=now(), revision=1,
        )  # fmt: skip
        session.add(view)
        session.flush()
        record_activity("view_saved", subject_type="view", subject_id=view.id)
        return view.public_id


def replace_view(public_id: str, wanted: Filter, columns: Iterable[str], *, revision: int) -> None:
    """Put another filter and columns in a view's place. Raises ViewRefused."""
    with transaction():
        view = _stored(public_id, revision)
        view.filter, view.columns = _kept(wanted), _known(columns)
        view.changed_at, view.revision = now(), revision + 1
        record_activity("view_replaced", subject_type="view", subject_id=view.id)


def rename_view(public_id: str, name: str, *, revision: int) -> None:
    """Call a view otherwise. Raises ViewRefused."""
    name = " ".join(name.split())[:LONGEST_NAME]
    with transaction() as session:
        view = _stored(public_id, revision)
        other = select(SavedView.id).where(SavedView.key == _key(name), SavedView.id != view.id)
        if session.scalar(other) is not None:
            raise ViewRefused("known")
        view.name, view.key = name, _key(name)
        view.changed_at, view.revision = now(), revision + 1
        record_activity("view_renamed", subject_type="view", subject_id=view.id)


def delete_view(public_id: str) -> None:
    """Delete a view; what it shows stays. Raises ViewRefused("not_found")."""
    with transaction() as session:
        view = session.scalar(select(SavedView).where(SavedView.public_id == public_id))
        if view is None:
            raise ViewRefused("not_found")
        record_activity("view_deleted", subject_type="view", subject_id=view.id)
        session.delete(view)


def read_view(public_id: str) -> SavedView | None:
    """Return that view, or None."""
    return db.session.scalar(select(SavedView).where(SavedView.public_id == public_id)) if public_id else None


def list_views(*, with_needs: bool) -> list[ViewLink]:
    """Return the views by name, each counted as its list counts; those by needs for those who may read them."""
    found = []
    for view in db.session.scalars(select(SavedView).order_by(SavedView.key).limit(MOST)):
        wanted = Filter.from_stored(view.filter)
        if wanted.needs and not with_needs:
            continue
        number, counts = listing.count_up_to(wanted)
        query = urlencode([*wanted.pairs(), ("view", view.public_id)])
        found.append(ViewLink(view.public_id, view.name, query, number, bool(counts) or not number))
    return found


def _stored(public_id: str, revision: int) -> SavedView:
    view = db.session.scalar(select(SavedView).where(SavedView.public_id == public_id))
    if view is None:
        raise ViewRefused("not_found")
    if view.revision != revision:
        raise ViewRefused("changed")
    return view


def _kept(wanted: Filter) -> dict[str, object]:
    """Return the filter without its words: they may be somebody's name, which no eraser would find here."""
    return {name: value for name, value in wanted.as_stored().items() if name not in ("q", "ids")}


def _known(columns: Iterable[str]) -> list[str]:
    chosen = set(columns)
    return [one for one in offered_columns() if one in chosen]


def _key(name: str) -> str:
    return " ".join(folded(name).split())[:LONGEST_NAME]
