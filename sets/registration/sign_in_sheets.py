"""The sign-in sheet of a meeting: who has a place, by name, with room to sign, in the session's language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import g, has_request_context
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from ..catalogue import brochure_pdf
from ..catalogue.labels import language_words, training_labels
from ..catalogue.models import Meeting, TrainingSession
from ..catalogue.showing import current_programme
from ..clock import now
from ..database import db
from ..dates import date_words, time_words, zone_words
from ..languages import speaking
from ..spreadsheets import FIRST_SIGNS, LONGEST_CELL, PLAIN
from ..typesetting import TypesettingRefused, typeset
from .models import Learner, Registration, Status
from .people import folded

LAYOUT = Path(__file__).parent / "typst" / "sign_in.typ"
EMBLEM = brochure_pdf.FOLDER / "eu-emblem.svg"
# Lines for people who come unannounced.
EMPTY_LINES = 5
# What a list of meetings offers.
RECENT, MOST_MEETINGS = timedelta(days=31), 200
# Letters that the fonts lack are found one after the other; after so many, whole scripts are given up instead:
# first all beyond the letters of Europe, then all beyond those of Latin.
MOST_UNKNOWN = 20
EUROPE = re.compile("[\u0020-\u05ff\u1e00-\u206f]")
LATIN = re.compile("[\u0020-\u017f\u2010-\u2027]")
UNKNOWN = "?"
# What a cell of the PDF shows at most; and words that are wider than their column, with what lets them break.
LONGEST_PRINTED = 90
LONG_WORD, BREAK = re.compile(r"\S{17,}"), "\u200b"
# What stands on or joins the sign before it, and goes with it: accents, joiners, colours of skin.
FOLLOWERS = {"Mn", "Mc", "Me", "Cf", "Sk"}
WIDTHS = (7, 24, 20, 32, 36)


@dataclass(frozen=True)
class SignInSheet:
    """What stands on a sheet, in the session's language."""

    language: str
    title: str
    training: str
    when: str
    facts: list[str]
    headings: list[str]
    rows: list[tuple[str, str, str]]
    # By what a person is known whose name cannot be printed: their address up to the @, in the order of `rows`.
    known_by: list[str]


def read_meeting(public_id: str) -> Meeting | None:
    """Return a meeting with its session, or None where there is none or it was cancelled."""
    return db.session.scalar(
        select(Meeting)
        .where(Meeting.public_id == public_id, Meeting.cancelled_at.is_(None))
        .options(selectinload(Meeting.session).selectinload(TrainingSession.meetings))
    )


def meetings_for_choice(sessions: Sequence[str] = ()) -> list[Meeting]:
    """Return the meetings whose sheet may be wanted, the next first: of these sessions, or of all from a month ago."""
    wanted = TrainingSession.public_id.in_(sessions) if sessions else Meeting.ends_at >= now() - RECENT
    found = db.session.scalars(
        select(Meeting)
        .join(Meeting.session)
        .where(wanted, Meeting.cancelled_at.is_(None), TrainingSession.state.not_in(("draft", "cancelled")))
        .order_by(Meeting.starts_at)
        .options(selectinload(Meeting.session))
        .limit(MOST_MEETINGS)
    ).all()
    ahead = [meeting for meeting in found if meeting.ends_at >= now()]
    return [*ahead, *reversed([meeting for meeting in found if meeting.ends_at < now()])]


def meeting_choice_words(meeting: Meeting) -> str:
    """Return a meeting as a list of choices names it: day and hour, training, language.

    Its zone is named unless it is the one of the account that reads, whose pages say which.
    """
    session = meeting.session
    hour = time_words(meeting.starts_at, session.time_zone)
    if session.time_zone != (g.get("zone") if has_request_context() else None):
        hour = f"{hour}, {zone_words(session.time_zone)}"
    return _(
        "%(day)s, %(hour)s – %(training)s (%(language)s)",
        training=training_labels()[session.training_id].short_title, language=language_words(session.language),
        day=date_words(meeting.starts_at, session.time_zone), hour=hour,
    )  # fmt: skip


def read_sheet(meeting: Meeting) -> SignInSheet:
    """Return the sheet of a meeting: those who have a place, in order of name."""
    session, zone = meeting.session, meeting.session.time_zone
    rows = db.session.execute(
        select(Learner.last_name, Learner.first_name, Learner.organisation, Learner.email)
        .join(Registration, Registration.learner_id == Learner.id)
        .where(
            Registration.training_session_id == session.id,
            Registration.training_id == session.training_id,
            Registration.status == Status.CONFIRMED,
        )
    )
    people = sorted(((*row,) for row in rows), key=lambda row: (folded(row[0]), folded(row[1])))
    with speaking(session.language):
        facts = [session.trainer] if session.trainer else []
        facts.append(ngettext("%(num)d person has a place", "%(num)d people have a place", len(people)))
        return SignInSheet(
            language=session.language,
            title=_("Sign-in sheet"),
            training=training_labels()[session.training_id].short_title,
            when=_(
                "%(day)s, %(start)s to %(end)s, %(zone)s",
                day=date_words(meeting.starts_at, zone), start=time_words(meeting.starts_at, zone),
                end=time_words(meeting.ends_at, zone), zone=zone_words(zone),
            ),
            facts=facts,
            headings=[_("Line"), _("Last name"), _("First name"), _("Organisation"), _("Signature")],
            rows=[(last, first, organisation or "") for last, first, organisation, _email in people],
            known_by=[f"{(email or '').partition('@')[0]}@…" for *_names, email in people],
        )  # fmt: skip


