"""Rows of the exports: CSV and spreadsheet of 100,000 registrations, against plain sqlite3, csv and xlsxwriter."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from .measuring import Growth, Line, in_fresh_process, in_turns, seconds
from .sites import filled_site

ZONE = "Europe/Paris"


def measure(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Yield the lines of both formats."""
    count, rounds = (10_000, 3) if quick else (100_000, 5)
    instance = filled_site(folder, count)
    cells = folder / f"cells-{count}.db"
    keep_cells(instance, cells)
    for kind, bar, most in (("csv", 3.0, 40.0), ("xlsx", 1.7, 60.0)):
        growths: list[float] = []

        def ours(kind: str = kind, growths: list[float] = growths) -> float:
            took, growth = in_fresh_process(export, instance, kind, folder / f"ours.{kind}")
            growths.append(growth)
            return took

        def floor(kind: str = kind) -> float:
            return in_fresh_process(FLOORS[kind], cells, folder / f"floor.{kind}")

        mine, other, ratio = in_turns(ours, floor, rounds)
        yield Line(f"{kind} of {count:,}", mine, "s", bar, floor=other, ratio=ratio)
        yield Line(f"{kind} of {count:,}: memory growth", max(growths), "MiB", most)


def site_at(instance: Path) -> Any:
    """Return the site of an instance folder."""
    from sets import create_app

    return create_app(
        {"SETS_ENV": "local", "SETS_INSTANCE_PATH": str(instance), "SETS_RATELIMIT_ENABLED": "false"}
    )


def export(instance: Path, kind: str, path: Path) -> tuple[float, float]:
    """Export everything to a file; return the seconds and the growth of memory in MiB."""
    from sets.languages import speaking
    from sets.registration import export, export_files
    from sets.registration.listing import Filter

    with site_at(instance).app_context(), speaking("fr"):
        for wanted in (
            Filter(q="Amina.1@example.org"),
            Filter(),
        ):  # a small one first: all code is there then
            growth, begun = Growth(), seconds()
            sheet = export.prepare(wanted, ZONE)
            if kind == "csv":
                with path.open("wb") as file:
                    for piece in export_files.csv_lines(sheet):
                        file.write(piece)
            else:
                export_files.write_xlsx(sheet, path)
            took = seconds() - begun
    return took, growth.so_far()


def keep_cells(instance: Path, cells: Path) -> None:
    """Store the finished cells of the export, for the floors to read: one plain table."""
    from sets.languages import speaking
    from sets.registration import export
    from sets.registration.listing import Filter

    cells.unlink(missing_ok=True)
    with site_at(instance).app_context(), speaking("fr"):
        sheet = export.prepare(Filter(), ZONE)
        with sqlite3.connect(cells) as connection:
            connection.execute(f"CREATE TABLE cell ({', '.join(f'c{n}' for n in range(len(sheet.keys)))})")
            marks = ", ".join("?" * len(sheet.keys))
            for batch in sheet.batches:
                rows = zip(*batch, strict=True)
                texts = ([str(cell) if isinstance(cell, datetime) else cell for cell in row] for row in rows)
                connection.executemany(f"INSERT INTO cell VALUES ({marks})", texts)
        connection.close()


def write_csv(cells: Path, path: Path) -> float:
    """The floor: sqlite3 and csv, the same bytes."""
    begun = seconds()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerows(sqlite3.connect(cells).execute("SELECT * FROM cell"))
    return seconds() - begun


def write_xlsx(cells: Path, path: Path) -> float:
    """The floor: xlsxwriter, the same cells."""
    import xlsxwriter

    begun = seconds()
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    page = book.add_worksheet()
    moments = {0, 3, 5}
    for number, row in enumerate(sqlite3.connect(cells).execute("SELECT * FROM cell")):
        for index, cell in enumerate(row):
            if index in moments:
                page.write_datetime(number, index, datetime.fromisoformat(cell), moment)
            elif cell:
                page.write_string(number, index, cell)
    book.close()
    return seconds() - begun


FLOORS = {"csv": write_csv, "xlsx": write_xlsx}
