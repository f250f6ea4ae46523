"""The documentation keeps up: every setting, every command, every link, every requirement."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from sets import config, create_app

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = ROOT / "docs" / "operations.md"
# Groups that libraries bring; theirs is the documentation.
FOREIGN = {"run", "shell", "routes", "users", "roles"}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)\s#]+)")


def names(requirements: str) -> set[str]:
    """Return the packages that a list names, spelt one way."""
    found = re.findall(r"(?m)^([A-Za-z0-9][\w.-]*)", requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def commands(group: click.Group, before: str = ""):
    """Yield every command as one types it after `flask --app wsgi`."""
    for name, command in group.commands.items():
        if not before and name in FOREIGN:
            continue
        words = f"{before} {name}".strip()
        if isinstance(command, click.Group):
            yield from [words] if name == "db" else commands(command, words)
        else:
            yield words


def test_every_setting_is_explained():
    text = OPERATIONS.read_text("utf-8")
    assert [s.variable for s in config.SETTINGS if not re.search(rf"\b{s.variable}\b", text)] == []


def test_no_setting_is_explained_that_is_gone():
    known = {setting.variable for setting in config.SETTINGS}
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        assert {name for name in re.findall(r"\bSETS_[A-Z_]+\b", text) if name not in known} == set(), (
            document.name
        )


def test_every_command_is_explained(tmp_path):
    app = create_app({"SETS_ENV": "local", "SETS_INSTANCE_PATH": str(tmp_path)})
    found = sorted(commands(app.cli))
    assert "catalogue load" in found
    text = OPERATIONS.read_text("utf-8")
    assert [name for name in found if not re.search(rf"flask --app wsgi {name}\b", text)] == []


def test_the_readme_gives_the_two_commands():
    text = (ROOT / "README.md").read_text("utf-8")
    assert "make run" in text
    assert "make test" in text


def test_every_task_of_the_makefile_says_what_it_does():
    text = (ROOT / "Makefile").read_text("utf-8")
    declared = set(re.search(r"\.PHONY: (.*)", text)[1].split())
    assert declared == set(re.findall(r"(?m)^([a-z]+):.*## \w", text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    targets = LINK.findall(document.read_text("utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_asked_for_is_locked_with_hashes(name):
    wanted, locked = (ROOT / f"{name}.in").read_text("utf-8"), (ROOT / f"{name}.txt").read_text("utf-8")
    assert names(wanted) - names(locked) == set()
    pinned = [line for line in locked.splitlines() if re.match(r"\w", line)]
    assert [line for line in pinned if not re.fullmatch(r"[\w.\[\],-]+==[^ ]+( ;.*)? \\", line)] == []
    assert "://" not in locked
