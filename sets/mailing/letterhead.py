"""Who writes: the programme's name, its address, who pays. Told by the catalogue, which mailing does not know."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from types import MappingProxyType
from typing import Protocol
from urllib.parse import urlsplit

from flask import Flask, current_app

from ..preferences import preferences

# Seconds that an answer is kept: a mail need not ask the database who the programme is.
KEPT_FOR = 30


class Letterhead(Protocol):
    """What a mail says about its sender; the catalogue's `programme` is one."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def full_name(self) -> str: ...  # noqa: D102
    @property
    def operator(self) -> str: ...  # noqa: D102
    @property
    def contact_email(self) -> str: ...  # noqa: D102
    @property
    def funder(self) -> str: ...  # noqa: D102
    @property
    def grant(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class _Anonymous:
    """The letterhead before a catalogue is loaded."""

    name: str
    full_name: str
    contact_email: str
    operator: str = ""
    funder: str = ""
    grant: str = ""


def init_app(app: Flask) -> None:
    """Prepare the app for `tell`."""
    app.extensions["letterhead"] = _Told()


class _Told:
    source: Callable[[], Letterhead | None] | None = None
    answer: Letterhead | None = None
    chosen: Mapping[str, str] = MappingProxyType({})
    until: float = 0.0


def tell(app: Flask, source: Callable[[], Letterhead | None]) -> None:
    """Have the programme asked of `source` from now on; None means that there is no catalogue yet."""
    app.extensions["letterhead"].source = source


def letterhead() -> Letterhead:
    """Return the programme as mails name it."""
    return _read()[0]


def sender() -> str:
    """Return the sender of every mail: the operator's, else the programme's own address; under the chosen name."""
    programme, chosen = _read()
    name, address = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])
    if not address:
        return formataddr((chosen["sender_name"] or programme.name, programme.contact_email))
    return formataddr((chosen["sender_name"] or name, address))


def reply_address() -> str:
    """Return where replies go when a mail does not say otherwise: the chosen address, else the contact's."""
    programme, chosen = _read()
    return chosen["reply_to"] or programme.contact_email


def _read() -> tuple[Letterhead, Mapping[str, str]]:
    told: _Told = current_app.extensions["letterhead"]
    if told.answer is None or time.monotonic() > told.until:
        told.answer = (told.source() if told.source else None) or _anonymous()
        told.chosen = preferences(("sender_name", "reply_to"))
        told.until = time.monotonic() + KEPT_FOR
    return told.answer, told.chosen


def _anonymous() -> _Anonymous:
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    name, address = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])
    return _Anonymous(name or host, name or host, address or f"noreply@{host}")
