"""The lines of an import that have errors, as a spreadsheet to be corrected: each with its number and what is wrong."""

from __future__ import annotations

from pathlib import Path

from flask_babel import gettext as _

from ..spreadsheets import LONGEST_CELL, new_book
from .importing_columns import OWN_HEADINGS, own_headings
from .importing_listing import error_entries
from .importing_models import ImportRun
from .importing_sentences import entry_words
from .importing_words import plain


def write_errors(run: ImportRun, path: Path) -> int:
    """Write the file, in the language being spoken, and return how many lines it has.

    Its headings are the file's own behind two more, so that it can be imported again as it is.
    """
    book, head, quoted = new_book(path)
    page = book.add_worksheet(_("Lines with errors")[:31])
    page.freeze_panes(1, 2)
    page.set_column(1, 1, 60)
    kept = [index for index, heading in enumerate(run.headings) if plain(heading) not in own_headings()]
    for index, heading in enumerate(
        [*(str(words) for words in OWN_HEADINGS), *(run.headings[i] for i in kept)]
    ):
        page.write_string(0, index, heading[:LONGEST_CELL], head)
    row = 0
    for row, entry in enumerate(error_entries(run.id), 1):
        page.write_number(row, 0, entry.number)
        held = entry.line.cells or []
        cells = [" ".join(entry_words(entry, run)), *(held[i] if i < len(held) else "" for i in kept)]
        for index, cell in enumerate(cells, 1):
            if cell:
                page.write_string(row, index, cell[:LONGEST_CELL], quoted)
    book.close()
    return row
