"""Names tell where things are: a capability is found under one name in sets/, templates, static files and tests."""

from __future__ import annotations

import re
from pathlib import Path

from tests.source import CAPABILITIES
from tests.source_rules import FORBIDDEN

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "sets" / "templates"
STATIC = ROOT / "sets" / "static"
SHARED_TEMPLATES = {"layouts", "macros", "mail", "errors"}
MAIL_PARTS = {"subject.txt", "body.txt", "body.html"}
SHARED_TESTS = {"checks", "fixtures", "journeys", "races"}


def folders(path: Path) -> set[str]:
    """Return the names of the folders in `path`."""
    return {
        entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(("_", "."))
    }


def test_templates_lie_under_the_name_of_their_capability():
    assert folders(TEMPLATES) - SHARED_TEMPLATES - CAPABILITIES - {"security"} == set()


def test_tests_lie_under_the_name_of_their_capability():
    assert folders(ROOT / "tests") - SHARED_TESTS - CAPABILITIES == set()


def test_a_mail_is_a_folder_of_three_parts():
    incomplete = {}
    for kind in folders(TEMPLATES / "mail") if (TEMPLATES / "mail").exists() else ():
        if missing := MAIL_PARTS - {path.name for path in (TEMPLATES / "mail" / kind).iterdir()}:
            incomplete[kind] = missing
    assert incomplete == {}


def test_files_are_named_in_lower_case():
    wrong = [
        path.relative_to(ROOT).as_posix()
        for folder in (TEMPLATES, STATIC, ROOT / "sets", ROOT / "tests")
        for path in folder.rglob("*")
        if path.is_file()
        and not {"node_modules", "__pycache__", "programmes", "fixtures"} & set(path.parts)
        and not re.fullmatch(r"[a-z0-9_.-]+|__init__\.py|\.npmrc", path.name)
    ]
    assert wrong == []


def test_no_file_has_a_name_that_fits_anything():
    wrong = [
        path.relative_to(ROOT).as_posix()
        for folder in (TEMPLATES, STATIC / "js", ROOT / "tests")
        for path in folder.rglob("*")
        if "node_modules" not in path.parts and re.sub(r"^(test_|\d+-|_)", "", path.stem) in FORBIDDEN
    ]
    assert wrong == []


def test_tests_have_names_that_are_sentences():
    wrong = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"(?m)^\s*def (test_\w+)", path.read_text("utf-8")):
            if name.count("_") < 3:
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert wrong == []


def test_nothing_names_this_machine():
    private = re.compile(r"/(?:root|work|home/\w+)/[\w.]|\.library\b")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [
            *ROOT.glob("*"),
            *(p for name in ("sets", "tests", "docs", "bench", ".ci") for p in (ROOT / name).rglob("*")),
        ]
        if path.is_file()
        and not {"node_modules", "__pycache__"} & set(path.parts)
        and path.name != "test_naming.py"
        for number, line in enumerate(path.read_text("utf-8", "ignore").splitlines(), 1)
        if private.search(line)
    ]
    assert wrong == []
