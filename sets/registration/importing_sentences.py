"""What the pages of imports say: why a file cannot be read, what is wrong in a line, how an import stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from ..catalogue.labels import language_words
from ..dates import calendar_day_words
from ..forms import address_fault, clean_line
from ..languages import LANGUAGES
from .codes import organisation_kind_words, source_words
from .countries import country_words
from .importing import ImportRefused
from .importing_columns import choices_of, questions
from .importing_models import ImportEntry, ImportRun, Result, RunState
from .importing_reading import FileRefused
from .transitions import REFUSALS
from .wording import mark_words, status_words

# How much of a cell a sentence quotes.
QUOTED = 80
# The shape (macros/status.html) of each state and each result.
SHAPES: dict[str, str] = {
    RunState.MATCHING: "draft", RunState.CHECKING: "sending", RunState.CHECKED: "queued",
    RunState.WRITING: "sending", RunState.STOPPED: "paused", RunState.DONE: "sent", RunState.UNDOING: "sending",
    RunState.UNDONE: "cancelled",
    Result.NEW: "sent", Result.FILLED: "retry", Result.KNOWN: "queued", Result.DUPLICATE: "cancelled",
    Result.ERROR: "failed",
}  # fmt: skip


def file_words(refusal: FileRefused) -> str:
    """Return why a file cannot be read, and what to do."""
    words = {
        "missing": _("Choose a file."),
        "empty": _("This file is empty."),
        "only_headings": _("This file has headings, but no line below them."),
        "too_large": _(
            "This file is larger than %(number)s MB. Split it, and import one part after the other."
        ),
        "too_large_inside": _("This spreadsheet is too large once it is unpacked. Save its sheet as CSV."),
        "too_long": _(
            "This file has more than %(number)s lines. Split it, and import one part after the other."
        ),
        "too_wide": _(
            "Line %(line)s has more than %(number)s columns. Remove those that you do not need, or check the separator."
        ),
        "quotes": _(
            "From line %(line)s on, a quotation mark is not closed, or stands within a cell. Correct it, or save the "
            "file again as .xlsx."
        ),
        "cell_too_long": _(
            "In line %(line)s, a cell is too long. Perhaps a quotation mark is not closed there."
        ),
        "old_excel": _("This is a spreadsheet of the old kind (.xls). Open it, and save it as .xlsx or CSV."),
        "broken_excel": _("This spreadsheet cannot be read. Open it, and save it again as .xlsx or CSV."),
        "no_table": _("This is no table. Choose a .csv or .xlsx file."),
    }
    sentence = words.get(refusal.reason, words["no_table"])
    number = f"{refusal.number:,}".replace(",", "\u202f") if refusal.number else ""
    return sentence.replace("%(line)s", str(refusal.line or "")).replace("%(number)s", number)


def day_words(day: str) -> str:
    """Return a day that lines ask for, with its weekday."""
    return calendar_day_words(date.fromisoformat(day))


def refusal_words(refusal: ImportRefused) -> str:
    """Return why nothing was done."""
    words = {
        "errors": _(
            "There are lines with errors, and the import was to stop at them. Nothing was registered."
        ),
        "mails": _(
            "Meanwhile another number of people would be written to. Read it below, then confirm again."
        ),
        "nothing": _("No line of this file is new: there is nothing to import."),
        "day": _("Choose a day and hours that are over."),
    }
    return words.get(
        refusal.reason,
        _("This import stands otherwise by now, perhaps through a colleague: this is how it is."),
    )


def state_words(state: str) -> str:
    """Return how an import stands."""
    words: dict[str, str] = {
        RunState.MATCHING: _("Columns to be matched"),
        RunState.CHECKING: _("Being checked"),
        RunState.CHECKED: _("Checked, not imported"),
        RunState.WRITING: _("Being imported"),
        RunState.STOPPED: _("Stopped at an error"),
        RunState.DONE: _("Imported"),
        RunState.UNDOING: _("Being undone"),
        RunState.UNDONE: _("Undone"),
    }
    return words.get(state, state)


def result_words(result: str) -> str:
    """Return what lines of that result are called, in the plural."""
    words: dict[str, str] = {
        Result.NEW: _("New"),
        Result.FILLED: _("There already, gaps filled"),
        Result.KNOWN: _("There already"),
        Result.DUPLICATE: _("Twice in the file"),
        Result.ERROR: _("With an error"),
    }
    return words.get(result, result)


def kept_words(reason: str, number: int) -> str:
    """Return how many registrations stay when an import is undone, and why."""
    words = {
        "erased": ngettext(
            "%(num)d: the person was erased meanwhile", "%(num)d: they were erased meanwhile", number
        ),
        "acted": ngettext("%(num)d: the person used their page", "%(num)d: they used their page", number),
        "mailed": ngettext("%(num)d: the person was written to", "%(num)d: they were written to", number),
        "attended": ngettext("%(num)d: was noted at a meeting", "%(num)d: were noted at a meeting", number),
        "changed": ngettext("%(num)d: was changed since", "%(num)d: were changed since", number),
        "noted": ngettext("%(num)d: the team noted something", "%(num)d: the team noted something", number),
    }
    return words.get(reason, str(number))


def entry_words(entry: ImportEntry, run: ImportRun) -> list[str]:
    """Return what is to be said of a line, one sentence each."""
    cells = entry.line.cells or []
    said = [problem_words(problem, run.headings, cells) for problem in entry.problems]
    if entry.filled:
        names = [_filled_words(name) for values in entry.filled.values() for name in values]
        said.append(_("Filled in: %(names)s.", names=", ".join(names)))
    return said


def _filled_words(name: str) -> str:
    words = {
        "organisation": _("Organisation"),
        "organisation_kind": _("Kind of organisation"),
        "role": _("Role"),
        "country": _("Country"),
        "source": _("Heard of it through"),
    }
    return words.get(name) or _("an answer")


def problem_words(problem: Sequence[Any], headings: Sequence[str], cells: Sequence[str]) -> str:
    """Return one problem of a line as a sentence, with its column and its value."""
    code, column, number = problem
    value = cells[column] if isinstance(column, int) and column < len(cells) else ""
    sentence = _sentences(code, number, value)
    if not isinstance(column, int):
        return sentence
    heading = (
        headings[column] if column < len(headings) and headings[column] else _("Column %(n)s", n=column + 1)
    )
    if not value:
        return _("“%(heading)s”: %(sentence)s", heading=heading, sentence=sentence)
    quoted = clean_line(value)
    quoted = quoted if len(quoted) <= QUOTED else f"{quoted[:QUOTED]}…"
    return _("“%(heading)s”, “%(value)s”: %(sentence)s", heading=heading, value=quoted, sentence=sentence)


def _sentences(code: str, number: Any, value: str) -> str:
    words = {
        "surplus": _(
            "This line has more cells than there are headings. Check its separators and quotation marks."
        ),
        "email_missing": _("The e-mail address is missing."),
        "email_wrong": address_fault(clean_line(value)) or _("Check the address."),
        "name_missing": _("The name is missing."),
        "too_long": _("Longer than %(number)s characters. Shorten it."),
        "value_unknown": _("Not in the list. Say what it stands for under “Values”."),
        "answer_wrong": _("This does not answer the question as it is asked now."),
        "date_unread": _("This is no date that can be read, such as 2025-03-31."),
        "future": _("This date is still to come."),
        "training_missing": _("It is not said for which training."),
        "session_missing": _("It is not said for which session."),
        "no_session": _("No session of this training was held on that day. Create it, or choose another."),
        "sessions_several": _("Several sessions of this training were held on that day."),
        "state_coming": _("In this state nobody is registered for a session to come."),
        "elsewhere": _("This person has a place in another session of this training."),
        "no_place": _("The session has begun, and no place is free."),
        "gone": _("The line, or its session, is no longer there."),
        "duplicate": _("The same as line %(number)s."),
        "other_name": _("This address is known under another name: those details stand."),
        "needs_left": _("Accessibility needs are left out: the person did not agree that we read them."),
        "ended": _("The session is over, so that nobody waits any more: imported as expired."),
    }
    sentence = words.get(code) or str(REFUSALS.get(code, code))
    return sentence.replace("%(number)s", str(number or ""))


def choice_words(target: str, language: str, titles: dict[str, str]) -> list[tuple[str, str]]:
    """Return what a value of a column may stand for: (code, words), in the reader's language."""
    codes = dict.fromkeys(choices_of(target).values())
    if target.startswith("q"):
        found = questions().get(int(target[1:]))
        if found and found[0].type != "yes_no":
            return [(option.key, option.words(language)) for option in found[0].options]
    speak: Any = {
        "training": lambda code: titles.get(code, code),
        "language": language_words,
        "country": country_words,
        "organisation_kind": organisation_kind_words,
        "source": source_words,
        "status": status_words,
        "attendance": mark_words,
    }.get(target, lambda code: _("Yes") if code == "yes" else _("No"))
    named = [(code, str(speak(code))) for code in codes if target != "language" or code in LANGUAGES]
    return sorted(named, key=lambda one: one[1].casefold()) if target == "country" else named
