"""The export's two files: CSV, streamed, and a spreadsheet, written row by row. Memory stays flat.

No cell is ever a formula. The spreadsheet's columns carry their keys as names (`col_email`); its second sheet has
several choices as 1 and 0, its last one lists keys and headings.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from flask_babel import gettext as _

from ..languages import LANGUAGES, current_language
from ..spreadsheets import FIRST_SIGNS, LONGEST_CELL, XLSX, inert, new_book
from .export import DATE, MOMENT, TEXT, Sheet

MIMETYPES = {"xlsx": XLSX, "csv": "text/csv", "pdf": "application/pdf"}
# Letters that a name in a spreadsheet can hold.
NOT_IN_NAMES = re.compile(r"\W")
# Spreadsheets know no day before this year.
FIRST_YEAR = 1900


def csv_lines(sheet: Sheet, done: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """Yield the export as CSV: UTF-8 with BOM, semicolons, no cell that a spreadsheet takes for a formula.

    `done` is told how many rows are written, after each batch, and at the end in any case.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([inert(heading) for heading in sheet.headings])
    point = Locale.parse(LANGUAGES[current_language()].locale).number_symbols["latn"]["decimal"]
    count = 0
    for batch in sheet.batches:
        columns = [
            [inert(cell) if cell and cell[0] in FIRST_SIGNS else cell for cell in column]
            if kind == TEXT
            else [str(cell)[:16] if cell else None for cell in column]
            if kind == MOMENT
            else [_plain(cell, point) for cell in column]
            for kind, column in zip(sheet.kinds, batch, strict=True)
        ]
        writer.writerows(zip(*columns, strict=True))
        count += len(columns[0])
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
        if done:
            done(count)
    yield buffer.getvalue().encode("utf-8", "replace")


def write_xlsx(
    sheet: Sheet,
    path: Path,
    *,
    about: Iterable[tuple[str, str]] = (),
    title: str = "",
    done: Callable[[int], None] | None = None,
) -> int:
    """Write the export as a spreadsheet and return how many rows it has; `about` are lines of the last sheet.

    `title` names the first sheet, in letters and digits (default: registrations). `done` is told how many rows are
    written, after each batch.
    """
    # Loaded by the first export: the other programs and most days need none.
    from xlsxwriter.utility import xl_col_to_name

    book, head, quoted = new_book(path)
    formats = {
        MOMENT: book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"}),
        DATE: book.add_format({"num_format": "dd/mm/yyyy", "align": "left"}),
    }
    page = _sheet(book, title or _("Registrations"), sheet.headings, sheet.widths, head)
    for index, (width, kind) in enumerate(zip(sheet.widths, sheet.kinds, strict=True)):
        page.set_column(index, index, width, formats.get(kind))
    flags = sheet.flags
    second: Any = flags and _sheet(
        book, _("Choices"), [flags.name, *flags.headings], [38, *([18] * len(flags.keys))], head
    )
    if flags:
        flags.is_wanted = True
    count = _write_rows(page, second, sheet, formats, quoted, done)
    page.autofilter(0, 0, count, len(sheet.keys) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(len(sheet.keys) - 1)}{count + 1}"})
    named = [(page, index, key) for index, key in enumerate(sheet.keys)]
    named += [(second, index, key) for index, key in enumerate(flags.keys, start=1)] if flags else []
    for shown, index, key in named:
        column, name = xl_col_to_name(index), NOT_IN_NAMES.sub("_", f"col_{key}")
        book.define_name(name, f"='{shown.name}'!${column}:${column}")
    _write_about(book, sheet, head, about)
    book.close()
    return count


def _plain(cell: Any, point: str) -> Any:
    """Return a day or a number as CSV has it, with the decimal sign of the organiser's language."""
    if isinstance(cell, str):
        return inert(cell)
    if isinstance(cell, float):
        return str(cell).replace(".", point)
    return cell


def _sheet(book: Any, title: str, headings: Iterable[str], widths: Iterable[int], head: Any) -> Any:
    page = book.add_worksheet(title[:31])
    page.freeze_panes(1, 0)
    for index, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        page.set_column(index, index, width)
        page.write_string(0, index, heading[:LONGEST_CELL], head)
    return page


def _write_rows(
    page: Any,
    second: Any,
    sheet: Sheet,
    formats: dict[str, Any],
    quoted: Any,
    done: Callable[[int], None] | None,
) -> int:
    write_string = page.write_string
    is_text = [kind == TEXT for kind in sheet.kinds]
    count, line = 0, 0
    for batch in sheet.batches:
        for count, row in enumerate(zip(*batch, strict=True), start=count + 1):  # noqa: B020
            for index, cell in enumerate(row):
                if not is_text[index]:
                    _write_value(page, count, index, cell, formats)
                elif not cell:
                    continue
                elif cell[0] in FIRST_SIGNS:
                    write_string(count, index, cell[:LONGEST_CELL], quoted)
                else:
                    write_string(count, index, cell[:LONGEST_CELL])
        if sheet.flags:
            line = _write_flags(second, sheet.flags.lines, line)
        if done:
            done(count)
    return count


def _write_value(page: Any, row: int, column: int, cell: Any, formats: dict[str, Any]) -> None:
    """Write a moment, a day or a number; what is none of them stays text."""
    if cell is None:
        return
    if isinstance(cell, date) and cell.year >= FIRST_YEAR:
        kind = MOMENT if isinstance(cell, datetime) else DATE
        page.write_datetime(row, column, cell, formats[kind])
    elif isinstance(cell, int | float):
        page.write_number(row, column, cell)
    else:
        page.write_string(row, column, str(cell)[:LONGEST_CELL])


def _write_flags(page: Any, lines: Iterable[tuple[Any, Iterable[int | None]]], count: int) -> int:
    write_number, write_string = page.write_number, page.write_string
    for count, (name, row) in enumerate(lines, start=count + 1):  # noqa: B020
        write_string(count, 0, name or "")
        for index, flag in enumerate(row, start=1):
            if flag is not None:
                write_number(count, index, flag)
    return count


def _write_about(book: Any, sheet: Sheet, head: Any, about: Iterable[tuple[str, str]]) -> None:
    page = book.add_worksheet(_("Columns")[:31])
    page.set_column(0, 1, 34)
    line = 0
    for line, (term, value) in enumerate(about):
        page.write_string(line, 0, term, head)
        page.write_string(line, 1, value)
    line += 2
    page.write_string(line, 0, _("Key"), head)
    page.write_string(line, 1, _("Column"), head)
    keys = zip(sheet.keys, sheet.headings, strict=True)
    more = zip(sheet.flags.keys, sheet.flags.headings, strict=True) if sheet.flags else ()
    for number, (key, heading) in enumerate([*keys, *more], start=line + 1):
        page.write_string(number, 0, key)
        page.write_string(number, 1, heading[:LONGEST_CELL])
