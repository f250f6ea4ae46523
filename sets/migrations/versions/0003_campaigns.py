"""Campaigns, their texts, the team's own texts, and mails that are held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import sets.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), "postgresql"
)


def upgrade() -> None:
    """Apply."""
    moment = sets.database.UTCDateTime()
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("filter", JSON, nullable=False),
        sa.Column("left_out", JSON, nullable=False),
        sa.Column("fallback", sa.String(8), nullable=True),
        sa.Column("catch_up", sa.Boolean(), nullable=False),
        sa.Column("catch_up_until", moment, nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("send_at", moment, nullable=True),
        sa.Column("send_zone", sa.String(60), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("sender_id", sa.Integer(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("started_at", moment, nullable=True),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("expanded_at", moment, nullable=True),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft','scheduled','expanding','sending','done','stopped')",
            name=op.f("ck_campaign_state_known"),
        ),
        sa.CheckConstraint("audience IN ('registrations','news')", name=op.f("ck_campaign_audience_known")),
        *_author("campaign", "author_id"),
        *_author("campaign", "sender_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("public_id", name=op.f("uq_campaign_public_id")),
    )
    op.create_index(op.f("ix_campaign_state"), "campaign", ["state"])
    op.create_table(
        "campaign_text",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
            ondelete="CASCADE",
            name=op.f("fk_campaign_text_campaign_id_campaign"),
        ),
        *_author("campaign_text", "author_id"),
        sa.PrimaryKeyConstraint("campaign_id", "language", name=op.f("pk_campaign_text")),
    )
    op.create_table(
        "kept_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        *_author("kept_text", "author_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_text")),
        sa.UniqueConstraint("name", "language", name=op.f("uq_kept_text_name_language")),
    )
    op.create_table(
        "mail_pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("paused_at", moment, nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pause")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_mail_pause_campaign_id")),
    )


def downgrade() -> None:
    """Take back."""
    for table in ("mail_pause", "kept_text", "campaign_text", "campaign"):
        op.drop_table(table)


def _author(table: str, column: str) -> list[sa.ForeignKeyConstraint]:
    name = op.f(f"fk_{table}_{column}_account")
    return [sa.ForeignKeyConstraint([column], ["account.id"], ondelete="SET NULL", name=name)]
