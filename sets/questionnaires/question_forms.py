"""The form on which the team writes one question: its words in each language, its choices, when it is asked.

Everything typed stays in it, also while choices are added or moved, which stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField
from wtforms.fields.choices import SelectChoice
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from ..forms import AtMost, OneOf, Required, SeveralOf, SiteForm, TextBlock, TextLine
from ..languages import LANGUAGES, current_language
from .asked import TYPES, AskedQuestion
from .editing import WrittenOption, WrittenQuestion, entry_tag
from .fields import Number, number_words, read_number
from .translating import is_behind

LABEL, HINT, CHOICE = 500, 1000, 200
MOST_CHOICES, NEW_CHOICES = 40, 3
ADD, FIRST_UP = "choice", "up:"


@dataclass(frozen=True)
class Cell:
    """One input of several languages, as macros/languages.html takes it."""

    code: str
    name: str
    field: Any
    mark: str = ""
    theirs: str | None = None


@dataclass
class ChoiceRow:
    """One choice on the form; `key` is the option's id, or "new1"."""

    key: str
    cells: list[Cell]
    text: Any
    remove: Any
    name: str

    @property
    def id(self) -> int | None:
        """The option's id; None for a new one."""
        return int(self.key) if self.key.isdecimal() else None


class QuestionForm(BaseForm):
    """Bound to what was sent, or to a question as it is stored (`entry`), or empty.

    `earlier` are the questions on whose answer this one may depend. `theirs` is what somebody else stored meanwhile.
    """

    form_errors: tuple[str, ...] = ()

    def __init__(
        self,
        kind: str,
        languages: Sequence[str],
        *,
        entry: Mapping[str, Any] | None = None,
        sent: MultiDict[str, str] | None = None,
        earlier: Sequence[AskedQuestion] = (),
        may_change_kind: bool = False,
        theirs: Mapping[str, Any] | None = None,
    ) -> None:
        self.languages, self.source, self.sent, self.entry = languages, languages[0], sent, entry or {}
        self.theirs, self.earlier = theirs, earlier
        self.kind = TYPES[_sent_kind(sent, kind) if may_change_kind else kind]
        self.keys = _choice_keys(sent, self.entry) if self.kind.has_options else []
        super().__init__(_fields(self, may_change_kind), meta=_Meta())
        self.process(sent, data=_values(self.entry, self.kind.key))
        self.tag = (sent or {}).get("tag") or (entry_tag(entry) if entry else "")
        self.rows = [self._row(number, key) for number, key in enumerate(self.keys, 1)]

    @property
    def label_cells(self) -> list[Cell]:
        """The question's words in each language."""
        return self._cells(
            self.entry, "label", "label", (self.theirs or {}).get("label") if self.theirs else None
        )

    @property
    def hint_cells(self) -> list[Cell]:
        """The hint's words in each language."""
        return self._cells(
            self.entry, "hint", "hint", (self.theirs or {}).get("hint") or {} if self.theirs else None
        )

    @property
    def behind(self) -> list[str]:
        """The languages in which some words were translated from others than those that stand there now."""
        cells = [*self.label_cells, *self.hint_cells, *(cell for row in self.rows for cell in row.cells)]
        return [code for code in self.languages if any(cell.mark for cell in cells if cell.code == code)]

    def validate(self, *_arguments: Any, **_options: Any) -> bool:
        """Check each field, and what they say together."""
        super().validate()
        filled = [row for row in self.rows if self._is_kept(row)]
        language = LANGUAGES[self.source].name
        if self._words("hint") and not self[f"hint-{self.source}"].data:
            self[f"hint-{self.source}"].errors = [_("Write the hint in %(language)s too.", language=language)]
        for row in filled:
            if not row.cells[0].field.data:
                row.cells[0].field.errors = [
                    _("Write this choice in %(language)s, or remove it.", language=language)
                ]
        if self.kind.has_options and len(filled) < 2:
            first = next((row for row in self.rows if not self._is_kept(row)), self.rows[0])
            first.cells[0].field.errors = [_("Write at least two choices.")]
        if sum(bool(row.text.data) for row in filled) > 1:
            next(row for row in filled if row.text.data).text.errors = [
                _("Only one choice can have a line for words.")
            ]
        if "lowest" in self and not self["lowest"].errors and not self["highest"].errors:
            bounds = [
                read_number(self[name].data) if self[name].data else None for name in ("lowest", "highest")
            ]
            if None not in bounds and bounds[0] > bounds[1]:  # type: ignore[operator]
                self["highest"].errors = [_("The largest number is below the smallest one.")]
        if "show_if" in self and len({value.partition(":")[0] for value in self["show_if"].data or ()}) > 1:
            self["show_if"].errors = [_("Choose answers to one question only.")]
        return not any(field.errors for field in self)

    def written(self) -> WrittenQuestion:
        """Return what the use case takes; to be called on a valid form."""
        parts: dict[str, Any] = {}
        if "lowest" in self:
            parts |= {
                name: read_number(self[name].data) if self[name].data else None
                for name in ("lowest", "highest")
            }
            parts["whole"] = bool(self["whole"].data)
        parts["show_if"] = self._condition()
        return WrittenQuestion(
            type=self.kind.key,
            label=self._words("label"),
            hint=self._words("hint"),
            required=bool(self["required"].data),
            options=tuple(
                WrittenOption(row.id, self._words(f"choice-{row.key}"), bool(row.text.data))
                for row in self.rows
                if self._is_kept(row)
            ),
            parts=parts,
            right=frozenset(self["right"].data or ()) if "right" in self else frozenset(),
        )

    def _condition(self) -> dict[str, Any] | None:
        chosen = self["show_if"].data or () if "show_if" in self else ()
        if not chosen:
            return None
        values = [value.partition(":")[2] for value in chosen]
        words = {"yes": True, "no": False}
        return {
            "question": int(chosen[0].partition(":")[0]),
            "any": [words[value] if value in words else int(value) for value in values],
        }

    def _words(self, name: str) -> dict[str, str]:
        return {code: self[f"{name}-{code}"].data for code in self.languages if self[f"{name}-{code}"].data}

    def _is_kept(self, row: ChoiceRow) -> bool:
        is_empty = not any(cell.field.data for cell in row.cells)
        return not row.remove.data and not (row.id is None and is_empty)

    def _row(self, number: int, key: str) -> ChoiceRow:
        stored = next((one for one in self.entry.get("options", ()) if str(one["id"]) == key), {})
        theirs = None
        if self.theirs is not None:
            theirs = next(
                (one["label"] for one in self.theirs.get("options", ()) if str(one["id"]) == key), {}
            )
        cells = self._cells(stored, "label", f"choice-{key}", theirs)
        return ChoiceRow(
            key,
            cells,
            self[f"choice-{key}-text"],
            self[f"choice-{key}-remove"],
            _("Choice %(number)d", number=number),
        )

    def _cells(
        self, holder: Mapping[str, Any], part: str, name: str, theirs: Mapping[str, str] | None
    ) -> list[Cell]:
        return [
            Cell(
                code,
                LANGUAGES[code].name,
                self[f"{name}-{code}"],
                _("Changed since it was translated") if is_behind(holder, part, code, self.source) else "",
                None
                if theirs is None or theirs.get(code, "") == (self[f"{name}-{code}"].data or "")
                else theirs.get(code, ""),
            )
            for code in self.languages
        ]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._fields.values())


