"""The steps of the texts of a training or a page: what they said after each save, and what one save changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from ..clock import now
from ..database import db
from ..staff.models import Account
from .models import TextStep
from .parts import flat


def list_steps(kind: str, key: str) -> list[TextStep]:
    """Return the steps of a training's or a page's texts, the last first."""
    query = select(TextStep).where(TextStep.kind == kind, TextStep.key == key)
    return list(db.session.scalars(query.order_by(TextStep.number.desc())))


def account_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Return what these members of the team are called."""
    wanted = {one for one in ids if one}
    rows = db.session.execute(select(Account.id, Account.name, Account.email).where(Account.id.in_(wanted)))
    return {row.id: row.name or row.email for row in rows} if wanted else {}


def note_step(
    session: Any, kind: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any], *, how: str,
    account_id: int | None = None,
) -> None:  # fmt: skip
    """Add a step to the open transaction; what stood there before too, where no step says so yet."""
    last = session.scalar(
        select(TextStep)
        .where(TextStep.kind == kind, TextStep.key == key)
        .order_by(TextStep.number.desc())
        .limit(1)
    )
    number = last.number if last else 0
    if before and (last is None or last.content != before):
        number += 1
        session.add(TextStep(kind=kind, key=key, number=number, at=now(), how="loaded", content=dict(before)))
    changed = [code for code in after if after[code] != before.get(code)]
    session.add(
        TextStep(
            kind=kind, key=key, number=number + 1, at=now(), how=how, account_id=account_id,
            languages=changed, content=dict(after),
        )
    )  # fmt: skip


def changed_parts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, str, str, str]]:
    """Yield (language, part, was, now) for each part that two contents of steps tell apart."""
    for code in dict.fromkeys((*before, *after)):
        was, is_now = (flat(one[code]["fields"]) if code in one else {} for one in (before, after))
        for name in dict.fromkeys((*was, *is_now)):
            if was.get(name, "") != is_now.get(name, ""):
                yield code, name, was.get(name, ""), is_now.get(name, "")
