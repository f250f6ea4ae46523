"""The kinds of export: what each shows of a person, who may make it, in which formats.

A sign-in sheet is made by `sign_in_sheets.py`; the others are `export.Shape`s.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..questionnaires.types import AskedQuestion, OneChoice, YesNo
from .export import COLUMNS, Column, Context, Shape
from .models import Learner, Registration
from .wording import origin_words, status_words

KEY_FILE = "pseudonyms.key"
# Letters of a pseudonym: enough that no two people share one.
LENGTH = 16


@dataclass(frozen=True)
class Kind:
    """One kind of export; `shape` is None where it is no table of registrations."""

    key: str
    name: Any
    says: Any
    role: str = "coordinator"
    formats: tuple[str, ...] = ("xlsx", "csv")
    shape: Shape | None = None


def _month(context: Context) -> Callable[[Any], Any]:
    return context.month


def _first_month(context: Context) -> Callable[[Any], Any]:
    def month(session_id: int | None) -> str | None:
        moment = context.first_meeting(session_id)
        return f"{moment:%Y-%m}" if moment else None

    return month


def _pseudonym(context: Context) -> Callable[[Any], Any] | None:
    make = context.pseudonym
    if make is None:
        raise ValueError("A pseudonymised export needs its pseudonyms.")
    return lambda public_id: make(public_id) if public_id else None


def _picked(*keys: str) -> tuple[Column, ...]:
    found = {column.key: column for column in COLUMNS}
    return tuple(found[key] for key in keys)


_PSEUDONYMOUS = (
    Column("person", _l("Person"), Learner.public_id, _pseudonym, width=20),
    Column("registration", _l("Registration"), Registration.public_id, _pseudonym, width=20),
    Column("received_month", _l("Received (month)"), Registration.created_at, _month),
    *_picked("training", "session_language"),
    Column("session_month", _l("First meeting (month)"), Registration.training_session_id, _first_month),
    Column("status", _l("State"), Registration.status, lambda _c: status_words, width=18),
    Column("status_month", _l("Since (month)"), Registration.status_at, _month),
    *_picked("organisation_kind", "country", "mail_language", "source"),
    Column("origin", _l("Registered by"), Registration.origin, lambda _c: origin_words),
)


def _has_no_free_text(question: AskedQuestion) -> bool:
    return isinstance(question.kind, OneChoice | YesNo)


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        Kind("full", _l("Everything"), _l("Every column and every question."), shape=Shape()),
        Kind(
            "contacts",
            _l("Contact list"),
            _l("Names, address, organisation, language, wish for news, state and session; no answers."),
            shape=Shape(
                columns=_picked(
                    "last_name", "first_name", "email", "organisation", "mail_language", "news", "status",
                    "training", "session_language", "session_starts_at",
                ),
                asks=lambda _question: False,
            ),
        ),
        Kind(
            "funder",
            _l("For the funder, pseudonymised"),
            _l(
                "No name, no address, no organisation and no free text; "
                "each person has a lasting pseudonym, and dates are months."
            ),
            role="organiser",
            shape=Shape(
                columns=_PSEUDONYMOUS, asks=_has_no_free_text, tells_other=False, named_by="registration"
            ),
        ),
        Kind(
            "sign_in",
            _l("Sign-in sheet"),
            _l("The people of one meeting with a place to sign, in the session’s language, to print or to fill in."),
            formats=("pdf", "xlsx"),
        ),
    )
}  # fmt: skip


def columns_as_listed(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of an export for those of the list on screen, with name and reference."""
    session = ("session_language", "session_starts_at")
    found = [one for key in keys for one in (session if key == "session" else (key,))]
    return ("last_name", "first_name", *found, "reference")


def left_out_words(kind: str) -> list[tuple[str, str]]:
    """Return what the last sheet says of what a kind leaves out: (term, sentence)."""
    if kind != "funder":
        return []
    return [
        (_("Left out"), _("Name, e-mail address, organisation, role, needs, notes and wish for news.")),
        (_("Left out"), _("Answers in free text, and what people wrote beside “other”.")),
        (_("Made coarse"), _("Dates are months.")),
        (
            _("Person"),
            _("The same person has the same pseudonym in every export for this recipient, and another one elsewhere."),
        ),
    ]  # fmt: skip


def pseudonyms(instance: Path, family: str) -> Callable[[str], str]:
    """Return what makes pseudonyms of public ids, for one family of exports: the same ones every time.

    The key is in a file of the instance folder, made at first use; without it nobody can tell whose a pseudonym is.
    """
    key = _key(instance / KEY_FILE)
    name = " ".join(family.casefold().split())

    def make(public_id: str) -> str:
        digest = hmac.new(key, f"{name}\0{public_id}".encode(), hashlib.sha256).hexdigest()
        return digest[:LENGTH]

    return make


def _key(path: Path) -> bytes:
    if not path.exists():
        # A link is made whole or not at all, so that two first exports share one key.
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return bytes.fromhex(path.read_text("ascii").strip())