class _Meta(SiteForm.Meta, DefaultMeta):
    """The base form's ways, for a form that is put together at run time."""


def _sent_kind(sent: Any, kind: str) -> str:
    wanted = (sent or {}).get("type", kind)
    return wanted if wanted in TYPES else kind


def _choice_keys(sent: Any, entry: Mapping[str, Any]) -> list[str]:
    """Return the keys of the rows in their order: as sent, with the step that was asked for; else as stored."""
    stored = [str(option["id"]) for option in entry.get("options", ())]
    if sent is None or "rows" not in sent:
        return stored or [f"new{number}" for number in range(1, NEW_CHOICES + 1)]
    keys = [
        key
        for key in dict.fromkeys(sent["rows"].split()[:MOST_CHOICES])
        if key in stored
        or (key.startswith("new") and key[3:].isascii() and key[3:].isdecimal() and len(key) < 7)
    ]
    # What somebody else added meanwhile is not lost by a form that does not know it.
    keys += [key for key in stored if key not in keys]
    step, _colon, key = sent.get("then", "").partition(":")
    if step == ADD and len(keys) < MOST_CHOICES:
        keys.append(f"new{1 + max((int(one[3:]) for one in keys if one.startswith('new')), default=0)}")
    elif step in ("up", "down") and key in keys:
        at = keys.index(key)
        to = max(0, min(len(keys) - 1, at + (-1 if step == "up" else 1)))
        keys.insert(to, keys.pop(at))
    return keys or ["new1", "new2"]


