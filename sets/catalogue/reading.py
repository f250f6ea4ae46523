"""A catalogue folder, read whole before anything is stored: every incomplete or unknown thing, with file and line.

The folder's form is in docs/operations.md. The questions of the form are read here too, as plain data, since a folder
is accepted or refused as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..languages import LANGUAGES
from .declarations import Declaration, read_programme, read_questions
from .texts import Problem, Text, read_text

PROGRAMMES = Path(__file__).resolve().parent / "programmes"
GENERAL = PROGRAMMES / "general"
OURS = PROGRAMMES / "sets"

TRAINING_FIELDS = ("title", "short_title", "audience", "audience_short", "description", "lead", "intro")
TRAINING_SECTIONS = ("outcome", "skills", "programme", "method")
LISTS = ("skills", "programme")
PAGE_FIELDS = ("title", "description", "lead")
PAGES = {
    "home": ("how-lessons", "how-live", "how-practice", "why"),
    "about": (),
    "contact": (),
    "privacy": (),
    "legal": (),
    "accessibility": (),
}
OWN_PAGES = ("home", "about", "contact")
# Search engines cut longer descriptions, and shorter ones say too little.
DESCRIPTION = range(50, 171)


class CatalogueRefused(ValueError):  # noqa: N818  (a refusal)
    """The folder cannot be loaded: `sentences` say what is wrong where."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass
class Folder:
    """A catalogue as its files say it. Texts by slug or page key, then by language.

    `general` pages are those of the package.
    """

    programme: dict[str, Any] = field(default_factory=dict)
    trainings: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, dict[str, Text]] = field(default_factory=dict)
    pages: dict[str, dict[str, Text]] = field(default_factory=dict)
    general: dict[str, dict[str, Text]] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)


class _Reader:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.sentences: list[str] = []

    def refuse(self, path: Path, problem: Problem) -> None:
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else path.name
        where = f"{name}, line {problem.line}" if problem.line else str(name)
        self.sentences.append(f"{where}: {problem.sentence}.")

    def source(self, path: Path) -> str | None:
        try:
            return path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            self.refuse(path, Problem(0, "the file is missing"))
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.refuse(path, Problem(line, "the file is not written in UTF-8"))
        except OSError as error:
            self.refuse(path, Problem(0, f"the file cannot be read ({error.strerror})"))
        return None

    def declared(self, name: str, read: Any, *arguments: Any) -> Any:
        source = self.source(self.root / name)
        if source is None:
            return None
        declaration: Declaration = read(source, *arguments)
        for problem in declaration.problems:
            self.refuse(self.root / name, problem)
        return declaration.content

    def texts(self, folder: Path, languages: list[str], fields: tuple[str, ...], sections: tuple[str, ...], *,
              exactly: bool) -> dict[str, Text]:  # fmt: skip
        """Return the texts of a folder, one per language."""
        found = {}
        for path in _files(folder):
            if path.is_dir() or path.suffix != ".md" or path.stem not in languages:
                known = ", ".join(f"{code}.md" for code in languages)
                self.refuse(path, Problem(0, f"this is not expected here; the files are {known}"))
        for code in languages:
            source = self.source(folder / f"{code}.md")
            if source is None:
                continue
            text, problems = read_text(source)
            if text.fields:
                problems.extend(_missing(text, fields, sections, exactly=exactly))
            for problem in sorted(problems, key=lambda problem: problem.line):
                self.refuse(folder / f"{code}.md", problem)
            found[code] = text
        return found


def read_folder(root: Path) -> Folder:
    """Return the catalogue of a folder, the package's general pages filled in. Raises CatalogueRefused."""
    reader, folder = _Reader(root), Folder()
    if not root.is_dir():
        raise CatalogueRefused([f"{root} is not a folder."])
    declared = reader.declared("programme.toml", read_programme)
    if declared is None or reader.sentences:
        raise CatalogueRefused(reader.sentences)
    folder.programme, folder.trainings = declared
    languages = folder.programme["languages"]
    slugs = [training["slug"] for training in folder.trainings]
    for training in folder.trainings:
        own = training.get("texts_in", languages)
        folder.texts[training["slug"]] = reader.texts(
            root / "trainings" / training["slug"], own, TRAINING_FIELDS, TRAINING_SECTIONS, exactly=True
        )
    _read_pages(reader, folder, languages)
    if (root / "questions.toml").exists():
        folder.questions = reader.declared("questions.toml", read_questions, languages, slugs) or []
    _refuse_strangers(reader, slugs)
    if reader.sentences:
        raise CatalogueRefused(reader.sentences)
    return folder


def _read_pages(reader: _Reader, folder: Folder, languages: list[str]) -> None:
    for key, sections in PAGES.items():
        own = reader.root / "pages" / key
        if own.exists() or key in OWN_PAGES:
            # A page that the team made its own of a general one is there in every language of the interface.
            more = [code for code in LANGUAGES if code not in languages and (own / f"{code}.md").exists()]
            written = [*languages, *(more if key not in OWN_PAGES else [])]
            folder.pages[key] = reader.texts(own, written, PAGE_FIELDS, sections, exactly=key == "home")
        else:
            # In every language of the interface: a reader's rights do not wait for the programme's translations.
            folder.general[key] = reader.texts(
                GENERAL / "pages" / key, list(LANGUAGES), PAGE_FIELDS, (), exactly=False
            )


def _refuse_strangers(reader: _Reader, slugs: list[str]) -> None:
    expected = {
        reader.root: {"programme.toml", "questions.toml", "trainings", "pages", "README.md"},
        reader.root / "trainings": set(slugs),
        reader.root / "pages": set(PAGES),
    }
    for folder, names in expected.items():
        for path in _files(folder):
            if path.name not in names:
                reader.refuse(
                    path, Problem(0, "this is not expected here; there may be " + ", ".join(sorted(names)))
                )


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if not path.name.startswith("."))


def _missing(
    text: Text, fields: tuple[str, ...], sections: tuple[str, ...], *, exactly: bool
) -> Iterator[Problem]:
    for name in fields:
        if name not in text.fields:
            yield Problem(1, f"the field “{name}” is missing")
    for name in text.fields:
        if name not in fields:
            yield Problem(
                text.lines[name], f"the field “{name}” is unknown; the fields are {', '.join(fields)}"
            )
    for key in sections:
        if key not in text.sections:
            yield Problem(0, f"the section “{key}” is missing")
    for key, section in text.sections.items():
        if exactly and key not in sections:
            yield Problem(
                text.lines[f"#{key}"],
                f"the section “{key}” is unknown; the sections are {', '.join(sections)}",
            )
        if exactly and key in LISTS and not section["markdown"].startswith("- "):
            yield Problem(
                text.lines[f"#{key}"], f"the section “{key}” is not a list; begin each line with “- ”"
            )
    if not exactly and not text.sections:
        yield Problem(0, "there is no section")
    length = len(text.fields.get("description", ""))
    if length and length not in DESCRIPTION:
        yield Problem(
            text.lines["description"],
            f"the description has {length} characters; it takes {DESCRIPTION.start} to {DESCRIPTION.stop - 1}",
        )