def write_pdf(sheet: SignInSheet, path: Path) -> int:
    """Write the sheet as a tagged PDF, A4, and return how many people are on it.

    A letter that the fonts lack is printed as a question mark, and the beginning of the person's address beside it.
    """
    programme = current_programme()
    with speaking(sheet.language):
        content: dict[str, Any] = {
            "language": sheet.language,
            "programme": programme.name,
            "funder": programme.funder,
            "emblem": EMBLEM.read_text("utf-8"),
            "training": sheet.training,
            "when": sheet.when,
            "facts": sheet.facts,
            "footer": programme.name,
            "labels": {
                "title": sheet.title,
                "columns": sheet.headings,
                "funded": _("Funded by the European Union"),
                "eu_emblem": _("Emblem of the European Union"),
            },
        }
    path.write_bytes(_typeset(content, sheet))
    return len(sheet.rows)


def write_xlsx(sheet: SignInSheet, path: Path) -> int:
    """Write the sheet as a spreadsheet that prints on A4, and return how many people are on it."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), PLAIN | {"tmpdir": str(path.parent)})
    page = book.add_worksheet(sheet.title[:31])
    strong, head = (
        book.add_format({"bold": True, "font_size": 14}),
        book.add_format({"bold": True, "bottom": 2}),
    )
    line = {"bottom": 1, "valign": "vcenter", "text_wrap": True}
    plain, quoted = book.add_format(line), book.add_format(line | {"quote_prefix": True})
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    top = [sheet.training, sheet.when, *sheet.facts]
    for row, words in enumerate(top):
        page.write_string(row, 0, words, strong if row == 0 else None)
    for column, words in enumerate(sheet.headings):
        page.write_string(len(top), column, words, head)
    for row, (number, cells) in enumerate(_lines(sheet), start=len(top) + 1):
        page.set_row(row, 32)
        page.write_number(row, 0, number, plain)
        for column, words in enumerate((*cells, ""), start=1):
            form = quoted if words and words[0] in FIRST_SIGNS else plain
            page.write_string(row, column, words[:LONGEST_CELL], form) if words else page.write_blank(
                row, column, None, form
            )
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0, len(top))
    page.set_footer("&R&P / &N")
    book.close()
    return len(sheet.rows)


def _typeset(content: dict[str, Any], sheet: SignInSheet) -> bytes:
    """Return the PDF, without the letters that the fonts lack. Raises TypesettingRefused where it is not the names."""
    lacking: set[str] = set()
    for _attempt in range(MOST_UNKNOWN):
        try:
            return typeset(LAYOUT, content | {"rows": _rows(sheet, lacking.__contains__)})
        except TypesettingRefused as refused:
            found = set(str(refused).rpartition(" ")[2]) - {UNKNOWN}
            if found <= lacking:
                break
            lacking |= found
    try:
        return typeset(LAYOUT, content | {"rows": _rows(sheet, lambda sign: not EUROPE.match(sign))})
    except TypesettingRefused:
        return typeset(LAYOUT, content | {"rows": _rows(sheet, lambda sign: not LATIN.match(sign))})


def _rows(sheet: SignInSheet, is_lacking: Callable[[str], bool]) -> list[list[str]]:
    rows = []
    for row, known_by in zip(sheet.rows, sheet.known_by, strict=True):
        last, first, organisation = (_printed(cell, is_lacking) for cell in row)
        if (last, first) != row[:2]:
            last = f"{last} ({_printed(known_by, is_lacking)})"
        rows.append([_breakable(cell) for cell in (last, first, organisation)])
    return rows + [["", "", ""]] * EMPTY_LINES


def _printed(cell: str, is_lacking: Callable[[str], bool]) -> str:
    """Return a cell with a question mark for each sign that is lacking, and for what stands on it."""
    if not any(map(is_lacking, cell)):
        return cell
    signs: list[str] = []
    is_after = False
    for sign in unicodedata.normalize("NFC", cell):
        if is_after and unicodedata.category(sign) in FOLLOWERS:
            continue
        is_after = is_lacking(sign)
        signs.append(UNKNOWN if is_after else sign)
    return "".join(signs)


def _breakable(cell: str) -> str:
    """Return a cell that fits its column: long words may break, and what fills more than some lines is cut."""
    cell = cell if len(cell) <= LONGEST_PRINTED else f"{cell[: LONGEST_PRINTED - 1].rstrip()}…"
    return LONG_WORD.sub(lambda word: BREAK.join(word[0]), cell)


def _lines(sheet: SignInSheet) -> Iterator[tuple[int, tuple[str, str, str]]]:
    yield from enumerate([*sheet.rows, *[("", "", "")] * EMPTY_LINES], start=1)
