"""One line of a file, read by what its columns are: the person, their answers, what they asked for, what is wrong.

Nothing is looked up about people here: that is `importing_checking`'s. Problems are [code, column, number], never text.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from ..catalogue.showing import snapshot
from ..clock import now
from ..forms import address_fault, clean_line, clean_text
from ..languages import DEFAULT, LANGUAGES
from ..questionnaires.asked import SHORT, AskedQuestion
from ..questionnaires.building import AskedForm, QuestionsForm
from ..questionnaires.types import LONG
from .importing_columns import (
    LEFT_OUT,
    Matching,
    Subject,
    choices_of,
    questions,
    split_choices,
    subjects,
    value_key,
)
from .importing_dates import read_date
from .importing_sessions import Held, held_sessions
from .importing_words import plain
from .models import Status
from .people import address_key

LONGEST = {"first_name": 120, "last_name": 120, "organisation": 200, "role": 120, "needs": 3000}
CODED = ("organisation_kind", "country", "source")
ABSENT = object()


@dataclass
class Place:
    """What a line asks for in one training: a session, or the day of one that is not found."""

    training_id: int | None
    session_id: int | None = None
    day: date | None = None
    problems: list[list[Any]] = field(default_factory=list)


@dataclass
class Wanted:
    """What a line says."""

    email: str = ""
    email_key: str = ""
    details: dict[str, str] = field(default_factory=dict)
    language: str = ""
    status: str = Status.CONFIRMED
    submitted_at: datetime | None = None
    news: bool = False
    needs: str = ""
    # By question id: the general answers, and those of each training.
    answers: dict[int | None, dict[str, Any]] = field(default_factory=dict)
    marks: list[tuple[int, str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    problems: list[list[Any]] = field(default_factory=list)


class Reader:
    """Reads the lines of one import: made once for a batch of them."""

    def __init__(self, headings: list[str], mapping: dict[str, Any]) -> None:
        self.headings, self.matching = headings, Matching.read(mapping)
        self.subjects: list[Subject] = subjects()
        self.questions = questions()
        self.sessions: dict[int, Held] = {held.id: held for held in held_sessions()}
        self.zone = self.matching.zone or snapshot().programme.time_zone
        self._by_public_id = {held.public_id: held for held in self.sessions.values()}
        self._codes: dict[int, dict[str, str]] = {
            index: choices_of(target, self.subjects)
            for index, target in enumerate(self.matching.columns)
            if target
        }

    def read(self, cells: list[str]) -> Wanted:
        """Return what a line says."""
        wanted = Wanted()
        if len(cells) > len(self.headings):
            wanted.problems.append(["surplus", None, len(cells) - len(self.headings)])
        self._read_person(cells, wanted)
        self._read_codes(cells, wanted)
        self._read_dates(cells, wanted)
        self._read_answers(cells, wanted)
        wanted.places = self._places(cells, wanted)
        for place in wanted.places:
            held = self.sessions.get(place.session_id or 0)
            if held is not None and not held.is_over and wanted.status not in OPEN_STATES:
                place.problems.append(["state_coming", self.matching.index("status"), None])
        if not wanted.language:
            held = next((self.sessions[p.session_id] for p in wanted.places if p.session_id), None)
            programme = snapshot().programme.languages
            wanted.language = held.language if held else next(iter(programme), DEFAULT)
        return wanted

    def unknown_values(self, index: int, text: str) -> list[str]:
        """Return what a cell of a column holds that is in no list, and was not settled."""
        codes = self._codes.get(index)
        if not codes or not text:
            return []
        settled = self.matching.values.get(str(index), {})
        return [
            one
            for one in self._choices(index, text, codes)
            if plain(one) not in codes and not _is_valid(settled.get(value_key(one)), codes)
        ]

    def codes(self, index: int) -> dict[str, str]:
        """Return the list behind a column."""
        return self._codes.get(index, {})

    def _choices(self, index: int, text: str, codes: dict[str, str]) -> list[str]:
        target = self.matching.columns[index]
        if target == "training":
            return split_choices(text, codes)
        if target.startswith("q"):
            found = self.questions.get(int(target[1:]))
            return split_choices(text, codes) if found and found[0].type == "choices" else [text]
        return [text]

    def _cell(self, cells: list[str], target: str) -> tuple[int | None, str]:
        index = self.matching.index(target)
        return index, (cells[index] if index is not None and index < len(cells) else "")

    def _read_person(self, cells: list[str], wanted: Wanted) -> None:
        index, email = self._cell(cells, "email")
        email = clean_line(email)
        if not email:
            wanted.problems.append(["email_missing", index, None])
        elif address_fault(email):
            wanted.problems.append(["email_wrong", index, None])
        else:
            wanted.email, wanted.email_key = email, address_key(email)
        for target in ("first_name", "last_name", "organisation", "role"):
            wanted.details[target] = self._line(cells, target, wanted)
        index, whole = self._cell(cells, "full_name")
        if whole:
            first, last = split_name(clean_line(whole))
            for target, name in (("first_name", first), ("last_name", last)):
                if len(name) > LONGEST[target]:
                    wanted.problems.append(["too_long", index, LONGEST[target]])
                wanted.details[target] = wanted.details[target] or name
        if not wanted.details["first_name"] and not wanted.details["last_name"]:
            column = index if index is not None else self.matching.index("last_name")
            wanted.problems.append(["name_missing", column, None])

    def _line(self, cells: list[str], target: str, wanted: Wanted) -> str:
        index, text = self._cell(cells, target)
        text = clean_line(text)
        if len(text) > LONGEST[target]:
            wanted.problems.append(["too_long", index, LONGEST[target]])
        return text

    def _read_codes(self, cells: list[str], wanted: Wanted) -> None:
        for target in CODED:
            wanted.details[target] = self._code(cells, self.matching.index(target), wanted) or ""
        wanted.language = self._code(cells, self.matching.index("language"), wanted) or ""
        wanted.language = wanted.language if wanted.language in LANGUAGES else ""
        wanted.status = self._code(cells, self.matching.index("status"), wanted) or Status.CONFIRMED
        wanted.news = self._code(cells, self.matching.index("news"), wanted) == "yes"
        _index, needs = self._cell(cells, "needs")
        if needs and self._code(cells, self.matching.index("needs_consent"), wanted) == "yes":
            wanted.needs = clean_text(needs)[: LONGEST["needs"]]
        elif needs:
            wanted.problems.append(["needs_left", self.matching.index("needs"), None])
        for index in self.matching.indexes("attendance"):
            if mark := self._code(cells, index, wanted):
                wanted.marks.append((index, mark))

    def _code(self, cells: list[str], index: int | None, wanted: Wanted) -> str | None:
        """Return the code of a cell with one choice; None for an empty one, and for what was left out."""
        if index is None or index >= len(cells) or not cells[index]:
            return None
        code = self._meaning(index, cells[index])
        if code is ABSENT:
            wanted.problems.append(["value_unknown", index, None])
            return None
        return code

    def _meaning(self, index: int, text: str) -> Any:
        """Return a value's code, None where it is to be left out, ABSENT where nobody knows."""
        codes = self._codes[index]
        if (code := codes.get(plain(text))) is not None:
            return code
        settled = self.matching.values.get(str(index), {}).get(value_key(text))
        if settled == LEFT_OUT:
            return None
        return settled if _is_valid(settled, codes) else ABSENT

    def _read_dates(self, cells: list[str], wanted: Wanted) -> None:
        index, text = self._cell(cells, "submitted_at")
        if not text:
            return
        found = read_date(text, day_first=self.matching.day_first is not False)
        if found is None:
            wanted.problems.append(["date_unread", index, None])
            return
        # A day without an hour is noon, so that it is the same day on every clock of the team.
        at = found.in_utc(self.zone)
        noon = at + timedelta(hours=12)
        if at > now():
            wanted.problems.append(["future", index, None])
        else:
            wanted.submitted_at = at if found.has_hour or noon > now() else noon

    def _read_answers(self, cells: list[str], wanted: Wanted) -> None:
        for index, target in enumerate(self.matching.columns):
            if not target.startswith("q") or index >= len(cells) or not cells[index]:
                continue
            if (found := self.questions.get(int(target[1:]))) is None:
                continue
            question, training_id, _version = found
            value = self._answer(question, index, cells[index], wanted)
            if value is not None:
                wanted.answers.setdefault(training_id, {})[str(question.id)] = value

    def _answer(self, question: AskedQuestion, index: int, text: str, wanted: Wanted) -> Any:
        if codes := self._codes.get(index):
            return self._chosen(question, index, self._choices(index, text, codes), wanted)
        longest = {"short_text": SHORT, "long_text": LONG}.get(question.type)
        if longest is not None:
            plain_text = clean_line(text) if question.type == "short_text" else clean_text(text)
            if len(plain_text) > longest:
                wanted.problems.append(["too_long", index, longest])
                return None
            return plain_text or None
        return self._answer_by_form(question, index, text, wanted)

    def _chosen(self, question: AskedQuestion, index: int, texts: list[str], wanted: Wanted) -> Any:
        """Return the choices as they are stored; what stands for “other” keeps its words where there is room."""
        meanings = {text: self._meaning(index, text) for text in texts}
        if ABSENT in meanings.values():
            wanted.problems.append(["value_unknown", index, None])
            return None
        keys = [one for one in meanings.values() if one]
        if not keys:
            return None
        extra, codes = question.open_option, self._codes[index]
        own = [
            text for text, one in meanings.items() if extra and one == extra.key and plain(text) not in codes
        ]
        words = clean_line(", ".join(own))[:SHORT]
        return question.kind.stored(question, keys if question.type == "choices" else keys[0], words)

    def _answer_by_form(self, question: AskedQuestion, index: int, text: str, wanted: Wanted) -> Any:
        """Return the answer as the form itself would store it: for kinds of questions that bring rules of their own."""
        found = (
            read_date(text, day_first=self.matching.day_first is not False)
            if question.type == "date"
            else None
        )
        typed = found.moment.date().isoformat() if found else text
        form = QuestionsForm(
            AskedForm(0, None, (replace(question, show_if=None),)),
            wanted.language or DEFAULT,
            MultiDict({question.name: typed}),
        )
        if not form.validate():
            wanted.problems.append(["answer_wrong", index, None])
            return None
        return form.answers().get(str(question.id))

    def _places(self, cells: list[str], wanted: Wanted) -> list[Place]:
        index = self.matching.index("training")
        if index is None:
            chosen = [one for one in self.subjects if one.slug == self.matching.training]
        else:
            chosen = self._subjects_in(cells, wanted)
        day, problem = self._day(cells)
        places = []
        for subject in chosen:
            place = Place(subject.id, day=day)
            self._find_session(place, subject, wanted, problem)
            places.append(place)
        if not places and not any(one[0] == "value_unknown" and one[1] == index for one in wanted.problems):
            wanted.problems.append(["training_missing", index, None])
        return places

    def _subjects_in(self, cells: list[str], wanted: Wanted) -> list[Subject]:
        slugs: dict[str, None] = {}
        for index in self.matching.indexes("training"):
            text = cells[index] if index < len(cells) else ""
            for one in self._choices(index, text, self._codes[index]) if text else ():
                slug = self._meaning(index, one)
                if slug is ABSENT:
                    wanted.problems.append(["value_unknown", index, None])
                elif slug:
                    slugs[slug] = None
        return [subject for subject in self.subjects if subject.slug in slugs]

    def _day(self, cells: list[str]) -> tuple[date | None, list[Any] | None]:
        index, text = self._cell(cells, "session")
        if not text:
            return None, None
        found = read_date(text, day_first=self.matching.day_first is not False)
        return (found.day_in(self.zone), None) if found else (None, ["date_unread", index, None])

    def _find_session(
        self, place: Place, subject: Subject, wanted: Wanted, problem: list[Any] | None
    ) -> None:
        index = self.matching.index("session")
        if problem is not None:
            place.problems.append(problem)
            return
        if place.day is None:
            held = self._by_public_id.get(self.matching.sessions.get(subject.slug, ""))
            if held is None or held.training_id != subject.id:
                place.problems.append(["session_missing", index, None])
            else:
                place.session_id = held.id
            return
        there = [h for h in self.sessions.values() if h.training_id == subject.id and place.day in h.days]
        there = [held for held in there if held.language == wanted.language] or there
        if len(there) == 1:
            place.session_id = there[0].id
        else:
            place.problems.append(["sessions_several" if there else "no_session", index, None])


OPEN_STATES = (Status.CONFIRMED, Status.PENDING, Status.WAITING)


def split_name(whole: str) -> tuple[str, str]:
    """Return (first name, last name) of a name in one: "Zoé Lefèvre", "Lefèvre, Zoé", "LEFÈVRE Zoé"."""
    if "," in whole:
        last, _comma, first = whole.partition(",")
        return first.strip(), last.strip()
    words = whole.split()
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if capitals and len(capitals) < len(words):
        return " ".join(word for word in words if word not in capitals), " ".join(capitals)
    return (words[0], " ".join(words[1:])) if len(words) > 1 else ("", whole)


def _is_valid(settled: str | None, codes: dict[str, str]) -> bool:
    return settled == LEFT_OUT or (settled is not None and settled in codes.values())
