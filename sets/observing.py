"""What operators see: logs as JSON lines, without names, addresses, paths, query strings or values.

A message of another library may hold anything, so only its wording is kept, not what was filled into it; of an
exception its kind and where it happened, not its text.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from flask import Flask, Response, request

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# Frames of a traceback that are told, the innermost last.
DEEPEST = 12


def init_app(app: Flask) -> None:
    """Configure the logs of this process."""
    configure(app.config["LOG_LEVEL"])
    app.after_request(_log_request)


def configure(level: str = "info") -> None:
    """Write logs of that level and above as JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _name_exception,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    if not any(isinstance(one, _ToStandardError) for one in logging.root.handlers):
        logging.root.addHandler(_ToStandardError())
    logging.root.setLevel(max(LEVELS[level], logging.WARNING))


class WordingOnly(logging.Formatter):
    """A record of another library as a JSON line: its wording, and what was filled in only where it is a number."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "event": str(record.msg),
            "logger": record.name,
            "level": record.levelname.lower(),
        }
        arguments = record.args if isinstance(record.args, tuple) else ()
        if numbers := [one for one in arguments if isinstance(one, int | float)]:
            told["numbers"] = numbers
        if record.exc_info and record.exc_info[1]:
            told |= describe(record.exc_info[1])
        stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", told)
        return str(structlog.processors.JSONRenderer(ensure_ascii=False)(None, "", stamped))


class _ToStandardError(logging.Handler):
    """Writes the records of other libraries to what is standard error at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(WordingOnly())

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)  # noqa: T201 - this is the log


def describe(error: BaseException) -> dict[str, Any]:
    """Return what may be told of an exception: its kind, and where it happened."""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    kinds = []
    cause: BaseException | None = error
    while cause is not None and len(kinds) < 5:
        kinds.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    places = [f"{frame.filename.rpartition('/sets/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return {"exception": kinds, "at": places}


def _name_exception(_logger: Any, _method: str, told: Any) -> Any:
    info = told.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    return told | describe(error) if error is not None else told


def _log_request(response: Response) -> Response:
    # What changes something, and what went wrong; pages that were read are the proxy's to count.
    if request.method != "GET" or response.status_code >= 500:
        structlog.get_logger().info(
            "request", endpoint=request.endpoint, method=request.method, status=response.status_code
        )
    return response
