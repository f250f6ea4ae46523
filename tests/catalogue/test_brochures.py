"""Brochures as PDFs: their pages, tags, words and bytes; and as rows: made once, renewed, never over the team's own."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, current_app
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from sets import languages
from sets.catalogue.brochures import (
    BrochureIncomplete,
    BrochureRefused,
    brochure_content,
    brochure_file,
    brochure_filename,
    brochure_path,
    build_brochures,
    make_brochure,
    plain_texts,
    store_brochure,
)
from sets.catalogue.emblems import emblem
from sets.catalogue.models import Brochure, Training, TrainingText
from sets.clock import now
from sets.database import db, transaction
from sets.installation import Installation

PROGRAMME = SimpleNamespace(
    name="Élan",
    full_name="A programme of tests",
    operator="The Operator",
    contact_email="hello@example.org",
    funder="eu",
    grant="Grant 42",
    partners=[SimpleNamespace(name="First Partner"), SimpleNamespace(name="Second Partner")],
)
FIELDS = {
    "title": "Reading the sea",
    "short_title": "Œuvres & forêts d’été",
    "audience": "For people who sail.",
    "audience_short": "Sailors",
    "description": "A free course about the sea.",
    "intro": "The sea is large. This course makes it smaller.",
    "sections": {
        "outcome": {"heading": "What you will do", "markdown": "You will read *tides*.\n\nAnd the wind."},
        "skills": {"heading": "You will be able to", "markdown": "- read a chart\n- tie a knot"},
        "programme": {"heading": "The programme", "markdown": "- Tides\n- Winds\n- Currents"},
        "method": {"heading": "How you work", "markdown": "You work in pairs."},
    },
}


def training(**changes: Any) -> Training:
    found = Training(slug="sea", position=1, hours=6, state="published")
    found.texts["en"] = TrainingText(language="en", title=FIELDS["title"], fields=deepcopy(FIELDS) | changes)
    return found


@pytest.fixture
def stored(app: Flask) -> Training:
    with transaction() as session:
        session.add(made := training())
    return made


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = Flask(__name__, instance_path=str(tmp_path_factory.mktemp("instance")))
    site.config["BASE_URL"] = "https://sea.example.org"
    languages.init_app(site)
    with site.app_context():
        return brochure_content(training(), "en", programme=PROGRAMME)


def changed(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    copy = deepcopy(content)
    copy["training"] |= changes
    return copy


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def words(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def tags(pdf: bytes) -> list[str]:
    found = []

    def walk(node: Any) -> None:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for part in node:
                walk(part)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(node["/S"].removeprefix("/"))
            walk(node.get("/K"))

    walk(read(pdf).trailer["/Root"]["/StructTreeRoot"])
    return found


def test_a_brochure_has_two_a4_pages(content):
    pages = read(make_brochure(content)).pages
    assert [(round(page.mediabox.width), round(page.mediabox.height)) for page in pages] == [(595, 842)] * 2


def test_a_brochure_is_tagged_and_says_its_language_title_and_author(content):
    reader = read(make_brochure(content | {"language": "it"}))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "it"
    assert reader.metadata.title == "Reading the sea – Élan"
    assert reader.metadata.author == "The Operator"
    assert b"pdfuaid:part" in root["/Metadata"].get_object().get_data()


def test_headings_lists_links_and_the_eu_emblem_are_told_to_screen_readers(content):
    found = tags(make_brochure(content))
    assert found.count("H1") == 1
    assert found.count("H2") == 6
    assert found.count("L") == 2
    assert found.count("LI") == 5
    assert found.count("Link") == 2
    assert found.count("Figure") == 1
    assert found.index("H1") < found.index("Table") < found.index("H2")


def test_the_words_come_in_the_order_in_which_one_reads(content):
    said = words(make_brochure(content))
    order = [
        "Reading the sea", "For people who sail.", "The sea is large.", "6 hours", "Sailors", "The programme",
        "Currents", "How you work", "in pairs", "What you will do", "You will read tides.", "You will be able to",
        "tie a knot", "Register", "sea.example.org", "hello@example.org", "Funded by the European Union",
        "Grant 42", "Second Partner",
    ]  # fmt: skip
    places = [said.index(part) for part in order]
    assert places == sorted(places)


def test_links_lead_to_the_training_and_to_the_mailbox(content):
    notes = [note.get_object() for note in read(make_brochure(content)).pages[1]["/Annots"]]
    assert {note["/A"]["/URI"] for note in notes} == {
        "https://sea.example.org/en/trainings/sea",
        "mailto:hello@example.org",
    }


@pytest.mark.parametrize(
    "text", ["#panic() $x^2$ *b* _i_", "<b>bold</b> \"q\" 's' \\n", "= not a heading @ref // no"]
)
def test_markup_in_a_text_stays_text(content, text):
    wild = changed(content, title=text, intro=text, audience=text)
    wild["training"]["programme"]["items"] = [text]
    wild["programme"]["name"] = text
    pdf = make_brochure(wild)
    assert words(pdf).count(" ".join(text.split())) >= 4
    assert tags(pdf).count("H1") == 1


def test_control_characters_and_half_characters_do_no_harm(content):
    assert "Sea and sky" in words(make_brochure(changed(content, title="Sea\x00and\u2028sky\ud800")))


def test_the_same_content_gives_the_same_bytes(content):
    assert make_brochure(content) == make_brochure(deepcopy(content))
    assert make_brochure(content) != make_brochure(changed(content, title="Reading the land"))


@pytest.mark.parametrize("position", [1, 2, 3, 4, 12])
def test_any_position_gets_an_emblem_and_its_number(content, position):
    drawn = emblem(position, "sea")
    shown = {"tone": drawn.tone, "on_tone": drawn.on_tone, "shapes": drawn.svg(ground=False)}
    pdf = make_brochure(changed(content, position=position, emblem=shown))
    assert len(read(pdf).pages) == 2
    assert str(position) in read(pdf).pages[0].extract_text().split()


def test_a_very_long_title_and_long_lists_keep_to_two_pages(content):
    full = changed(content, title="A long way to say something simple, " * 7)
    full["training"]["programme"]["items"] = [
        "An item that takes more than one line of the column, surely"
    ] * 9
    full["training"]["skills"]["items"] = ["Another such item, which takes more than one line as well"] * 7
    assert len(read(make_brochure(full)).pages) == 2


def test_what_is_too_much_for_two_pages_flows_on_and_loses_nothing(content):
    endless = deepcopy(content)
    endless["training"]["programme"]["items"] = [f"Item number {number} of many" for number in range(80)]
    said = words(make_brochure(endless))
    assert "Item number 79 of many" in said
    assert said.index("Item number 79") < said.index("Funded by")


def test_without_a_funder_there_is_no_eu_emblem(content):
    free = deepcopy(content)
    free["programme"]["funder"] = ""
    pdf = make_brochure(free)
    assert "Figure" not in tags(pdf)
    assert "European Union" not in words(pdf)


def test_missing_texts_are_named(content):
    poor = changed(content, title=" ", method={"heading": "How", "paragraphs": []})
    del poor["labels"]["register"]
    with pytest.raises(BrochureIncomplete) as refusal:
        make_brochure(poor)
    assert refusal.value.missing == ["training.title", "training.method.paragraphs", "labels.register"]
    assert "training.method.paragraphs" in str(refusal.value)


def test_a_character_that_no_font_has_is_named(content):
    with pytest.raises(BrochureRefused, match="😀"):
        make_brochure(changed(content, intro="Hello 😀"))


def test_markdown_becomes_plain_paragraphs_and_items():
    assert list(plain_texts("One *two*\nthree.\n\nFour [five](https://example.org).")) == [
        "One two three.",
        "Four five.",
    ]
    assert list(plain_texts("- a **b**\n- `c`\n")) == ["a b", "c"]


def test_the_file_name_says_programme_number_subject_and_language():
    assert brochure_filename(PROGRAMME, training(), "en") == "Elan-brochure-1-oeuvres-forets-d-ete-en.pdf"
    assert brochure_filename(PROGRAMME, training(short_title="日本"), "en") == "Elan-brochure-1-sea-en.pdf"


def test_a_stored_brochure_is_a_file_and_a_row_that_agree(stored):
    row = store_brochure(stored, "en", programme=PROGRAMME)
    path = brochure_path(row)
    assert path.read_bytes().startswith(b"%PDF")
    assert (row.source, row.bytes, row.path) == (
        "generated",
        path.stat().st_size,
        f"brochures/{row.content_hash}.pdf",
    )
    assert brochure_file("sea", "en").path == row.path
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_brochure_is_made_again_only_when_its_content_changed(stored, clock):
    first = store_brochure(stored, "en", programme=PROGRAMME)
    path, made_at = brochure_path(first), first.made_at
    clock.shift(60)
    assert store_brochure(stored, "en", programme=PROGRAMME).made_at == made_at

    with transaction():
        stored.texts["en"].fields = stored.texts["en"].fields | {"title": "Reading the sky"}
    renewed = store_brochure(stored, "en", programme=PROGRAMME)
    assert renewed.made_at > made_at
    assert "Reading the sky" in words(brochure_path(renewed).read_bytes())
    assert not path.exists()


def test_a_lost_file_is_not_served_and_is_made_again(stored):
    brochure_path(store_brochure(stored, "en", programme=PROGRAMME)).unlink()
    assert brochure_file("sea", "en") is None
    assert build_brochures(PROGRAMME) == []
    assert brochure_file("sea", "en") is not None


def test_a_new_brochure_makes_kept_pages_old(stored):
    before = db.session.get(Installation, 1).catalogue_version
    store_brochure(stored, "en", programme=PROGRAMME)
    store_brochure(stored, "en", programme=PROGRAMME)
    assert db.session.get(Installation, 1).catalogue_version == before + 1


def test_a_file_of_the_teams_own_is_never_replaced(stored):
    with transaction() as session:
        session.add(Brochure(training_id=stored.id, language="en", source="uploaded", content_hash="", sha256="0" * 64,
                             bytes=3, path="brochures/own.pdf", made_at=now()))  # fmt: skip
    assert build_brochures(PROGRAMME) == []
    assert db.session.get(Brochure, (stored.id, "en")).path == "brochures/own.pdf"


def test_a_draft_training_has_no_brochure(stored):
    store_brochure(stored, "en", programme=PROGRAMME)
    with transaction():
        stored.state = "draft"
    assert brochure_file("sea", "en") is None


def test_one_brochure_that_cannot_be_made_does_not_stop_the_others(stored):
    with transaction():
        poor = deepcopy(FIELDS)
        del poor["sections"]["method"]
        stored.texts["fr"] = TrainingText(language="fr", title="Lire la mer", fields=poor)
    refusals = build_brochures(PROGRAMME)
    assert len(refusals) == 1
    assert "sea, fr" in refusals[0]
    assert "training.method.heading" in refusals[0]
    assert brochure_file("sea", "en") is not None


def test_the_folder_holds_no_half_written_file(stored, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        store_brochure(stored, "en", programme=PROGRAMME)
    assert list((Path(current_app.instance_path) / "brochures").iterdir()) == []
    assert db.session.get(Brochure, (stored.id, "en")) is None


def test_a_brochure_made_in_a_process_of_its_own_is_the_same_and_refuses_alike(content):
    assert make_brochure(content, apart=True) == make_brochure(content)
    content["training"]["title"] = "Bonjour \U00012000"
    with pytest.raises(BrochureRefused, match="no character"):
        make_brochure(content, apart=True)
