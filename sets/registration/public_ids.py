"""Public ids as a form sends them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from .deciding import MOST


def uuids(texts: Iterable[str]) -> list[str]:
    """Return those of some texts that are ids, as they are stored; at most MOST."""
    found = []
    for text in list(texts)[:MOST]:
        try:
            found.append(str(UUID(text)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))
