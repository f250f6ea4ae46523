"""Brochures of the team's own: a PDF that is looked at, kept below instance/, taken, put aside, taken again."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from ..clock import now
from ..database import after_commit, db, transaction
from ..staff.activity import record_activity
from .brochure_pdf import content_hash, make_brochure
from .brochures import GENERATED, UPLOADED, brochure_content, brochure_path, write_whole
from .models import Brochure, BrochureUpload, Training
from .pdf_reading import read_pdf
from .versions import bump_catalogue_version

LARGEST = 10 * 1024 * 1024
# So many files of one brochure are kept to be taken again.
KEPT = 3


class UploadRefused(ValueError):  # noqa: N818  (a refusal)
    """A file cannot be a brochure. `reason`: "empty", "large", "language", or a fault that `pdf_reading` names."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def add_upload(
    training_id: int, language: str, content: bytes, *, filename: str, account_id: int | None
) -> None:
    """Look at a file, keep it and make it the brochure. Raises UploadRefused."""
    if not content:
        raise UploadRefused("empty")
    if len(content) > LARGEST:
        raise UploadRefused("large")
    digest = sha256(content).hexdigest()
    path = Path("brochures") / "own" / f"{digest}.pdf"
    whole = Path(current_app.instance_path) / path
    was_there = whole.exists()
    write_whole(whole, content)
    pages, faults = read_pdf(whole)
    if faults:
        if not was_there:
            whole.unlink(missing_ok=True)
        raise UploadRefused(faults[0])
    with transaction() as session:
        upload = BrochureUpload(
            training_id=training_id, language=language, filename=filename[:200] or "brochure.pdf",
            sha256=digest, bytes=len(content), pages=pages, path=str(path), uploaded_at=now(), account_id=account_id,
        )  # fmt: skip
        session.add(upload)
        session.flush()
        _take(upload)
        _forget_older(training_id, language)
        record_activity("brochure_uploaded", subject_type="trainings", subject_id=training_id)


def take_upload(training_id: int, upload_id: int) -> None:
    """Make a kept file the brochure again. Raises LookupError."""
    with transaction() as session:
        upload = session.get(BrochureUpload, upload_id)
        if upload is None or upload.training_id != training_id:
            raise LookupError(upload_id)
        _take(upload)
        record_activity("brochure_uploaded", subject_type="trainings", subject_id=training_id)


def take_generated(training_id: int, language: str, *, programme: Any) -> None:
    """Go back to the brochure that is made from the texts; the team's file is kept. Raises BrochureRefused."""
    training = db.session.get(Training, training_id)
    if training is None or language not in training.texts:
        raise LookupError(language)
    content = brochure_content(training, language, programme=programme)
    digest = content_hash(content)
    path = Path("brochures") / f"{digest}.pdf"
    # Made before anything is locked.
    pdf = make_brochure(content)
    write_whole(Path(current_app.instance_path) / path, pdf)
    with transaction():
        row = _row(training_id, language)
        row.source, row.content_hash, row.path = GENERATED, digest, str(path)
        row.sha256, row.bytes, row.made_at = sha256(pdf).hexdigest(), len(pdf), now()
        record_activity("brochure_generated", subject_type="trainings", subject_id=training_id)
        bump_catalogue_version(db.session)


def kept_uploads(training_id: int) -> list[BrochureUpload]:
    """Return the files of a training's brochures, the newest first."""
    query = select(BrochureUpload).where(BrochureUpload.training_id == training_id)
    return list(db.session.scalars(query.order_by(BrochureUpload.id.desc())))


def _take(upload: BrochureUpload) -> None:
    row = _row(upload.training_id, upload.language)
    if row.source == GENERATED and row.path:
        after_commit(brochure_path(row).unlink)
    row.source, row.content_hash, row.path = UPLOADED, upload.sha256, upload.path
    row.sha256, row.bytes, row.made_at = upload.sha256, upload.bytes, now()
    bump_catalogue_version(db.session)


def _row(training_id: int, language: str) -> Brochure:
    row = db.session.get(Brochure, (training_id, language), populate_existing=True)
    if row is None:
        row = Brochure(training_id=training_id, language=language, source=UPLOADED, path="")
        db.session.add(row)
    return row


def _forget_older(training_id: int, language: str) -> None:
    own = [one for one in kept_uploads(training_id) if one.language == language]
    for old in own[KEPT:]:
        db.session.delete(old)
    db.session.flush()
    for old in own[KEPT:]:
        used = select(BrochureUpload.id).where(BrochureUpload.path == old.path).limit(1)
        if db.session.scalar(used) is None:
            after_commit(brochure_path(old).unlink)
