"""The brochures of the programmes that exist, SETS and the tests' Academy: two pages each, in their language."""

from __future__ import annotations

import re
import tomllib
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from sets import languages
from sets.catalogue.brochures import brochure_content, brochure_filename, make_brochure
from sets.catalogue.models import Training, TrainingText

ROOT = Path(__file__).resolve().parents[2]
PROGRAMMES = (ROOT / "sets/catalogue/programmes/sets", ROOT / "tests/fixtures/academy")
TEXTS = [text for folder in PROGRAMMES for text in sorted(folder.glob("trainings/*/*.md"))]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = Flask(__name__, instance_path=str(tmp_path_factory.mktemp("instance")))
    made.config["BASE_URL"] = "https://trainings.example.org"
    languages.init_app(made)
    with made.app_context():
        yield made


def read(path: Path) -> tuple[SimpleNamespace, Training, str]:
    folder = path.parents[2]
    told = tomllib.loads((folder / "programme.toml").read_text())
    programme = SimpleNamespace(**told | {"partners": [SimpleNamespace(**one) for one in told["partners"]]})
    order = [one["slug"] for one in told["trainings"]]
    slug, language = path.parent.name, path.stem
    _, header, body = path.read_text().split("---\n", 2)
    fields: dict[str, Any] = dict(line.split(": ", 1) for line in header.strip().splitlines())
    parts = re.split(r"^## (.+) \{#(.+)\}$", body, flags=re.MULTILINE)[1:]
    fields["sections"] = {
        key: {"heading": heading, "markdown": text}
        for heading, key, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }
    position = order.index(slug) + 1
    training = Training(slug=slug, position=position, hours=told["trainings"][position - 1]["hours"])
    training.texts[language] = TrainingText(language=language, title=fields["title"], fields=fields)
    return programme, training, language


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_training_has_a_brochure_of_two_pages_in_its_language(site, path):
    programme, training, language = read(path)
    reader = PdfReader(BytesIO(make_brochure(brochure_content(training, language, programme=programme))))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert len(reader.pages) == 2
    assert reader.trailer["/Root"]["/Lang"] == language
    for section in training.texts[language].fields["sections"].values():
        assert " ".join(section["heading"].split()) in text
    assert all(partner.name in text for partner in programme.partners)


def test_another_programme_has_no_word_of_sets(site):
    for path in (text for text in TEXTS if "academy" in text.parts):
        programme, training, language = read(path)
        pdf = make_brochure(brochure_content(training, language, programme=programme))
        text = " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
        assert not re.search(r"\bSETS\b|Horizon", text)
        assert "SETS" not in brochure_filename(programme, training, language)


def test_every_programme_is_looked_at():
    assert {path.parents[2].name for path in TEXTS} == {"sets", "academy"}
    assert len(TEXTS) == 14
