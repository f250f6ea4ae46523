"""Figures that are kept for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOVED = sa.text("moved_to_id IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    # Nothing ever wrote to the first one.
    op.drop_table("frozen_count")
    op.create_table(
        "frozen_count",
        sa.Column("training_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("session_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "training_id", "session_id", "language", "month", "status", "dimension", "value",
            name=op.f("pk_frozen_count"),
        ),
    )  # fmt: skip
    op.create_index(
        "ix_registration_moved",
        "registration",
        ["training_session_id", "created_at"],
        sqlite_where=MOVED,
        postgresql_where=MOVED,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_registration_moved", "registration")
    op.drop_table("frozen_count")
    op.create_table(
        "frozen_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_count")),
    )
