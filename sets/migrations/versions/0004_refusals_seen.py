"""How many refused mails of a campaign somebody had seen when they let it go on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("campaign") as table:
        table.add_column(sa.Column("refusals_seen", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("campaign") as table:
        table.alter_column("refusals_seen", server_default=None, existing_type=sa.Integer())


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("campaign") as table:
        table.drop_column("refusals_seen")