def _fields(form: QuestionForm, may_change_kind: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if may_change_kind:
        fields["type"] = OneOf(
            _l("Kind of question"),
            [Required()],
            choices=[SelectChoice(key, str(kind.name)) for key, kind in TYPES.items()],
        )
    missing = _("Write the question in %(language)s.", language=LANGUAGES[form.source].name)
    for code in form.languages:
        fields[f"label-{code}"] = TextBlock(
            _l("Question"), [*([Required(missing)] if code == form.source else []), AtMost(LABEL)]
        )
    for code in form.languages:
        fields[f"hint-{code}"] = TextBlock(_l("Hint"), [AtMost(HINT)])
    for key in form.keys:
        for code in form.languages:
            fields[f"choice-{key}-{code}"] = TextLine(_l("Choice"), [AtMost(CHOICE)])
        fields[f"choice-{key}-text"] = BooleanField(_l("With a line for words, such as “Other”"))
        fields[f"choice-{key}-remove"] = BooleanField(_l("Do not offer it any more"))
    if form.kind.key == "number":
        fields["whole"] = BooleanField(_l("Whole numbers only"))
        fields["lowest"] = TextLine(_l("Smallest number"), [Number(False, None, None)])
        fields["highest"] = TextLine(_l("Largest number"), [Number(False, None, None)])
    fields["required"] = BooleanField(_required_words(form.kind.key))
    if form.earlier:
        fields["show_if"] = SeveralOf(
            _l("Ask it only if the answer is …"),
            description=_l("Choose none to ask it of everybody. One of several is enough."),
            choices=[choice for question in form.earlier for choice in _deciding_choices(question)],
        )
    fields["right"] = SeveralOf(
        _l("The translation is right as it stands"),
        choices=[SelectChoice(code, LANGUAGES[code].name, {"lang": code}) for code in form.languages[1:]],
    )
    return fields


def _required_words(kind: str) -> str:
    return _("This box must be ticked") if kind == "consent" else _("This question must be answered")


def _deciding_choices(question: AskedQuestion) -> list[SelectChoice]:
    language = current_language()
    values: list[Any] = [option.id for option in question.options] or [True, False]
    words = question.kind.answers(question, values, language)
    return [
        SelectChoice(
            f"{question.id}:{value if question.options else key}",
            _("“%(answer)s” to “%(question)s”", answer=answer, question=question.words(language)),
        )
        for value, (key, answer) in zip(values, words, strict=True)
    ]


def _values(entry: Mapping[str, Any], _kind: str) -> dict[str, Any]:
    values: dict[str, Any] = {"type": _kind, "required": entry.get("required"), "whole": entry.get("whole")}
    for name in ("label", "hint"):
        values |= {f"{name}-{code}": words for code, words in (entry.get(name) or {}).items()}
    for name in ("lowest", "highest"):
        values[name] = "" if entry.get(name) is None else number_words(entry[name])
    for option in entry.get("options", ()):
        values |= {f"choice-{option['id']}-{code}": words for code, words in option["label"].items()}
        values[f"choice-{option['id']}-text"] = option.get("text")
    if condition := entry.get("show_if"):
        words = {True: "yes", False: "no"}
        values["show_if"] = [
            f"{condition['question']}:{words[value] if isinstance(value, bool) else value}"
            for value in condition["any"]
        ]
    return values
