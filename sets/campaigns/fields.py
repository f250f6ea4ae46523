"""The fields of a campaign's text: `{first_name}`, `{join_link}` … Each is a line here: its words and what it says.

Unknown fields cannot be saved. What a field says may be empty for somebody: they are listed before sending.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ..database import db
from ..dates import datetime_words
from ..mailing.links import Links
from ..questionnaires.answers import AnswerReader
from ..questionnaires.models import Question
from ..registration import phrases
from ..registration.keys import join_token, page_token
from ..registration.models import Status
from ..registration.standing import Standing

FIELD = re.compile(r"\{([a-z_]+(?::[a-z0-9_-]+)?)\}")
BRACES = re.compile(r"\{([^{}\n]{0,60})\}")
ANSWER = "answer:"


@dataclass(frozen=True)
class Reader:
    """For whom a text is filled in: the person, one registration of theirs (or none), and the way to their links."""

    learner: Any
    standing: Standing | None
    links: Links
    language: str
    coordinator: str = ""


@dataclass(frozen=True)
class Field:
    """One field. `of_registration`: without a registration it says nothing; `is_link`: it is an address."""

    words: Any
    says: Callable[[Reader], str]
    of_registration: bool = False
    is_link: bool = False


def _greeting(reader: Reader) -> str:
    name = _first_name(reader)
    return _("Hello %(name)s,", name=name) if name else _("Hello,")


def _first_name(reader: Reader) -> str:
    """Return the name only once the address is proven: somebody else may have typed it."""
    return reader.learner.first_name if reader.learner.proven_at else ""


def _next_meeting(reader: Reader) -> str:
    hour = reader.standing.next if reader.standing else None
    if hour is None or reader.standing is None:
        return ""
    words = datetime_words(hour.starts_at, reader.standing.zone)
    theirs = phrases.own_clock(hour.starts_at, reader.standing.zone, reader.learner.time_zone)
    return f"{words} ({theirs})" if theirs else words


def _join_link(reader: Reader) -> str:
    hour = reader.standing.next if reader.standing else None
    if hour is None or reader.standing is None or reader.standing.status != Status.CONFIRMED:
        return ""
    token = join_token(reader.learner, hour.public_id)
    return str(reader.links.secret("learner.show_join", token=token))


def _my_page(reader: Reader) -> str:
    return str(reader.links.secret("learner.show_learner", token=page_token(reader.learner)))


FIELDS: dict[str, Field] = {
    "greeting": Field(_l("Greeting, with the first name where we may use it"), _greeting),
    "first_name": Field(_l("First name"), _first_name),
    "training": Field(_l("Training"), lambda r: r.standing.subject.title if r.standing else "", True),
    "session": Field(
        _l("Session: language and date"),
        lambda r: phrases.where_words(r.standing) if r.standing else "",
        True,
    ),
    "next_meeting": Field(_l("Next meeting, in words with its zone"), _next_meeting, True),
    "join_link": Field(_l("Their own link into the room"), _join_link, True, True),
    "my_page": Field(_l("Their personal page"), _my_page, False, True),
    "coordinator": Field(_l("Name of who sends it"), lambda r: r.coordinator),
}


def fields_in(*texts: str) -> list[str]:
    """Return the fields that texts name, each once, in the order of their appearance."""
    return list(dict.fromkeys(name for text in texts for name in FIELD.findall(text)))


def unknown_fields(texts: Iterable[str], question_keys: Iterable[str] = ()) -> list[str]:
    """Return the fields that there are not."""
    known = {*FIELDS, *(f"{ANSWER}{key}" for key in question_keys)}
    return [name for name in fields_in(*texts) if name not in known]


def asked_keys() -> list[str]:
    """Return the keys of all questions that were ever asked: each is a field, `{answer:key}`."""
    return list(db.session.scalars(select(Question.key).order_by(Question.id)))


def misspelt_fields(text: str, question_keys: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return what stands in braces and is no field, each with the nearest field there is ("" where none is near).

    Braces of any content count: a field whose name was written with a capital would arrive as it stands.
    """
    names = {*FIELDS, *(f"{ANSWER}{key}" for key in question_keys)}
    near = {name: name for name in names} | {
        str(field.words).casefold(): name for name, field in FIELDS.items()
    }
    found = []
    for written in dict.fromkeys(BRACES.findall(text)):
        if written not in names:
            wanted = "_".join(written.casefold().split())
            close = difflib.get_close_matches(wanted, near, 1, 0.5)
            found.append((written, near[close[0]] if close else ""))
    return found


def needs_registration(texts: Iterable[str]) -> bool:
    """Tell whether texts say something of one registration: then each registration is a recipient, not each person."""
    return any(
        name.startswith(ANSWER) or (name in FIELDS and FIELDS[name].of_registration)
        for name in fields_in(*texts)
    )


def value_of(name: str, reader: Reader, answers: dict[str, str] | None = None) -> str:
    """Return what a field says to somebody; empty where it has nothing to say."""
    if name.startswith(ANSWER):
        return (answers or {}).get(name.removeprefix(ANSWER), "")
    return FIELDS[name].says(reader) if name in FIELDS else ""


def answers_of(reader: AnswerReader, *stores: Any) -> dict[str, str]:
    """Return what somebody answered, by the question's key, in the language of the reader."""
    found: dict[str, str] = {}
    for store in stores:
        for answered in reader.read(store or {}):
            found.setdefault(answered.question.key, answered.text)
    return found
