"""Whatever the bytes of a file are, it is a table or a sentence; dates, names and choices as files write them."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import datetime

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sets.registration.importing_columns import split_choices
from sets.registration.importing_dates import evidence, read_date
from sets.registration.importing_lines import split_name
from sets.registration.importing_reading import FileRefused, read_table
from sets.registration.importing_words import field_of_heading, plain

ANY_TIME = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


def refusal(content):
    with pytest.raises(FileRefused) as refused:
        read_table(content)
    return refused.value


def spreadsheet(*rows, **options):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False, **options}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return buffer.getvalue()


@ANY_TIME
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_table_or_refused(content):
    try:
        table = read_table(content)
    except FileRefused:
        return
    assert table.headings
    assert table.lines
    for _number, cells in table.lines:
        "".join(cells).encode()
        assert "\x00" not in "".join(cells)


@ANY_TIME
@given(
    st.text(alphabet="ab\",;\t\r\n\x00é€'= ", max_size=300),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-16-le"]),
)
def test_any_text_is_a_table_or_refused_in_any_encoding(text, encoding):
    with contextlib.suppress(FileRefused):
        assert read_table(text.encode(encoding)).headings


@ANY_TIME
@given(st.binary(max_size=400), st.integers(0, 5000))
def test_a_broken_spreadsheet_is_refused_and_nothing_worse(noise, at):
    content = spreadsheet(["Name", "E-mail"], ["Zoé", "zoe@example.org"])
    at %= len(content)
    with contextlib.suppress(FileRefused):
        read_table(content[:at] + noise + content[at + len(noise) :])


@ANY_TIME
@given(st.text(max_size=90))
def test_any_text_is_a_date_or_none(text):
    read_date(text)
    read_date(text, day_first=False)
    assert evidence(text) in ("day", "month", "either", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_usual_encoding_and_separator_is_told_by_the_content(encoding, separator):
    rows = [["Prénom", "Adresse, e-mail", "Notes"], ["Zoé", "zoe@example.org", "« deux\nlignes »; dont une"]]
    text = "\r\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    table = read_table(text.encode(encoding))
    assert table.headings == rows[0]
    assert table.lines == [(2, rows[1])]


def test_a_spreadsheet_gives_its_dates_numbers_and_texts_as_texts():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"default_date_format": "dd/mm/yy hh:mm"}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Date", "Day", "Number", "True", "Text"])
        page.write_datetime(1, 0, datetime(2025, 3, 3, 14, 5, 11))
        page.write_datetime(1, 1, datetime(2025, 3, 3))
        page.write_number(1, 2, 12)
        page.write_boolean(1, 3, True)
        page.write_string(1, 4, "=1+1")
    assert read_table(buffer.getvalue()).lines == [
        (2, ["2025-03-03 14:05:11", "2025-03-03", "12", "yes", "=1+1"])
    ]


def test_what_an_export_guarded_from_being_a_formula_is_a_text_again():
    assert read_table(b"Phone,Name\n'+33 6 12,'=1\n").lines == [(2, ["+33 6 12", "=1"])]


def test_files_that_are_no_table_are_refused_in_words():
    assert refusal(b"").reason == "empty"
    assert refusal(b"\x00\x00  \r\n").reason == "empty"
    assert refusal(b"Name,E-mail\r\n").reason == "only_headings"
    assert refusal(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n").reason == "no_table"
    assert refusal(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4).reason == "no_table"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100).reason == "old_excel"
    assert refusal(b"PK\x03\x04 nothing").reason == "broken_excel"
    assert refusal(b"a,b\n" + b"x,y\n" * 20_001).reason == "too_long"
    assert refusal((",".join("abcdefghij" * 11) + "\n1\n").encode()).reason == "too_wide"
    assert refusal(b"x" * (10 * 1024 * 1024 + 1)).reason == "too_large"


def test_a_quotation_mark_that_is_not_closed_is_said_with_its_line():
    found = refusal(b'Name,Note\r\nZoe,fine\r\nBruno,"never closed\r\nChiara,fine\r\n')
    assert (found.reason, found.line) == ("quotes", 3)


def test_a_small_file_that_unpacks_to_gigabytes_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (101 * 1024 * 1024))
    assert len(buffer.getvalue()) < 1024 * 1024
    assert refusal(buffer.getvalue()).reason == "too_large_inside"


def test_a_sheet_of_two_cells_that_spans_a_hundred_thousand_million_is_refused():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Name", "E-mail"])
        page.write_string(1_048_575, 16_383, "far away")
    assert refusal(buffer.getvalue()).reason in ("too_wide", "too_long")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Mar 3, 2025", "2025-03-03 00:00"), ("2025-03-03 14:05:11", "2025-03-03 14:05"),
        ("03/04/2025", "2025-04-03 00:00"), ("04/13/2025", "2025-04-13 00:00"), ("13.04.25", "2025-04-13 00:00"),
        ("3 mars 2025 à 14h05", "2025-03-03 14:05"), ("mar. 4 févr. 2025", "2025-02-04 00:00"),
        ("lunes, 3 de marzo de 2025", "2025-03-03 00:00"), ("3 marzo 2025 ore 9:30", "2025-03-03 09:30"),
        ("1er août 2025", "2025-08-01 00:00"), ("Mar 3, 2025 2:05 PM", "2025-03-03 14:05"),
        ("2025-03-03T14:05:11+02:00", "2025-03-03 14:05"), ("45719", "2025-03-03 00:00"),
        ("31/02/2025", None), ("soon", None), ("0", None), ("2025", None), ("12:30", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them_in_four_languages(text, read):
    found = read_date(text)
    assert (f"{found.moment:%Y-%m-%d %H:%M}" if found else None) == read


def test_names_in_one_cell_are_taken_apart():
    assert split_name("Zoé Lefèvre") == ("Zoé", "Lefèvre")
    assert split_name("LEFÈVRE Zoé") == ("Zoé", "LEFÈVRE")
    assert split_name("Lefèvre, Zoé") == ("Zoé", "Lefèvre")
    assert split_name("Íñigo de la Peña") == ("Íñigo", "de la Peña")
    assert split_name("Zoé") == ("", "Zoé")


def test_several_choices_of_one_cell_are_taken_apart_and_known_ones_keep_their_commas():
    known = {plain(one): "x" for one in ("Mail, files", "Video", "Web; site")}
    assert split_choices("Video\nMail, files", known) == ["Video", "Mail, files"]
    assert split_choices("Video, Mail, files, Fax", known) == ["Video", "Mail, files", "Fax"]
    assert split_choices("Fax, and other old things", known) == ["Fax, and other old things"]
    assert split_choices("Web; site", known) == ["Web; site"]
    assert split_choices("Video; Fax", known) == ["Video", "Fax"]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Submission Date", "submitted_at"), ("Prénom", "first_name"), ("NOM", "last_name"),
        ("Nom de votre structure", "organisation"), ("Correo electrónico", "email"), ("Indirizzo e-mail", "email"),
        ("Cognome", "last_name"), ("Apellidos", "last_name"), ("Paese", "country"), ("Lingua", "language"),
        ("Which training(s)?", "training"), ("Nom et prénom", "full_name"), ("Full Name", "full_name"),
        ("Statut", "status"), ("Fecha de envío", "submitted_at"), ("Remarques", ""),
    ],
)  # fmt: skip
def test_headings_in_four_languages_propose_what_a_column_is(heading, field):
    assert field_of_heading(heading)[0] == field
