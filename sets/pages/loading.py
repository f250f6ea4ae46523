"""Loading a catalogue folder and writing it back. Here, above the capabilities, since a folder fills two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..catalogue.brochures import build_brochures
from ..catalogue.declarations import write_programme, write_questions
from ..catalogue.reading import OURS, read_folder
from ..catalogue.showing import current_programme
from ..catalogue.storing import (
    PROGRAMME,
    read_setting,
    shown_trainings,
    store_folder,
    store_setting,
    written_texts,
)
from ..catalogue.versions import bump_catalogue_version
from ..database import transaction
from ..questionnaires.loading import store_questions, written_questions

# The comments that open the two TOML files, kept for the export.
OPENINGS = "catalogue_openings"
DECLARATIONS = ("programme.toml", "questions.toml")


@dataclass(frozen=True)
class Loaded:
    """What came of a load: whether rows changed, and a sentence for each brochure that could not be made."""

    changed: bool
    trainings: int
    refusals: list[str] = field(default_factory=list)


def load_catalogue(root: Path = OURS, *, replace: bool = False) -> Loaded:
    """Store what a folder says, all or nothing, then make its brochures. Raises CatalogueRefused.

    What the team edited since the last load is never silently overwritten: the load is refused, unless `replace`.
    Loading the same folder again changes nothing and leaves kept pages as they are.
    """
    folder = read_folder(root)
    openings = {name: _opening(root / name) for name in DECLARATIONS if (root / name).exists()}
    with transaction() as session:
        changed = store_folder(session, folder)
        changed |= store_questions(session, folder.questions, replace=replace)
        store_setting(session, OPENINGS, openings)
        if changed:
            bump_catalogue_version(session)
    return Loaded(changed, len(folder.trainings), build_brochures(current_programme()))


def export_catalogue(root: Path) -> list[str]:
    """Write the catalogue that is stored as a folder that can be loaded; return the files' paths.

    Raises FileExistsError when the folder holds other things already.
    """
    files = written_texts()
    openings = read_setting(OPENINGS) or {}
    trainings = [{"slug": training.slug, "hours": training.hours} for training in shown_trainings()]
    files["programme.toml"] = openings.get("programme.toml", "") + write_programme(
        read_setting(PROGRAMME) or {}, trainings
    )
    if questions := written_questions():
        files["questions.toml"] = openings.get("questions.toml", "") + write_questions(questions)
    strangers = [
        path for path in root.rglob("*") if path.is_file() and str(path.relative_to(root)) not in files
    ]
    if strangers:
        raise FileExistsError(f"{root} holds other files, such as {strangers[0].relative_to(root)}.")
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    return sorted(files)


def _opening(path: Path) -> str:
    lines = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)
