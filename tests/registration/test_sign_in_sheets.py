"""The sign-in sheet of a meeting: who is on it, in which language, as a PDF and as a spreadsheet."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from sets.registration import sign_in_sheets
from sets.registration.sign_in_sheets import EMPTY_LINES
from tests import factories
from tests.pages import submit, visit
from tests.staff.signing import sign_in


@pytest.fixture
def session(catalogue: Any, clock: Any) -> Any:
    """A French session in Athens with two meetings and three people, of whom one has no place."""
    of = factories.training()
    made = factories.training_session(
        of,
        starts=datetime(2026, 4, 7, 15, 0, tzinfo=UTC),
        meetings=2,
        time_zone="Europe/Athens",
        trainer="Ana Ruiz",
    )
    for last, first, status in (("Zola", "Émile", "confirmed"), ("Çelik", "Ayşe", "confirmed"),
                                ("Aalto", "Aino", "cancelled")):  # fmt: skip
        person = factories.learner(last_name=last, first_name=first, organisation="=HYPERLINK(1)")
        factories.registration(made, person, status=status)
    return made


def sheet_of(session: Any) -> sign_in_sheets.SignInSheet:
    meeting = sign_in_sheets.read_meeting(session.meetings[0].public_id)
    assert meeting is not None
    return sign_in_sheets.read_sheet(meeting)


def pages(content: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(content)).pages]


def test_who_has_a_place_stands_on_it_in_order_of_name(session):
    assert [row[:2] for row in sheet_of(session).rows] == [("Çelik", "Ayşe"), ("Zola", "Émile")]


def test_it_speaks_the_sessions_language_and_hours(session):
    sheet = sheet_of(session)
    when = sheet.when.replace("\xa0", " ").replace("\u202f", " ")
    assert when.startswith("mardi 7 avril 2026")
    assert "18 h" in when
    assert "heure d’Athènes" in sheet.when


def test_the_pdf_is_tagged_and_says_on_each_page_of_which_meeting_it_is(session, tmp_path):
    for number in range(40):
        factories.registration(session, factories.learner(last_name=f"Person {number:02}"))
    sheet = sheet_of(session)
    assert sign_in_sheets.write_pdf(sheet, tmp_path / "sheet.pdf") == 42
    content = (tmp_path / "sheet.pdf").read_bytes()
    root = PdfReader(BytesIO(content)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()
    shown = pages(content)
    assert len(shown) > 2
    for words in shown:
        assert "avril 2026" in words
        assert sheet.headings[-1] in words
    assert f"{42 + EMPTY_LINES}" in shown[-1]


def test_a_name_that_the_fonts_lack_is_printed_as_far_as_they_go(session, tmp_path):
    factories.registration(session, factories.learner(last_name="王小明", first_name="A😀b"))
    sign_in_sheets.write_pdf(sheet_of(session), tmp_path / "sheet.pdf")
    assert "A?b" in pages((tmp_path / "sheet.pdf").read_bytes())[0]


@pytest.mark.parametrize(
    "name",
    [
        "👩🏽‍🚀 Zoé",
        "🏽",
        "❤️‍🔥 A",
        "한국인",
        "\U000f0000",
        "".join(chr(0x4E00 + number) for number in range(60)),
    ],
)
def test_no_name_keeps_a_sheet_from_being_made(name, session, tmp_path):
    factories.registration(
        session, factories.learner(last_name=name, first_name="Мария", email="who.is@example.org")
    )
    sign_in_sheets.write_pdf(sheet_of(session), tmp_path / "sheet.pdf")
    words = pages((tmp_path / "sheet.pdf").read_bytes())[0]
    assert "Мария" in words
    # The person is found all the same, by the beginning of the address; who can be printed shows no address.
    assert "who.is@…" in words
    assert words.count("@") == 1


@pytest.mark.parametrize("name", ["Шевченко", "Παπαδοπούλου", "Nguyễn", "Țîrlea", "الفاسي", "כהן"])
def test_the_scripts_of_europe_and_its_neighbours_are_printed(name, session, tmp_path):
    factories.registration(session, factories.learner(last_name=name))
    sheet = sheet_of(session)
    sign_in_sheets.write_pdf(sheet, tmp_path / "sheet.pdf")
    words = pages((tmp_path / "sheet.pdf").read_bytes())[0]
    assert "?" not in words
    assert "@" not in words


def test_the_spreadsheet_has_room_to_sign_and_no_formula(session, tmp_path):
    sign_in_sheets.write_xlsx(sheet_of(session), tmp_path / "sheet.xlsx")
    rows = CalamineWorkbook.from_path(tmp_path / "sheet.xlsx").get_sheet_by_index(0).to_python()
    numbered = [row for row in rows if isinstance(row[0], float)]
    assert len(numbered) == 2 + EMPTY_LINES
    assert numbered[0][:4] == [1.0, "Çelik", "Ayşe", "=HYPERLINK(1)"]


def test_it_is_made_from_the_sessions_page(session, client):
    sign_in(client, "coordinator")
    page = visit(client, f"/staff/sessions/{session.public_id}")
    links = [link.get("href") or "" for link in page.all("a", text="Sign-in sheet")]
    assert len(links) == 2
    form = visit(client, links[1].partition("#")[0])
    assert form.value("sheet-meeting") == session.meetings[1].public_id
    made = submit(form, form="sheet-form")
    assert "2 people" in made.text
    answer = client.get(made.link("Download the file"))
    assert answer.mimetype == "application/pdf"
    assert "14 avril 2026" in pages(answer.data)[0].replace("\u202f", " ")


def test_a_session_without_meetings_offers_none(client, app):
    sign_in(client, "coordinator")
    assert "No meeting is planned." in visit(client, "/staff/exports/new").text


def test_long_names_and_organisations_stay_in_their_cell(session, tmp_path):
    factories.registration(
        session,
        factories.learner(
            last_name="Wolfeschlegelsteinhausen" * 3, first_name="Bo", organisation="Longue " * 28
        ),
    )
    sign_in_sheets.write_pdf(sheet_of(session), tmp_path / "sheet.pdf")
    words = pages((tmp_path / "sheet.pdf").read_bytes())[0]
    # Broken into lines, none longer than its column; and cut where it would fill the page.
    assert "Wolfeschlegelsteinhausen" * 2 not in words
    assert words.count("Longue") < 15
