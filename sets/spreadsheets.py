"""What every file for a spreadsheet has in common: no cell of it is ever a formula. Also simple files of rows."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Response, send_file

# What a spreadsheet reads as a formula, also in full width and after blanks (OWASP, CSV injection).
FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
FIRST_SIGNS = frozenset("=+-@\t\r\n\v\f \u00a0\u3000\uff1d\uff0b\uff0d\uff20")
AT_ONCE = 500
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Characters that a cell of a spreadsheet can hold.
LONGEST_CELL = 32_767
# What is text stays text.
PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield rows of text as CSV that Excel opens: UTF-8 with BOM, semicolons, some hundred lines at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow([inert(heading) for heading in headings])
    for number, row in enumerate(rows, 1):
        writer.writerow([inert(cell) for cell in row])
        if number % AT_ONCE == 0:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_rows(
    path: Path,
    title: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[str | int | datetime | None]],
    *,
    widths: Sequence[int],
) -> int:
    """Write rows as a spreadsheet of one sheet and return how many there are; a moment is one without a zone."""
    book, head, quoted = new_book(path)
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"})
    page = book.add_worksheet(title[:31])
    page.freeze_panes(1, 0)
    for index, (heading, width) in enumerate(zip(headings, widths, strict=True)):
        page.set_column(index, index, width)
        page.write_string(0, index, heading, head)
    count = 0
    for count, row in enumerate(rows, 1):
        for index, cell in enumerate(row):
            if isinstance(cell, datetime):
                page.write_datetime(count, index, cell, moment)
            elif isinstance(cell, int):
                page.write_number(count, index, cell)
            elif cell:
                page.write_string(
                    count, index, cell[:LONGEST_CELL], quoted if cell[0] in FIRST_SIGNS else None
                )
    page.autofilter(0, 0, count, len(headings) - 1)
    book.close()
    return count


def new_book(path: Path) -> tuple[Any, Any, Any]:
    """Return a spreadsheet to be written row by row, the format of its headings, and that of texts like formulas."""
    # Loaded by whoever makes one: the other programs and most days need none.
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), PLAIN | {"constant_memory": True, "tmpdir": str(path.parent)})
    head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    # An apostrophe that only the spreadsheet sees: the text stays one when somebody edits the cell.
    return book, head, book.add_format({"quote_prefix": True})


def sent_xlsx(folder: Path, name: str, write: Callable[[Path], int]) -> tuple[Response, int]:
    """Return a spreadsheet to be sent at once, which `write` writes to a path, and how many rows it has."""
    path = new_path(folder)
    try:
        count = write(path)
        return send_file(path, XLSX, as_attachment=True, download_name=name, max_age=0), count
    finally:
        # The open file is sent all the same; nothing personal stays on the disk.
        path.unlink(missing_ok=True)


def export_folder(instance: Path) -> Path:
    """Return the folder of exports below the site's own, made at first use; nobody else may open it."""
    folder = instance / "exports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def new_path(instance: Path) -> Path:
    """Return an empty file below the site's own folder, for a spreadsheet that is written and sent."""
    descriptor, name = tempfile.mkstemp(".xlsx", dir=export_folder(instance))
    os.close(descriptor)
    return Path(name)
