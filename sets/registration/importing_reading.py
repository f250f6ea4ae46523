"""A file of submissions as a table of texts: .csv in any usual encoding and separator, or .xlsx, told by its content.

Whatever the bytes are, the answer is a table or FileRefused, which says what is wrong and, where it can, in which line.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

LARGEST_FILE = 10 * 1024 * 1024
MOST_LINES = 20_000
MOST_COLUMNS = 100
# What a spreadsheet may unpack to, and how many cells its sheet may span.
LARGEST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 2_000
MOST_CELLS = MOST_COLUMNS * (MOST_LINES + 1)
LONGEST_CELL = 32_767
SEPARATORS = ",;\t"
# How much of a file is looked at to find its separator.
LOOKED_AT = 64 * 1024
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CELL_NAME = re.compile(rb"\br\s*=\s*[\"']\s*([A-Za-z]{0,4})(\d{1,10})\s*[\"']")
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
# How an export keeps a text from being taken for a formula.
GUARDED = re.compile(r"'(?=[=+\-@])")
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff\ufffe\uffff]")


class FileRefused(Exception):  # noqa: N818  (a refusal)
    """A file that cannot be read as a table: `reason`, and the `line` or `number` that the sentence speaks of."""

    def __init__(self, reason: str, line: int | None = None, number: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.line, self.number = reason, line, number


@dataclass(frozen=True)
class Table:
    """What a file holds: headings, and (number of the line as a spreadsheet counts, cells) for each line."""

    headings: list[str]
    lines: list[tuple[int, list[str]]]


def read_table(content: bytes) -> Table:
    """Return the table in a file's bytes; raise FileRefused."""
    if not content.strip(b"\x00 \t\r\n"):
        raise FileRefused("empty")
    if len(content) > LARGEST_FILE:
        raise FileRefused("too_large", number=LARGEST_FILE // 1024 // 1024)
    if content.startswith(b"PK"):
        return _as_table(_spreadsheet_rows(content))
    if content.startswith(OLD_EXCEL):
        raise FileRefused("old_excel")
    return _as_table(_csv_rows(_decoded(content)))


def _as_table(rows: Iterator[list[str]]) -> Table:
    headings: list[str] | None = None
    lines: list[tuple[int, list[str]]] = []
    for number, row in enumerate(rows, 1):
        cells = [_cleaned(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise FileRefused("too_wide", line=number, number=MOST_COLUMNS)
        if headings is None:
            headings = cells
            continue
        if len(lines) >= MOST_LINES:
            raise FileRefused("too_long", line=number, number=MOST_LINES)
        lines.append((number, cells))
    if headings is None:
        raise FileRefused("empty")
    if not lines:
        raise FileRefused("only_headings")
    # A heading for every column that a line uses; the surplus of a line is an error of that line.
    return Table([" ".join(heading.split())[:300] for heading in headings], lines)


def _cleaned(cell: str) -> str:
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    text = unicodedata.normalize("NFC", NOT_TEXT.sub("", text)).strip()[:LONGEST_CELL]
    return text[1:] if GUARDED.match(text) else text


# ------------------------------------------------------------------------------------------------- text files


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded_as(content, "utf-16")
    head = content[:4096]
    if b"\x00" in head:
        # UTF-16 without its mark: every other byte of plain letters is nothing.
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if max(even, odd) * 3 < len(head) // 2 or min(even, odd) * 4 > max(even, odd):
            raise FileRefused("no_table")
        return _decoded_as(content, "utf-16-be" if even > odd else "utf-16-le")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("cp1252", "replace")
    # Pictures and documents decode too, into signs that no table has.
    if len(NOT_TEXT.findall(text[:4096])) > len(text[:4096]) // 50:
        raise FileRefused("no_table")
    return text


def _decoded_as(content: bytes, encoding: str) -> str:
    try:
        return content[: len(content) // 2 * 2].decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused("no_table") from error


def _csv_rows(text: str) -> Iterator[list[str]]:
    if text.lstrip()[:200].lower().startswith(("%pdf", "<!doctype", "<html", "{\\rtf", "<?xml")):
        raise FileRefused("no_table")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    begins = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = "cell_too_long" if "field larger" in str(error) else "quotes"
            raise FileRefused(reason, line=begins) from error
        begins = reader.line_num + 1
        yield row


def _separator(text: str) -> str:
    """Return the sign that cuts the first lines most often into equally many cells."""
    best, best_score = ",", (0.0, 0)
    for separator in SEPARATORS:
        widths = _widths(text[:LOOKED_AT], separator)
        if not widths or widths[0] < 2:
            continue
        share = Counter(widths)[widths[0]] / len(widths)
        if (share, widths[0]) > best_score:
            best, best_score = separator, (share, widths[0])
    return best


def _widths(text: str, separator: str) -> list[int]:
    widths = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if any(row):
                widths.append(len(row))
            if len(widths) == 30:
                break
    except csv.Error:
        pass
    return widths


# ------------------------------------------------------------------------------------------------- spreadsheets


def _spreadsheet_rows(content: bytes) -> Iterator[list[str]]:
    # Loaded by the first spreadsheet: most days need none.
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(_bounded(content)))
        name = next((sheet.name for sheet in book.sheets_metadata if _is_sheet(sheet)), None)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False) if name is not None else []
    except FileRefused:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the reader's own language is no Exception
        raise FileRefused("broken_excel") from error
    return ([_cell_text(cell) for cell in row] for row in rows)


def _is_sheet(sheet: Any) -> bool:
    return "WorkSheet" in str(sheet.typ) and "Visible" in str(sheet.visible)


def _bounded(content: bytes) -> bytes:
    """Return the spreadsheet packed anew without compression: what it unpacks to was measured on the way.

    A small file may unpack to gigabytes, and a sheet of two cells may span a hundred thousand million.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = packed.infolist()
            names = {entry.filename for entry in entries}
            if not any(name.lower() == "xl/workbook.xml" for name in names):
                raise FileRefused("no_table")
            if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise FileRefused("too_large_inside")
            return _repacked(packed, entries)
    except FileRefused:
        raise
    except Exception as error:
        raise FileRefused("broken_excel") from error


def _repacked(packed: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bytes:
    result, left = io.BytesIO(), LARGEST_UNPACKED
    with zipfile.ZipFile(result, "w", zipfile.ZIP_STORED) as copy:
        for entry in entries:
            if not entry.filename.lower().endswith((".xml", ".rels")):
                continue
            with packed.open(entry) as part:
                text = part.read(left + 1)
            left -= len(text)
            if left < 0:
                raise FileRefused("too_large_inside")
            if SHEET.fullmatch(entry.filename):
                _check_span(text)
            copy.writestr(entry.filename, text)
    return result.getvalue()


def _check_span(sheet: bytes) -> None:
    right = down = 1
    for found in CELL_NAME.finditer(sheet):
        letters, digits = found.groups()
        right, down = max(right, _column_number(letters)), max(down, int(digits))
    if right > MOST_COLUMNS:
        raise FileRefused("too_wide", line=1, number=MOST_COLUMNS)
    if down > MOST_LINES + 1 or right * down > MOST_CELLS:
        raise FileRefused("too_long", line=MOST_LINES + 2, number=MOST_LINES)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cell_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)
