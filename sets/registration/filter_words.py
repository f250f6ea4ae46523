"""What a filter is called: each of its parts in words, for the chips above the list and the sentence of a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue.labels import language_words, session_words, training_labels
from ..catalogue.models import TrainingSession
from ..database import db
from ..languages import LANGUAGES, current_language
from ..questionnaires.answers import AnswerReader
from ..questionnaires.types import AskedQuestion
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .desk_models import Tag
from .filtering import Filter, each, is_day
from .outcomes import outcome_words
from .wording import status_words

# Parts whose words are a clause.
SAY_ALL = ("received_from", "received_to", "returned", "needs")


def labels_of_parts() -> dict[str, str]:
    """Return what each part of a filter is called, in their order."""
    return {
        "training": _("Training"),
        "session": _("Session"),
        "status": _("State"),
        "language": _("Language of mails"),
        "country": _("Country"),
        "kind": _("Kind of organisation"),
        "source": _("Heard of it through"),
        "tag": _("Tag"),
        "answer": _("Answer"),
        "outcome": _("Outcome"),
        "received_from": _("Received from"),
        "received_to": _("Received until"),
        "returned": _("Messages"),
        "needs": _("Needs"),
        "wants": _("Asks for a session in"),
        "q": _("Name or address"),
    }


def part_words(wanted: Filter, parts: Iterable[str] = ()) -> list[tuple[str, str]]:
    """Return (label, words) of what is asked for, a part's several values joined; of these parts only, where given."""
    found: dict[str, list[str]] = {}
    labels = labels_of_parts()
    for name, _value, label, words in chips(wanted):
        if not parts or name in parts:
            found.setdefault(label if name == "answer" else labels[name], []).append(words)
    return [(label, either(words)) for label, words in found.items()]


def part_sentences(wanted: Filter) -> list[str]:
    """Return each part of what is asked for with its label, or alone where its words say all."""
    labels = labels_of_parts()
    clauses = {labels[name] for name in SAY_ALL}
    return [
        words[:1].upper() + words[1:]
        if label in clauses
        else _("%(term)s: %(value)s", term=label, value=words)
        for label, words in part_words(wanted)
    ]


def chips(wanted: Filter) -> list[tuple[str, str, str, str]]:
    """Return (part, value, label, words) of each value that is asked for."""
    labels = labels_of_parts()
    sessions, tags = _sessions(wanted.session), _tags(wanted.tag)
    trainings = {one.slug: one.short_title for one in training_labels().values()} if wanted.training else {}
    questions = choice_questions() if wanted.answer else []
    found = []
    for name, value in wanted.parts():
        label, words = labels[name], value
        if name == "answer":
            label, words = _answer_words(questions, value) or (label, value)
        elif name == "training":
            words = trainings.get(value, value)
        elif name == "session":
            words = session_words(None) if value == "any" else sessions.get(value, value)
        elif name == "tag":
            words = tags.get(value, _("a tag that was deleted"))
        else:
            words = _plain_words(name, value)
        found.append((name, value, label, words))
    return found


def either(words: Iterable[str]) -> str:
    """Return some words as one of them: "A, B or C"."""
    locale = Locale.parse(LANGUAGES[current_language()].locale)
    return format_list(list(words), style="or", locale=locale)


def choice_questions() -> list[AskedQuestion]:
    """Return the questions of which one answer can be asked for: those with choices, in their order."""
    found = AnswerReader(current_language()).columns()
    return [one for one in found if one.kind.has_options or one.type == "yes_no"]


def answer_choices(question: AskedQuestion) -> list[tuple[str, str]]:
    """Return (value of the part, words) of each answer that a question can have."""
    if not question.kind.has_options:
        return [(f"{question.id}.yes", _("Yes")), (f"{question.id}.no", _("No"))]
    language = current_language()
    return [(f"{question.id}.{option.id}", option.words(language)) for option in question.options]


def day_in_figures(text: str) -> str:
    """Return a day as tables show it; one that cannot be read as it was typed."""
    if not is_day(text):
        return text
    locale = Locale.parse(LANGUAGES[current_language()].locale)
    return format_date(date.fromisoformat(text), "dd/MM/y", locale=locale)


def _plain_words(name: str, value: str) -> str:
    if name in ("received_from", "received_to"):
        shown = day_in_figures(value)
        if name == "received_from":
            return _("received from %(day)s on", day=shown)
        return _("received until %(day)s", day=shown)
    if name == "returned":
        return _("whose messages come back")
    if name == "needs":
        return _("with accessibility needs")
    words = {
        "status": status_words,
        "language": language_words,
        "wants": language_words,
        "country": country_words,
        "kind": organisation_kind_words,
        "source": source_words,
        "outcome": outcome_words,
    }
    return words[name](value) if name in words else value


def _answer_words(questions: list[AskedQuestion], value: str) -> tuple[str, str] | None:
    for question in questions:
        for choice, words in answer_choices(question):
            if choice == value:
                return question.words(current_language()), words
    return None


def _sessions(public_ids: Iterable[str]) -> dict[str, str]:
    wanted = [one for one in public_ids if one != "any"]
    if not wanted:
        return {}
    statement = (
        select(TrainingSession)
        .where(TrainingSession.public_id.in_(wanted))
        .options(selectinload(TrainingSession.meetings))
    )
    return {session.public_id: session_words(session) for session in db.session.scalars(statement)}


def _tags(ids: Iterable[str]) -> dict[str, str]:
    wanted = list(each(ids))
    if not wanted:
        return {}
    rows = db.session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(wanted)))
    return {str(row.id): row.name for row in rows}
