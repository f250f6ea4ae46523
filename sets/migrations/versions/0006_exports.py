"""Exports that are made once and fetched for a day; when people and registrations last changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import sets.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    moment = sets.database.UTCDateTime(timezone=True)
    op.add_column("learner", sa.Column("changed_at", moment, nullable=True))
    op.add_column("registration", sa.Column("changed_at", moment, nullable=True))
    op.create_table(
        "export_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("format", sa.String(4), nullable=False),
        sa.Column("wanted", sets.database.JSONText, nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("columns", sets.database.JSONText, nullable=True),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("family", sa.String(60), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("is_new_only", sa.Boolean(), nullable=False),
        sa.Column("since", moment, nullable=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(36), nullable=True),
        sa.Column("claimed_until", moment, nullable=True),
        sa.Column("taken_at", moment, nullable=False),
        sa.Column("made_at", moment, nullable=True),
        sa.Column("fetched_at", moment, nullable=True),
        sa.Column("ends_at", moment, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting','making','ready','failed','ended')", name=op.f("ck_export_file_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_export_file_account_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_export_file_meeting_id_meeting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_export_file_public_id")),
    )
    op.create_index("ix_export_file_account_scope", "export_file", ["account_id", "kind", "scope"])
    for column in ("state", "taken_at", "ends_at"):
        op.create_index(op.f(f"ix_export_file_{column}"), "export_file", [column])


def downgrade() -> None:
    """Take back."""
    op.drop_table("export_file")
    for table in ("registration", "learner"):
        op.drop_column(table, "changed_at")
