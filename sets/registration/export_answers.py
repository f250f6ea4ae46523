"""What people answered, as columns of an export: by the question's id, so that no column ever moves.

Several choices are one readable cell, and a line of 1 and 0 on the second sheet (`Flags`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from ..database import db
from ..questionnaires.answers import AnswerReader
from ..questionnaires.models import Option, Question
from ..questionnaires.types import AskedQuestion, SeveralChoices
from .export_cells import TEXT, Remembered


class Answers:
    """The columns of the questions that `asks` lets through, with the way from what is stored to their cells."""

    def __init__(
        self, language: str, asks: Callable[[AskedQuestion], bool], *, tells_other: bool = True
    ) -> None:
        self.language = language
        self.keys: list[str] = []
        self.headings: list[str] = []
        self.kinds: list[str] = []
        self._columns: list[tuple[str, Callable[[list[Any]], list[Any]]]] = []
        self._retired = set(db.session.scalars(select(Question.id).where(Question.retired_at.is_not(None))))
        self._several: list[AskedQuestion] = []
        for question in AnswerReader(language).columns():
            if asks(question):
                self._add(question, tells_other=tells_other)

    def read(self, special: Sequence[str | None], general: Sequence[str | None]) -> list[dict[str, Any]]:
        """Return the answers of each row: of the registration and of its learner; the registration's count first."""
        return list(map(_merged, _loaded(special), _loaded(general))) if self._columns else []

    def cells(self, stores: list[dict[str, Any]]) -> list[list[Any]]:
        """Return the cells of rows, by columns."""
        return [cells([store.get(key) for store in stores]) for key, cells in self._columns]

    def flags(self, name: str) -> Flags | None:
        """Return the second sheet, still empty; None where no question has several choices.

        `name` heads the column that names its registrations.
        """
        return Flags(name, self._several, self.language, self._retired) if self._several else None

    def _add(self, question: AskedQuestion, *, tells_other: bool) -> None:
        key, heading = f"q_{question.key}", question.words(self.language)
        if question.id in self._retired:
            heading = _("%(heading)s (retired)", heading=heading)
        kind, language = question.kind, self.language
        is_open = question.open_option is not None

        def cell(value: Any) -> Any:
            shown = value if tells_other or not is_open else kind.chosen(value)
            try:
                return kind.typed_cell(question, shown, language)
            except (TypeError, ValueError):
                # What was stored under another kind stays readable.
                return str(value)

        self._put(question, key, heading, kind.cell_kind, cell)
        if isinstance(kind, SeveralChoices):
            self._several.append(question)
        if tells_other and is_open:
            self._put(question, f"{key}__other", _("%(heading)s – other", heading=heading), TEXT, kind.words)

    def _put(self, question: AskedQuestion, key: str, heading: str, form: str, cell: Any) -> None:
        self.keys.append(key)
        self.headings.append(heading)
        self.kinds.append(form)
        self._columns.append((str(question.id), _cells(cell)))


class Flags:
    """The second sheet: one line for each registration that answered a question with several choices.

    A cell is 1 where the option was chosen, 0 where it was not, and empty where the question was left. Options are
    columns in the order of their ids, for ever.
    """

    def __init__(
        self, name: str, questions: Sequence[AskedQuestion], language: str, retired: set[int]
    ) -> None:
        self.name = name
        # Set by who writes them: lines that nobody writes are not worked out.
        self.is_wanted = False
        self.keys: list[str] = []
        self.headings: list[str] = []
        self.lines: list[tuple[Any, Sequence[int | None]]] = []
        self._questions = [(str(one.id), sorted(option.id for option in one.options)) for one in questions]
        self._rows = Remembered(self._row)
        gone = set(db.session.scalars(select(Option.id).where(Option.retired_at.is_not(None))))
        for question in questions:
            for option in sorted(question.options, key=lambda one: one.id):
                heading = _(
                    "%(term)s: %(value)s", term=question.words(language), value=option.words(language)
                )
                is_retired = question.id in retired or option.id in gone
                self.keys.append(f"q_{question.key}__{option.key}")
                self.headings.append(_("%(heading)s (retired)", heading=heading) if is_retired else heading)

    def fill(self, names: Sequence[Any], stores: Sequence[dict[str, Any]]) -> None:
        """Take the lines of a batch: `names` are those of its registrations."""
        keys = [key for key, _options in self._questions]
        self.lines = []
        for name, store in zip(names, stores, strict=True):
            chosen = tuple(_ids(store.get(key)) for key in keys)
            if any(one is not None for one in chosen):
                self.lines.append((name, self._rows[chosen]))

    def _row(self, chosen: tuple[Any, ...]) -> list[int | None]:
        row: list[int | None] = []
        for ids, (_key, options) in zip(chosen, self._questions, strict=True):
            row += [None if ids is None else int(option in ids) for option in options]
        return row


def _ids(value: Any) -> tuple[int, ...] | None:
    """Return the ids of the chosen options; words beside one of them stand among them as texts."""
    if value is None:
        return None
    return tuple(one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int))


def _cells(cell: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    words, lists = Remembered(cell), Remembered(lambda value: cell(list(value)))

    def one(value: Any) -> Any:
        return lists[tuple(value)] if isinstance(value, list) else words[value]

    return lambda values: [None if value is None else one(value) for value in values]


def _loaded(raw: Sequence[str | None]) -> list[dict[str, Any]]:
    return json.loads(f"[{','.join(text or '{}' for text in raw)}]")


def _merged(special: dict[str, Any], general: dict[str, Any]) -> dict[str, Any]:
    return special if not general else general | special
