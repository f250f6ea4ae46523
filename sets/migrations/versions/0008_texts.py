"""Earlier versions of texts, brochures of the team's own, downloads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sets.database import JSONText, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = (
    "brochure_download",
    "brochure_trouble",
    "brochure_upload",
    "loaded_file",
    "text_step",
    "begun_text",
)


def upgrade() -> None:
    """Apply."""
    for table in ("training_text", "page_text"):
        op.add_column(table, sa.Column("translated_from", JSONText, nullable=True))
    op.create_table(
        "begun_text",
        _training("begun_text"),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("fields", JSONText, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("translated_from", JSONText, nullable=True),
        sa.PrimaryKeyConstraint("training_id", "language", name="pk_begun_text"),
    )
    op.create_table(
        "text_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("how", sa.String(12), nullable=False),
        _account("text_step"),
        sa.Column("languages", JSONText, nullable=False),
        sa.Column("content", JSONText, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_text_step"),
        sa.UniqueConstraint("kind", "key", "number", name="uq_text_step_kind_key_number"),
        sa.CheckConstraint("kind IN ('trainings','pages')", name=op.f("ck_text_step_kind_known")),
        sa.CheckConstraint("how IN ('written','loaded','brought_back')", name=op.f("ck_text_step_how_known")),
    )
    op.create_table(
        "loaded_file",
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("path", name="pk_loaded_file"),
    )
    op.create_table(
        "brochure_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        _training("brochure_upload"),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("uploaded_at", UTCDateTime(timezone=True), nullable=False),
        _account("brochure_upload"),
        sa.PrimaryKeyConstraint("id", name="pk_brochure_upload"),
    )
    op.create_index("ix_brochure_upload_training_id_language", "brochure_upload", ["training_id", "language"])
    op.create_table(
        "brochure_trouble",
        _training("brochure_trouble"),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("training_id", "language", name="pk_brochure_trouble"),
    )
    op.create_table(
        "brochure_download",
        _training("brochure_download"),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("training_id", "language", "day", name="pk_brochure_download"),
    )


def downgrade() -> None:
    """Take back."""
    for table in TABLES:
        op.drop_table(table)
    for table in ("page_text", "training_text"):
        op.drop_column(table, "translated_from")


def _training(table: str) -> sa.Column[int]:
    name = f"fk_{table}_training_id_training"
    key = sa.ForeignKey("training.id", name=name, ondelete="CASCADE")
    return sa.Column("training_id", sa.Integer(), key, nullable=False)


def _account(table: str) -> sa.Column[int]:
    key = sa.ForeignKey("account.id", name=f"fk_{table}_account_id_account", ondelete="SET NULL")
    return sa.Column("account_id", sa.Integer(), key, nullable=True)
