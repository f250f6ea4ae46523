"""What an account may be asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("account", sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("staff_session", sa.Column("factors", sa.Integer(), nullable=False, server_default="1"))
    op.execute(
        "UPDATE account SET seen_at = (SELECT MAX(s.seen_at) FROM staff_session s WHERE s.account_id = account.id)"
    )


def downgrade() -> None:
    """Take back."""
    op.drop_column("staff_session", "factors")
    op.drop_column("account", "seen_at")
    op.drop_column("account", "invited_until")
