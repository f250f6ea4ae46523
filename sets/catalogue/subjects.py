"""What has texts, as the team edits it: a training or a page, with its texts in each language and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import select

from ..database import db
from ..languages import LANGUAGES, current_language, localised
from .models import BegunText, PageText, Training, TrainingState
from .parts import PAGE_KIND, TRAININGS, Outline, Parts, flat, missing, outdated, outline_of
from .reading import PAGES
from .showing import current_programme


@dataclass(frozen=True)
class StoredText:
    """A text in one language as it is stored. `is_begun`: not whole yet, and so never shown."""

    fields: Mapping[str, Any]
    revision: int
    marks: Mapping[str, str] | None = None
    is_begun: bool = False

    @property
    def parts(self) -> Parts:
        """Its parts."""
        return flat(self.fields)


@dataclass(frozen=True)
class Completeness:
    """How far a language is: parts that are there and fit, of all; how many the first language has overtaken."""

    language: str
    fitting: int
    total: int
    overtaken: int
    is_shown: bool

    @property
    def percent(self) -> int:
        """Whole percents; 100 only when nothing is missing."""
        return 100 * self.fitting // max(1, self.total)


@dataclass(frozen=True)
class Subject:
    """A training or a page. The first of its languages is the one that the others are translated from."""

    kind: str
    key: str
    title: str
    languages: tuple[str, ...]
    outline: Outline
    texts: dict[str, StoredText] = field(default_factory=dict)
    training: Any = None

    @property
    def source(self) -> str:
        """The first language."""
        return self.languages[0]

    def parts(self, language: str) -> Parts:
        """Return the parts in a language; none where nothing is written."""
        return self.texts[language].parts if language in self.texts else {}

    def revision(self, language: str) -> int:
        """Return how often the text in a language was stored."""
        return self.texts[language].revision if language in self.texts else 0

    def outdated(self, language: str) -> list[str]:
        """Return the parts whose source changed since they were translated."""
        text = self.texts.get(language)
        if text is None or language == self.source:
            return []
        return outdated(text.parts, text.marks, self.parts(self.source))

    def completeness(self, language: str) -> Completeness:
        """Return how far a language is."""
        overtaken = len(self.outdated(language))
        total = len(self.outline.names)
        there = total - len(missing(self.parts(language), self.outline))
        text = self.texts.get(language)
        return Completeness(
            language, there - overtaken, total, overtaken, text is not None and not text.is_begun
        )


def read_subject(kind: str, key: str, *, lock: bool = False) -> Subject | None:
    """Return that training or page, or None; with `lock`, nobody else writes it until the transaction ends."""
    if kind == TRAININGS:
        statement = select(Training).where(Training.slug == key).execution_options(populate_existing=True)
        training = db.session.scalar(statement.with_for_update() if lock else statement)
        return None if training is None else training_subject(training)
    return _page(key, lock=lock) if key in PAGES else None


def training_subject(training: Training, begun: list[Any] | None = None) -> Subject:
    """Return a training with its texts; `begun` are those of its texts that are not whole, where they were read."""
    if begun is None:
        query = select(BegunText).where(BegunText.training_id == training.id)
        begun = list(db.session.scalars(query.execution_options(populate_existing=True)))
    texts = {one.language: StoredText(one.fields, one.revision, one.translated_from, True) for one in begun}
    for language, row in training.texts.items():
        fields = {"title": row.title} | row.fields
        texts[language] = StoredText(fields, row.revision, row.translated_from or _legacy(training, row))
    _code, text = localised(texts, current_language(), current_programme().languages[0])
    named = (text.fields.get("short_title") or text.fields.get("title")) if text else ""
    outline = outline_of(TRAININGS, training.slug)
    return Subject(
        TRAININGS, training.slug, named or training.slug, _languages(texts), outline, texts, training
    )


def page_subjects() -> list[Subject]:
    """Return every page that is stored, in their order."""
    return [subject for key in PAGES if (subject := _page(key))]


def training_subjects() -> list[Subject]:
    """Return every training in order: those that are shown or written, then the retired."""
    begun: dict[int, list[Any]] = {}
    for one in db.session.scalars(select(BegunText)):
        begun.setdefault(one.training_id, []).append(one)
    rows = db.session.scalars(select(Training).order_by(Training.position, Training.id)).all()
    rows = sorted(rows, key=lambda one: one.state == TrainingState.RETIRED)
    return [training_subject(one, begun.get(one.id, [])) for one in rows]


def page_words(key: str) -> str:
    """Return what the team calls a page."""
    return {
        "home": pgettext("page of the site", "Home"),
        "about": _("About"),
        "contact": _("Contact"),
        "privacy": _("Your data"),
        "legal": _("Legal notice"),
        "accessibility": _("Accessibility"),
    }[key]


def _page(key: str, *, lock: bool = False) -> Subject | None:
    query = select(PageText).where(PageText.key == key).execution_options(populate_existing=True)
    rows = {row.language: row for row in db.session.scalars(query.with_for_update() if lock else query)}
    if not rows:
        return None
    texts = {
        code: StoredText({"title": row.title} | row.fields, row.revision, row.translated_from)
        for code, row in rows.items()
    }
    languages = _languages(texts)
    first = texts.get(languages[0]) or next(iter(texts.values()))
    # What any language has belongs to the page; the first one says in which order.
    sections = list(first.fields.get("order") or first.fields.get("sections", {}))
    for text in texts.values():
        sections += [one for one in text.fields.get("sections", {}) if one not in sections]
    return Subject(PAGE_KIND, key, page_words(key), languages, outline_of(PAGE_KIND, key, sections), texts)


def _languages(texts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the programme's languages, and others that something is written in."""
    own = current_programme().languages
    return (*own, *(code for code in LANGUAGES if code in texts and code not in own))


def _legacy(training: Training, row: Any) -> dict[str, str] | None:
    """Return marks for a text stored before there were any: overtaken whole, where its first language went on."""
    first = training.texts.get(current_programme().languages[0])
    if first is None or row.based_on_revision in (None, first.revision) or row is first:
        return None
    return dict.fromkeys(flat(row.fields), "-")
