"""The trainings' brochures: what stands in them, the file kept of each, its row and its name.

How a content becomes a PDF: `brochure_pdf`.
"""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog
from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from markdown_it import MarkdownIt
from sqlalchemy import bindparam, select

from ..clock import now
from ..database import after_commit, db, transaction
from ..languages import speaking
from ..statements import kept
from .brochure_pdf import BrochureIncomplete, BrochureRefused, content_hash, make_brochure
from .emblems import emblem
from .models import Brochure, BrochureTrouble, Training, TrainingState
from .showing import current_programme, read_version
from .versions import bump_catalogue_version

__all__ = [
    "BrochureIncomplete",
    "BrochureRefused",
    "brochure_content",
    "brochure_file",
    "brochure_filename",
    "brochure_path",
    "build_brochures",
    "make_brochure",
    "store_brochure",
]

log = structlog.get_logger()

GENERATED, UPLOADED = "generated", "uploaded"
SECTIONS = {"outcome": "paragraphs", "skills": "items", "programme": "items", "method": "paragraphs"}
LETTERS = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ł": "l"})


def build_brochures(programme: Any, *, again: bool = True) -> list[str]:
    """Make the brochures that are missing or no longer say what the texts say.

    Those that could not be made from the same texts are tried once more with `again` only. Returns a sentence for each
    one that could not be made; the others are made all the same.
    """
    refusals = []
    query = select(Training).where(Training.state != TrainingState.DRAFT).order_by(Training.position)
    wanted = [(training, language) for training in db.session.scalars(query) for language in training.texts]
    for training, language in wanted:
        if not again and _is_hopeless(training, language, programme):
            continue
        try:
            # The worker lives long: what a typesetter loads is not to stay in it.
            store_brochure(training, language, programme=programme, apart=not again)
        except BrochureRefused as refusal:
            refusals.append(f"{training.slug}, {language}: {refusal}")
            log.warning("brochure_refused", training=training.slug, language=language, reason=str(refusal))
    return refusals


def store_brochure(training: Training, language: str, *, programme: Any, apart: bool = False) -> Brochure:
    """Make one training's brochure if its content changed, and return its row. Call it outside any transaction.

    A file of the team's own is never replaced. Raises BrochureRefused.
    """
    key = (training.id, language)
    content = brochure_content(training, language, programme=programme)
    digest = content_hash(content)
    row = db.session.get(Brochure, key)
    if row and (row.source == UPLOADED or (row.content_hash == digest and brochure_path(row).is_file())):
        return row
    try:
        pdf = make_brochure(content, apart=apart)
    except BrochureRefused as refusal:
        _note_trouble(key, digest, str(refusal))
        raise
    path = Path("brochures") / f"{digest}.pdf"
    write_whole(Path(current_app.instance_path) / path, pdf)
    with transaction() as session:
        row = session.get(Brochure, key)
        if row and row.source == UPLOADED:
            return row
        if row is None:
            row = Brochure(training_id=key[0], language=language)
            session.add(row)
        elif row.path != str(path):
            after_commit(brochure_path(row).unlink)
        row.source, row.content_hash, row.path = GENERATED, digest, str(path)
        row.sha256, row.bytes, row.made_at = sha256(pdf).hexdigest(), len(pdf), now()
        _forget_trouble(session, key)
        bump_catalogue_version(session)
    return row


def make_due() -> int:
    """Make the brochures whose texts changed: the worker's step. Looks only where the catalogue's version is new."""
    version = read_version(db.engine)
    if current_app.extensions.get("brochures_looked_at") != version:
        build_brochures(current_programme(), again=False)
        # Those that were made changed the version: the next look finds nothing to do.
        current_app.extensions["brochures_looked_at"] = version
    return 0


def brochure_file(slug: str, language: str) -> Any:
    """Return the row of the brochure to serve, if its training is published and its file is there."""
    row = _published(slug=slug, language=language).first()
    return row if row and brochure_path(row).is_file() else None


@kept
def _published() -> Any:
    columns = (
        Brochure.training_id, Brochure.language, Brochure.source, Brochure.path, Brochure.sha256, Brochure.made_at,
    )  # fmt: skip
    return (
        select(*columns)
        .join(Training, Training.id == Brochure.training_id)
        .where(
            Training.slug == bindparam("slug"),
            Training.state == TrainingState.PUBLISHED,
            Brochure.language == bindparam("language"),
        )
    )


def brochure_path(brochure: Any) -> Path:
    """Return where the file lies."""
    return Path(current_app.instance_path) / brochure.path


