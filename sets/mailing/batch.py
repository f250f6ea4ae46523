"""What the mails of one batch have in common is read once: two hundred confirmations are of one session."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_known: ContextVar[dict[Hashable, Any] | None] = ContextVar("known", default=None)


@contextmanager
def composing() -> Iterator[None]:
    """Compose a batch: what `once` answers is remembered until the end of the block, a fraction of a second."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def once(key: Hashable, read: Callable[[], T]) -> T:
    """Return what `read` returns, within a batch as it was read first. It must depend on nothing but the key."""
    known = _known.get()
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    return known[key]
