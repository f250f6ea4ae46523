"""Settings that begin later, what retention announced, proofs of erasure, digests; when a person last did something."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import sets.database

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sets.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    """Apply. Until now `learner.keep_until` was 24 months after the last thing that the person did."""
    op.add_column("learner", sa.Column("acted_at", MOMENT, nullable=True))
    op.add_column("learner", sa.Column("keep_reason", sa.String(20), nullable=True))
    # 24 months of 30.44 days, in hours.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "UPDATE learner SET acted_at = strftime('%Y-%m-%d %H:%M:%S.000000', keep_until, '-17533 hours'), "
            "keep_until = NULL WHERE keep_until IS NOT NULL"
        )
    else:
        op.execute(
            "UPDATE learner SET acted_at = keep_until - interval '17533 hours', keep_until = NULL "
            "WHERE keep_until IS NOT NULL"
        )
    op.add_column("account", sa.Column("digest", sa.String(8), nullable=True))
    op.create_table(
        "setting_ahead",
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column(
            "value",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting_ahead")),
    )
    op.create_table(
        "retention_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("week", sa.String(10), nullable=False),
        sa.Column("announced_at", MOMENT, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_notice")),
        sa.UniqueConstraint("week", name=op.f("uq_retention_notice_week")),
    )
    op.create_table(
        "erasure_proof",
        sa.Column("reference", sa.String(20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_role", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column(
            "counts",
            sa.JSON(none_as_null=True).with_variant(
                postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_erasure_proof")),
    )


def downgrade() -> None:
    """Take back."""
    for name in ("erasure_proof", "retention_notice", "setting_ahead"):
        op.drop_table(name)
    op.drop_column("account", "digest")
    op.drop_column("learner", "keep_reason")
    op.drop_column("learner", "acted_at")