def brochure_filename(programme: Any, training: Any, language: str) -> str:
    """Return a name that a person understands: SETS-brochure-1-economie-sociale-fr.pdf."""
    text = training.texts.get(language)
    title = _ascii(text.fields.get("short_title", "") if text else "").lower() or training.slug
    name = _ascii(programme.name) or "programme"
    return f"{name}-brochure-{training.position}-{title}-{language}.pdf"


def brochure_content(training: Training, language: str, *, programme: Any) -> dict[str, Any]:
    """Return everything that a brochure shows, as plain data, in its language."""
    text = training.texts.get(language)
    fields = text.fields if text else {}
    sections = fields.get("sections", {})
    drawn = emblem(training.position, training.slug)
    address = f"{current_app.config['BASE_URL']}/{language}/trainings/{training.slug}"
    host = address.partition("://")[2].partition("/")[0]
    with speaking(language):
        return {
            "language": language,
            "programme": {
                "name": programme.name,
                "operator": programme.operator,
                "contact_email": programme.contact_email,
                "funder": programme.funder,
            },
            "training": {
                "position": training.position,
                "emblem": {
                    "tone": drawn.tone,
                    "on_tone": drawn.on_tone,
                    "shapes": drawn.svg(ground=False),
                },
                **{key: fields.get(key) for key in ("title", "audience", "description", "intro")},
                **{
                    key: {
                        "heading": sections.get(key, {}).get("heading"),
                        kind: list(plain_texts(sections.get(key, {}).get("markdown", ""))),
                    }
                    for key, kind in SECTIONS.items()
                },
            },
            "facts": _facts(training, fields),
            "labels": _labels(programme),
            "site": {"url": address, "shown": [host, address.partition(host)[2]]},
            "colophon": list(_colophon(programme)),
        }


def plain_texts(markdown: str) -> Iterator[str]:
    """Yield the text of each paragraph and list item of a Markdown text, without its marks."""
    for token in MarkdownIt().parse(markdown):
        if token.type != "inline":
            continue
        words = "".join(
            " " if part.type in ("softbreak", "hardbreak") else part.content for part in token.children or ()
        )
        if words.strip():
            yield words.strip()


def _is_hopeless(training: Training, language: str, programme: Any) -> bool:
    trouble = db.session.get(BrochureTrouble, (training.id, language))
    if trouble is None:
        return False
    return trouble.content_hash == content_hash(brochure_content(training, language, programme=programme))


def _note_trouble(key: tuple[int, str], digest: str, sentence: str) -> None:
    with transaction() as session:
        row = session.get(BrochureTrouble, key)
        if row is None:
            row = BrochureTrouble(training_id=key[0], language=key[1])
            session.add(row)
        row.content_hash, row.sentence = digest, sentence


def _forget_trouble(session: Any, key: tuple[int, str]) -> None:
    if trouble := session.get(BrochureTrouble, key):
        session.delete(trouble)


def _facts(training: Training, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    hours = ngettext("%(num)s hour", "%(num)s hours", training.hours)
    return [
        {"label": _("Length"), "value": hours},
        {"label": _("Price"), "value": pgettext("price of a training", "Free")},
        {"label": _("Where"), "value": pgettext("place of a training", "Online")},
        {"label": pgettext("audience of a training", "For"), "value": fields.get("audience_short")},
    ]


def _labels(programme: Any) -> dict[str, str]:
    return {
        "tag": _("Free training, online"),
        "register": _("Register"),
        "register_text": _("On the %(name)s site, in a minute, without an account.", name=programme.name),
        "question": _("A question?"),
        "question_text": _("Write to us, a person will answer you."),
        "funded": _("Funded by the European Union"),
        "eu_emblem": _("Emblem of the European Union"),
    }


def _colophon(programme: Any) -> Iterator[str]:
    name = f"{programme.name}, {programme.full_name}" if programme.full_name else programme.name
    yield ". ".join(part for part in (name, programme.grant) if part) + "."
    if names := [partner.name for partner in programme.partners]:
        yield _("Partners: %(names)s.", names=", ".join(names))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".draft", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            os.chmod(draft.name, 0o644)
            os.replace(draft.name, path)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _ascii(words: str) -> str:
    """Return the words in plain letters and digits, joined by hyphens."""
    apart = re.sub(r"[\W_]+", "-", words.translate(LETTERS))
    letters = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode()
    return re.sub(r"-+", "-", letters).strip("-")
