"""The export's two files: CSV, streamed, and a spreadsheet, written row by row. Memory stays flat.

No cell is ever a formula. The spreadsheet's columns carry their keys as names (`col_email`), and its second sheet
lists keys and headings.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from flask_babel import gettext as _

from ..spreadsheets import FIRST_SIGNS, inert
from .export import MOMENT, Sheet

# Characters that a cell of a spreadsheet can hold, and letters that a name in it can.
LONGEST_CELL = 32_767
NOT_IN_NAMES = re.compile(r"\W")


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """Yield the export as CSV: UTF-8 with BOM, semicolons, no cell that a spreadsheet takes for a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([inert(heading) for heading in sheet.headings])
    for batch in sheet.batches:
        columns = [
            [str(cell)[:16] if cell else None for cell in column]
            if kind == MOMENT
            else [inert(cell) if cell and cell[0] in FIRST_SIGNS else cell for cell in column]
            for kind, column in zip(sheet.kinds, batch, strict=True)
        ]
        writer.writerows(zip(*columns, strict=True))
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_xlsx(sheet: Sheet, path: Path, *, about: Iterable[tuple[str, str]] = (), title: str = "") -> int:
    """Write the export as a spreadsheet and return how many rows it has; `about` are lines of the second sheet.

    `title` names the first sheet, in letters and digits (default: registrations).
    """
    # Loaded by the first export: the other programs and most days need none.
    import xlsxwriter
    from xlsxwriter.utility import xl_col_to_name

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    book = xlsxwriter.Workbook(str(path), options)
    head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left"})
    page = book.add_worksheet((title or _("Registrations"))[:31])
    page.freeze_panes(1, 0)
    for index, (heading, width, kind) in enumerate(
        zip(sheet.headings, sheet.widths, sheet.kinds, strict=True)
    ):
        page.set_column(index, index, width, moment if kind == MOMENT else None)
        page.write_string(0, index, heading[:LONGEST_CELL], head)
    # An apostrophe that only the spreadsheet sees: the text stays one when somebody edits the cell.
    count = _write_rows(page, sheet, moment, book.add_format({"quote_prefix": True}))
    page.autofilter(0, 0, count, len(sheet.keys) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:{xl_col_to_name(len(sheet.keys) - 1)}{count + 1}"})
    for index, key in enumerate(sheet.keys):
        column = xl_col_to_name(index)
        name = NOT_IN_NAMES.sub("_", f"col_{key}")
        book.define_name(name, f"='{page.name}'!${column}:${column}")
    _write_about(book, sheet, head, about)
    book.close()
    return count


def new_path(instance: Path) -> Path:
    """Return an empty file below the site's own folder, for a spreadsheet that is written and sent."""
    folder = instance / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor, name = tempfile.mkstemp(".xlsx", dir=folder)
    os.close(descriptor)
    return Path(name)


def _write_rows(page: Any, sheet: Sheet, moment: Any, quoted: Any) -> int:
    write_string, write_datetime = page.write_string, page.write_datetime
    is_moment = [kind == MOMENT for kind in sheet.kinds]
    count = 0
    for batch in sheet.batches:
        for count, row in enumerate(zip(*batch, strict=True), start=count + 1):  # noqa: B020
            for index, cell in enumerate(row):
                if not cell:
                    continue
                if is_moment[index]:
                    write_datetime(count, index, cell, moment)
                elif cell[0] in FIRST_SIGNS:
                    write_string(count, index, cell[:LONGEST_CELL], quoted)
                else:
                    write_string(count, index, cell[:LONGEST_CELL])
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
    for number, (key, heading) in enumerate(zip(sheet.keys, sheet.headings, strict=True), start=line + 1):
        page.write_string(number, 0, key)
        page.write_string(number, 1, heading[:LONGEST_CELL])
