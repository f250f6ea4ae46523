"""Loading a catalogue folder and writing it back. Here, above the capabilities, since a folder fills two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from ..catalogue.brochures import build_brochures
from ..catalogue.declarations import write_programme, write_questions
from ..catalogue.models import LoadedFile
from ..catalogue.reading import OURS, CatalogueRefused, read_folder
from ..catalogue.showing import current_programme
from ..catalogue.storing import (
    PROGRAMME,
    declared_trainings,
    read_setting,
    shown_trainings,
    store_folder,
    store_setting,
    written_texts,
)
from ..catalogue.versions import bump_catalogue_version
from ..database import db, transaction
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
        before, loaded = _digests(), _loaded(session)
        changed = store_folder(session, folder)
        after = _digests()
        if not replace and (edited := list(_edited(before, after, loaded))):
            raise CatalogueRefused(edited)
        changed |= store_questions(session, folder.questions, replace=replace)
        store_setting(session, OPENINGS, openings)
        _remember(session, after)
        if changed:
            bump_catalogue_version(session)
    return Loaded(changed, len(folder.trainings), build_brochures(current_programme()))


def export_catalogue(root: Path) -> list[str]:
    """Write the catalogue that is stored as a folder that can be loaded; return the files' paths.

    Raises FileExistsError when the folder holds other things already.
    """
    files = written_texts()
    openings = read_setting(OPENINGS) or {}
    trainings = declared_trainings()
    files["programme.toml"] = openings.get("programme.toml", "") + write_programme(
        read_setting(PROGRAMME) or {}, trainings
    )
    slugs = {None, *(training["slug"] for training in trainings)}
    if questions := [entry for entry in written_questions() if entry.get("training") in slugs]:
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


def remember_loaded() -> None:
    """Note that the team has edited nothing yet, where an older version of the site loaded the catalogue."""
    if db.session.scalar(select(LoadedFile.path).limit(1)) is None and shown_trainings():
        with transaction() as session:
            _remember(session, _digests())


def _digests() -> dict[str, str]:
    """Return what the files of texts would say, in short; programme.toml without the comments that open it."""
    db.session.flush()
    files = written_texts(drafts=True)
    files["programme.toml"] = write_programme(read_setting(PROGRAMME) or {}, declared_trainings())
    return {path: sha256(text.encode()).hexdigest() for path, text in files.items()}


def _loaded(session: Any) -> dict[str, str]:
    return {row.path: row.digest for row in session.scalars(select(LoadedFile))}


def _edited(before: Mapping[str, str], after: Mapping[str, str], loaded: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each file that the team changed since it was loaded, and that would change again."""
    for path in sorted(before.keys() | loaded.keys()) if loaded else ():
        if before.get(path) != loaded.get(path) and before.get(path) != after.get(path):
            yield (
                f"{path}: the team changed this on the site since it was loaded. “catalogue export” writes their "
                "version; “catalogue load --replace” puts the folder in its place."
            )


def _remember(session: Any, digests: Mapping[str, str]) -> None:
    known = {row.path: row for row in session.scalars(select(LoadedFile))}
    for path, digest in digests.items():
        if path not in known:
            session.add(LoadedFile(path=path, digest=digest))
        elif known[path].digest != digest:
            known[path].digest = digest
    for path in known.keys() - digests.keys():
        session.delete(known[path])


def _opening(path: Path) -> str:
    lines = []
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "".join(lines)
