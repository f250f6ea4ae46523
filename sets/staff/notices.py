"""What the top of every staff page tells: a registry of functions, so that each capability adds its own."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

# A notice: text (a sentence), and perhaps url and link (the words of the link).
Notice = dict[str, str]
_FUNCTIONS: list[Callable[[], Notice | None]] = []


def staff_notice(function: Callable[[], Notice | None]) -> Callable[[], Notice | None]:
    """Have a function asked on every staff page; it returns a notice, or None when there is nothing to say.

    It must be cheap: one small query at most.
    """
    if function not in _FUNCTIONS:
        _FUNCTIONS.append(function)
    return function


def staff_notices() -> list[Notice]:
    """Return what there is to say now, in the order of registration."""
    found = []
    for function in _FUNCTIONS:
        try:
            notice = function()
        except SQLAlchemyError:
            # A page that shows what is wrong must not fail with it.
            log.warning("notice_failed", notice=function.__name__, exc_info=True)
            continue
        if notice:
            found.append(notice)
    return found
