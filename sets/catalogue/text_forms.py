"""The form of all texts of a training or a page: one field for each part in each language that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from ..forms import SiteForm, clean_line, clean_text
from .labels import language_words
from .parts import HEADING, JOINT, NEW, WORDS, Parts, split
from .prose import left_out
from .subjects import Subject

# Lines of a box, for the parts of a header that are more than a few words.
ROWS = {"title": 2, "audience": 3, "audience_short": 2, "description": 4, "lead": 4, "intro": 5}
SECTION_ROWS = 8
LABELS = {
    "title": _l("Title"),
    "short_title": _l("Short title"),
    "audience": _l("For whom"),
    "audience_short": _l("For whom, in few words"),
    "description": _l("Description"),
    "lead": _l("First paragraph"),
    "intro": _l("Introduction of the brochure"),
}
HINTS = {
    "short_title": _l("In lists, mails and names of files."),
    "audience_short": _l("Beside length and price."),
    "description": _l("What search engines show, and the brochure: 50 to 170 characters."),
}
SECTION_LABELS = {
    "outcome": _l("What people will be able to do"),
    "skills": _l("Skills"),
    "programme": _l("Programme"),
    "method": _l("Method"),
    "how-lessons": _l("How it works: lessons"),
    "how-live": _l("How it works: live meetings"),
    "how-practice": _l("How it works: practice"),
    "why": _l("Why"),
}


@dataclass(frozen=True)
class Row:
    """One part on the page: its label, its lines (0: one line), and a cell for each language."""

    name: str
    label: str
    hint: str
    lines: int
    cells: list[dict[str, Any]]


class TextsForm(BaseForm):
    """The parts of a subject in the languages that are shown, with the revisions they were read at."""

    def __init__(
        self,
        subject: Subject,
        shown: tuple[str, ...],
        sent: Any = None,
        *,
        texts: Mapping[str, Parts] | None = None,
    ) -> None:
        self.subject, self.shown = _with_typed_sections(subject, sent), shown
        fields: dict[str, Any] = {}
        for code in shown:
            fields[f"revision{JOINT}{code}"] = HiddenField()
            for name in self.names:
                fields[f"{name}{JOINT}{code}"] = _field(name)
            if subject.outdated(code):
                fields[f"right{JOINT}{code}"] = BooleanField(
                    _(
                        "The text in %(language)s says what the first language says now",
                        language=language_words(code),
                    )
                )
        super().__init__(fields, meta=_Meta())
        values = {f"revision{JOINT}{code}": str(subject.revision(code)) for code in shown}
        for code in shown:
            parts = (texts or {}).get(code, subject.parts(code))
            values |= {f"{name}{JOINT}{code}": words for name, words in parts.items()}
        self.process(sent, data=values)

    @property
    def names(self) -> list[str]:
        """The parts, and a section more where there may be one."""
        fresh = [f"{NEW}{JOINT}{end}" for end in (HEADING, WORDS)]
        can_add = self.subject.outline.is_open and set(self.shown) >= set(self.subject.texts)
        return [*self.subject.outline.names, *(fresh if can_add else ())]

    def typed(self) -> dict[str, Parts]:
        """Return what was typed, by language and part."""
        return {
            code: {name: self[f"{name}{JOINT}{code}"].data or "" for name in self.names}
            for code in self.shown
        }

    def revisions(self) -> dict[str, int]:
        """Return the revisions that the form was made from."""
        found = {code: str(self[f"revision{JOINT}{code}"].data or "0") for code in self.shown}
        return {code: int(text) if text.isdecimal() and len(text) < 9 else -1 for code, text in found.items()}

    def right(self) -> set[str]:
        """Return the languages of which somebody says that they fit."""
        return {
            code for code in self.shown if f"right{JOINT}{code}" in self and self[f"right{JOINT}{code}"].data
        }

    def refuse(self, problems: Mapping[tuple[str, str], str]) -> None:
        """Show each sentence at its field."""
        for (code, name), sentence in problems.items():
            words = _("%(part)s, in %(language)s: %(fault)s", part=self.label(name), language=language_words(code),
                      fault=sentence)  # fmt: skip
            if f"{name}{JOINT}{code}" in self:
                self[f"{name}{JOINT}{code}"].errors = [words]
            else:
                self.form_errors.append(words)

    def label(self, name: str) -> str:
        """Return what the team calls a part."""
        key, end = split(name)
        if not key:
            return str(LABELS[name])
        first = self.subject.parts(self.subject.source).get(f"{key}{JOINT}{HEADING}", key)
        section = _("New section") if key == NEW else str(SECTION_LABELS.get(key, f"“{first}”"))
        if end == HEADING:
            return _("%(section)s – heading", section=section)
        return _("%(section)s – text", section=section)

    def rows(self, theirs: Mapping[tuple[str, str], str] | None = None) -> list[list[Row]]:
        """Return the parts as the page shows them: the header, then each section."""
        groups: dict[str, list[Row]] = {}
        overtaken = {code: set(self.subject.outdated(code)) for code in self.shown}
        for name in self.names:
            cells = []
            for code in self.shown:
                cell = {
                    "code": code, "name": language_words(code).capitalize(), "field": self[f"{name}{JOINT}{code}"],
                    "mark": _("Changed since it was translated") if name in overtaken[code] else "",
                    "theirs": (theirs or {}).get((code, name)),
                }  # fmt: skip
                cells.append(cell)
            lines = SECTION_ROWS if split(name)[1] == WORDS else ROWS.get(name, 0)
            groups.setdefault(split(name)[0], []).append(
                Row(name, self.label(name), str(HINTS.get(name, "")), lines, cells)
            )
        return list(groups.values())

    def told(self) -> list[str]:
        """Return what of the texts is not shown as it was meant, in sentences with their place."""
        return [
            _("%(part)s, in %(language)s: %(fault)s", part=self.label(name), language=language_words(code),
              fault=sentence)
            for code, parts in self.typed().items()
            for name, words in parts.items()
            if split(name)[1] == WORDS
            for sentence in left_out(words)
        ]  # fmt: skip


class _Meta(SiteForm.Meta, DefaultMeta):
    """The base form's ways, for a form that is put together at run time."""


def _field(name: str) -> Any:
    end = split(name)[1]
    options: dict[str, Any] = {
        "filters": (clean_text if end == WORDS else clean_line,), "render_kw": {"autocomplete": "off"},
    }  # fmt: skip
    return (TextAreaField if end == WORDS or name in ROWS else StringField)("", **options)


def _with_typed_sections(subject: Subject, sent: Any) -> Subject:
    """Add the sections that were on the form and that somebody took away meanwhile: nothing typed is lost."""
    if not subject.outline.is_open or not sent:
        return subject
    known = list(subject.outline.sections)
    for name in sent:
        part, _joint, _code = name.rpartition(JOINT)
        key, end = split(part)
        if end in (HEADING, WORDS) and key not in (*known, "", NEW) and sent.get(name, "").strip():
            known.append(key)
    return replace(subject, outline=replace(subject.outline, sections=tuple(known)))
