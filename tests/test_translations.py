"""Every sentence of the interface is there in every language, complete and well set."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "en"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|<[^>]+>")
# Narrow or plain no-break space, as French wants before high punctuation; addresses and hours keep theirs bare.
FRENCH = re.compile(r"(?<![\u00a0\u202f:;?!])[;?!](?=\s|$|[»)])|(?<![\u00a0\u202f]):(?=\s|$)|« |\w »|«\w|\w»")
ENTITY = re.compile(r"&#?\w+;")
TYPEWRITER = re.compile(r"\w'\w|^'|\"|\.\.\.")
KEYWORDS = {
    "_": None, "_l": None, "gettext": None, "lazy_gettext": None, "N_": None, "_n": (1, 2), "ngettext": (1, 2),
    "lazy_ngettext": (1, 2), "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3), "lazy_pgettext": ((1, "c"), 2),
}  # fmt: skip


def languages() -> list[str]:
    """Return the languages that are translated into."""
    from sets.languages import LANGUAGES

    return [code for code in LANGUAGES if code != SOURCE]


every_language = pytest.mark.parametrize("language", languages())


@functools.cache
def used() -> dict[tuple, list[str]]:
    """Return what the source asks to translate, with where."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found: dict[tuple, list[str]] = {}
    for place, line, message, _comments, context in extract_from_dir(
        ROOT / "sets", method_map=methods, options_map=options, keywords=KEYWORDS
    ):
        key = (context, *(message if isinstance(message, tuple) else (message,)))
        found.setdefault(key, []).append(f"{place}:{line}")
    return found


@functools.cache
def catalogue(language: str) -> Catalog:
    """Return a language's file."""
    path = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
    assert path.exists(), f"there is no {path.relative_to(ROOT)}: make language L={language}"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def _key(message: Message) -> tuple:
    return (message.context, *(message.id if isinstance(message.id, (list, tuple)) else (message.id,)))


def _pairs(language: str):
    """Yield each message with its source forms and its translated forms."""
    for message in catalogue(language):
        if message.id:
            sources = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
            forms = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            yield message, list(sources), list(forms)


def test_the_source_has_sentences_to_translate():
    assert len(used()) > 100


@every_language
def test_nothing_is_missing(language):
    known = {_key(message) for message in catalogue(language) if message.id}
    assert [f"{places[0]}: {key[1]!r}" for key, places in used().items() if key not in known] == []


@every_language
def test_nothing_is_left_over(language):
    assert [
        _key(message)[1] for message in catalogue(language) if message.id and _key(message) not in used()
    ] == []
    assert list(catalogue(language).obsolete) == []


@every_language
def test_nothing_waits_for_a_second_look(language):
    assert [message.id for message in catalogue(language) if message.id and message.fuzzy] == []


@every_language
def test_every_form_is_filled(language):
    count = get_plural(language).num_plurals
    wrong = []
    for message, sources, forms in _pairs(language):
        expected = count if message.pluralizable else 1
        if len(forms) != expected or not all(forms):
            wrong.append(sources[0])
    assert wrong == []


@every_language
def test_placeholders_and_tags_are_those_of_the_source(language):
    wrong = []
    for message, sources, forms in _pairs(language):
        allowed = [sorted(PLACEHOLDER.findall(source)) for source in sources]
        for form in filter(None, forms):
            if sorted(PLACEHOLDER.findall(form)) not in allowed:
                wrong.append((message.id, form))
    assert wrong == []


@every_language
def test_edges_are_those_of_the_source(language):
    def edges(text):
        return (
            bool(re.match(r"\s", text)),
            bool(re.search(r"\s$", text)),
            text.rstrip().endswith((".", "…", "?", "!")),
        )

    wrong = [
        (sources[0], form)
        for _, sources, forms in _pairs(language)
        for form in filter(None, forms)
        if edges(form) not in [edges(source) for source in sources]
    ]
    assert wrong == []


@every_language
def test_quotes_and_apostrophes_are_typographic(language):
    bare = re.compile(r"<[^>]*>")
    wrong = [
        form
        for _, _, forms in _pairs(language)
        for form in filter(None, forms)
        if TYPEWRITER.search(bare.sub("", form))
    ]
    assert wrong == []


def test_source_sentences_are_typographic():
    wrong = [
        f"{places[0]}: {text}"
        for key, places in used().items()
        for text in key[1:]
        if TYPEWRITER.search(re.sub(r"<[^>]*>", "", text))
    ]
    assert wrong == []


def test_french_punctuation_has_no_break_spaces():
    wrong = [
        form
        for _, _, forms in _pairs("fr")
        for form in filter(None, forms)
        if FRENCH.search(ENTITY.sub("x", PLACEHOLDER.sub("x", form)))
    ]
    assert wrong == []


@pytest.mark.parametrize("text", ["Prêt ?", "Prêt?", "Note : oui", "Attention!", "« mot »", "Un ; deux"])
def test_the_rule_for_french_notices_a_plain_space(text):
    assert FRENCH.search(text)


@pytest.mark.parametrize(
    "text", ["Prêt\u202f?", "À 18:30", "Note\u00a0: oui", "«\u00a0mot\u00a0»", "https://exemple.org", "Fini."]
)
def test_the_rule_for_french_accepts_good_setting(text):
    assert not FRENCH.search(text)
