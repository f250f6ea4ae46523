"""What every file for a spreadsheet has in common: no cell of it is ever a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet reads as a formula, also in full width and after blanks (OWASP, CSV injection).
FORMULA = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
FIRST_SIGNS = frozenset("=+-@\t\r\n\v\f \u00a0\u3000\uff1d\uff0b\uff0d\uff20")
AT_ONCE = 500


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
